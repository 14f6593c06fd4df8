import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { behave } from '#local/charger/behaviour.ts';
import { Charger, type ChargerOptions } from '#local/charger/charger.ts';
import { realTime } from '#local/charger/clock.ts';
import type { SessionReport } from '#local/charger/session.ts';
import { faultKinds } from '#local/faults/fault-spec.ts';
import { localCloud } from '#test/support/local-cloud.ts';
import { Random, seedOfTheRun } from '#test/support/random.ts';
import { UnreliableLine } from '#test/support/unreliable-line.ts';

/** What chargers know of their sessions, and what the central system has, after all has gone wrong that can. */

const CHARGERS = 50;
/** So many of them never tell that a session has ended: the next one on the connector shows it. */
const LOSING_STOPS = 3;
const SESSIONS = 2;
const MINUTE = 60_000;

const seed = seedOfTheRun();

const rates = {
  'disconnect-late': 0.4,
  'disconnect-missing': 0.2,
  timeout: 0.01,
  'timeout-after': 0.015,
  crash: 0.006,
  throttle: 0.01,
  conflict: 0.02,
  'throttle-db': 0.01,
  cut: 0.01,
  'lost-answer': 0.015,
} satisfies Record<(typeof faultKinds)[number], number>;

const cloud = localCloud({
  options: [
    '--faults',
    [...Object.entries(rates), ['seed', seed], ['disconnect-delay', 2]].map((pair) => pair.join('=')).join(','),
  ],
});

let line: UnreliableLine;
beforeAll(async () => {
  line = await UnreliableLine.to(
    Number(new URL(cloud.url).port),
    { cut: 0.01, silent: 0.003, delay: 0.05, longestDelayMs: 500 },
    new Random(seed),
  );
});
afterAll(() => line.close());

const losesStops = (index: number) => index >= CHARGERS - LOSING_STOPS;

const optionsOf = (index: number): ChargerOptions => ({
  id: `FAULTY-${index}`,
  url: `ws://127.0.0.1:${line.port}/ocpp`,
  password: `password of ${index}`,
  idTag: `TAG-${index}`,
  sessions: SESSIONS,
  connectors: 1,
  connector: 1,
  durationMs: 8 * MINUTE,
  stopReason: 'Local',
  supply: { powerW: 11_000, phases: 3, batteryWh: 60_000, seed: index },
  soc: 20,
  meterStartWh: 1000 * index,
  sampleIntervalS: 60,
  speed: 60,
  behaviour: losesStops(index) ? behave('lose-stop') : behave(),
  attempts: 1000,
  retryIntervalS: 0,
  callTimeoutMs: 10_000,
  redial: { firstMs: 200, longestMs: 5_000 },
  bootRetryS: 3,
  pingIntervalMs: 5_000,
  patienceMs: 600_000,
});

const faultReport = z.object({ items: z.array(z.object({ kind: z.string(), count: z.int() })) });

test('fifty chargers lose nothing and count nothing twice while everything fails at times', async () => {
  const again = `SEED=${seed} makes the same chances strike`;
  const all = Array.from({ length: CHARGERS }, (_, index) => optionsOf(index));
  for (const options of all) await introduce(options);

  const reports = await Promise.all(
    all.map((options) => new Charger(options, { traffic: () => {}, note: () => {} }, realTime).run()),
  );

  expect(
    reports
      .filter((_, index) => !losesStops(index))
      .flatMap(({ id, problems }) => problems.map((problem) => `${id}: ${problem}`)),
    again,
  ).toEqual([]);
  for (const [index, { id, sessions }] of reports.entries()) {
    const told = sessions.map(toldOf).sort(byStart);
    const kept = await keptOf(id);
    expect(
      kept.map(({ reviewReasons }) => reviewReasons),
      again,
    ).toEqual(losesStops(index) ? [['superseded'], []] : [[], []]);
    const compared = (all: Known[]) =>
      losesStops(index) ? all.map(begun) : all.map((session) => ({ ...session, reviewReasons: [] }));
    expect(compared(kept), again).toEqual(compared(told));
  }
  const { items } = faultReport.parse(await (await fetch(`${cloud.url}/local/faults`)).json());
  expect(items.filter(({ count }) => count > 0).map(({ kind }) => kind)).toEqual(faultKinds);
  expect(Object.values(line.counts)).not.toContain(0);
}, 600_000);

/** The app API fails at times as well: what it asks for is asked for again. */
async function persistently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}

async function introduce({ id, password, idTag }: ChargerOptions): Promise<void> {
  await persistently(() => cloud.api.ask('putCharger', { params: { chargerId: id }, body: { id, password } }));
  await persistently(() => cloud.api.ask('putIdTag', { params: { idTag }, body: { idTag, status: 'Accepted' } }));
}

/** A session in the words in which the charger's knowledge and the central system's are compared. */
interface Known {
  transaction: string;
  startedAt: string | null | undefined;
  endedAt: string | null | undefined;
  meterStartWh: number | null | undefined;
  meterStopWh: number | null | undefined;
  energyWh: number | null;
  reviewReasons: string[];
  /** Time and values of each reading. */
  readings: string[];
}

const byStart = (a: Known, b: Known) => (String(a.startedAt) < String(b.startedAt) ? -1 : 1);

const toldOf = ({
  transactionId,
  startedAt,
  endedAt,
  meterStartWh,
  meterStopWh,
  energyWh,
  samples,
}: SessionReport): Known => ({
  transaction: String(transactionId),
  startedAt,
  endedAt,
  meterStartWh,
  meterStopWh,
  energyWh,
  reviewReasons: [],
  readings: samples
    .map(({ timestamp, sampledValue }) => `${timestamp} ${sampledValue.map(({ value }) => value)}`)
    .sort(),
});

/** What is known of a session before its end. */
const begun = ({ transaction, startedAt, meterStartWh, readings }: Known) => ({
  ...{ transaction, startedAt, meterStartWh, readings },
});

async function keptOf(chargerId: string): Promise<Known[]> {
  const pages = await persistently(() => cloud.api.pages('listChargerSessions', { params: { chargerId } }));
  const kept = pages.flat().map(async (session): Promise<Known> => {
    const params = { sessionId: session.id };
    const readings = (await persistently(() => cloud.api.pages('listSessionMeterValues', { params }))).flat();
    const {
      protocolTransactionId: transaction,
      startedAt,
      endedAt,
      meterStartWh,
      meterStopWh,
      energyWh,
      reviewReasons,
    } = session;
    return {
      ...{ transaction, startedAt, endedAt, meterStartWh, meterStopWh, energyWh, reviewReasons },
      readings: readings.map(({ at, sampledValues }) => `${at} ${sampledValues.map(({ value }) => value)}`).sort(),
    };
  });
  return (await Promise.all(kept)).sort(byStart);
}
