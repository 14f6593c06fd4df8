/** What one charger does. Whole numbers, so that nothing is rounded twice. */
export interface Behaviour {
  heartbeatsPerHour: number;
  sessionsPerDay: number;
  /** MeterValues in one session, of four values each. */
  samplesPerSession: number;
  statusesPerSession: number;
  /** How often the watch looks at a session while it is active: once in half an hour. */
  looksPerSession: number;
  /** Connections that begin: the gateway ends each after two hours, so at least twelve. */
  dialsPerDay: number;
  bootsPerMonth: number;
  /** How long sessions and readings are kept. */
  monthsKept: number;
}

export const behaviours = {
  'home charger': {
    heartbeatsPerHour: 12,
    sessionsPerDay: 1,
    samplesPerSession: 32,
    statusesPerSession: 4,
    looksPerSession: 16,
    dialsPerDay: 14,
    bootsPerMonth: 4,
    monthsKept: 12,
  },
  'public AC': {
    heartbeatsPerHour: 12,
    sessionsPerDay: 3,
    samplesPerSession: 48,
    statusesPerSession: 5,
    looksPerSession: 6,
    dialsPerDay: 14,
    bootsPerMonth: 8,
    monthsKept: 24,
  },
  'DC fast': {
    heartbeatsPerHour: 12,
    sessionsPerDay: 12,
    samplesPerSession: 120,
    statusesPerSession: 6,
    looksPerSession: 1,
    dialsPerDay: 14,
    bootsPerMonth: 8,
    monthsKept: 24,
  },
} as const satisfies Record<string, Behaviour>;
