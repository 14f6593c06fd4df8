/** What leaves something to chance, and keeps the machine busy: it runs by itself, and `npm run drills` repeats it. */
export const drillFiles = [
  'test/ocpp/fuzz-tolerant.test.ts',
  'test/ocpp/fuzz-strict.test.ts',
  'test/ocpp/fuzz-database.test.ts',
  'test/local/charger/charger.test.ts',
  'test/local/crash.test.ts',
  'test/local/drain.test.ts',
  'test/journeys/faults.test.ts',
  'test/journeys/outage.test.ts',
];
