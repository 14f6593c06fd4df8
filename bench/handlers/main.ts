import { writeFileSync } from 'node:fs';
import { median } from '#bench/load/latencies.ts';
import { authorize } from '#functions/ocpp/v16/inbound/Authorize.ts';
import { heartbeat } from '#functions/ocpp/v16/inbound/Heartbeat.ts';
import { meterValues } from '#functions/ocpp/v16/inbound/MeterValues.ts';
import { startTransaction } from '#functions/ocpp/v16/inbound/StartTransaction.ts';
import { statusNotification } from '#functions/ocpp/v16/inbound/StatusNotification.ts';
import { stopTransaction } from '#functions/ocpp/v16/inbound/StopTransaction.ts';
import { HeardSlots } from '#shared/domain/charger.ts';
import { Authorize } from '#shared/ocpp/v16/Authorize.ts';
import { Heartbeat } from '#shared/ocpp/v16/Heartbeat.ts';
import { MeterValues } from '#shared/ocpp/v16/MeterValues.ts';
import { StartTransaction } from '#shared/ocpp/v16/StartTransaction.ts';
import { StatusNotification } from '#shared/ocpp/v16/StatusNotification.ts';
import { StopTransaction } from '#shared/ocpp/v16/StopTransaction.ts';
import type { App } from '#shared/runtime/app.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';
import { durations, untraced } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';
import type { HandlersResult } from './result.ts';

/**
 * What the handlers take without the SDK and the database: frame, contract, rules, journal. The one part of bench/ that imports the product: it
 * calls the same middy handlers as Lambda does, with the stores of the tests. `main.ts ROUNDS FILE`; the result goes to the file, the journal to
 * stdout.
 */

const [rounds = '30', file = ''] = process.argv.slice(2);

const noTimers = { after: async () => {} };

/** Sessions between two readings of the clock, each at a charger of its own: the stores in memory grow slow. */
const batch = 50;
const warmUps = 20;

type Handler = (event: object, context: object) => Promise<{ body?: string }>;

interface Surroundings {
  app: App;
  handlers: Record<string, Handler>;
}

function surroundings(): Surroundings {
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const app: App = { stores: memoryStores(), clock: Date.now, durations, log: quiet, tracing: untraced };
  const here = () => app;
  return {
    app,
    handlers: {
      Heartbeat: called(ocppHandler(Heartbeat, heartbeat(new HeardSlots()), here)),
      StatusNotification: called(ocppHandler(StatusNotification, statusNotification(noTimers), here)),
      Authorize: called(ocppHandler(Authorize, authorize, here)),
      StartTransaction: called(ocppHandler(StartTransaction, startTransaction, here)),
      MeterValues: called(ocppHandler(MeterValues, meterValues, here)),
      StopTransaction: called(ocppHandler(StopTransaction, stopTransaction, here)),
    },
  };
}

function called(handler: unknown): Handler {
  if (typeof handler !== 'function') throw new Error('a handler is a function');
  return async (event, context) => Reflect.apply(handler, undefined, [event, context]);
}

/** One batch of sessions; what each message of each action took. Nothing is waited for, so that time elapsed is CPU time, or a little more. */
async function aBatch(): Promise<Map<string, number[]>> {
  const { app, handlers } = surroundings();
  const now = () => new Date().toISOString();
  await app.stores.tags.saveTag({ idTag: 'TAG', issuer: { organisationId: 'bench' }, status: 'Accepted' });
  const took = new Map<string, number[]>();
  const chargers = Array.from({ length: batch }, (_, index) => ({ id: `B${index}`, transactionId: 0 }));

  async function each(action: string, payloadOf: (charger: { transactionId: number }) => object) {
    const handler = handlers[action];
    if (!handler) throw new Error(`there is no handler for ${action}`);
    const events = chargers.map((charger) => eventOf(charger.id, action, payloadOf(charger)));
    const replies: unknown[] = [];
    const times: number[] = [];
    for (const event of events) {
      const began = performance.now();
      const { body = '' } = await handler(event, {});
      times.push(performance.now() - began);
      replies.push(JSON.parse(body));
    }
    took.set(action, times);
    return replies;
  }

  const timestamp = now();
  await each('Heartbeat', () => ({}));
  await each('StatusNotification', () => ({ connectorId: 1, errorCode: 'NoError', status: 'Available', timestamp }));
  await each('Authorize', () => ({ idTag: 'TAG' }));
  const started = await each('StartTransaction', () => ({ connectorId: 1, idTag: 'TAG', meterStart: 0, timestamp }));
  for (const [index, charger] of chargers.entries()) charger.transactionId = transactionIdOf(started[index]);
  const sampledValue = [
    { value: '1234567', measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
    { value: '7200.5', measurand: 'Power.Active.Import', unit: 'W' },
    { value: '230.1', measurand: 'Voltage', phase: 'L1-N', unit: 'V' },
    { value: '31.3', measurand: 'Current.Import', phase: 'L1', unit: 'A' },
  ];
  await each('MeterValues', ({ transactionId }) => ({
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp, sampledValue }],
  }));
  await each('StopTransaction', ({ transactionId }) => ({ transactionId, meterStop: 5000, timestamp: now() }));
  return took;
}

function transactionIdOf(frame: unknown): number {
  const [type, , payload]: unknown[] = Array.isArray(frame) ? frame : [];
  const id: unknown = typeof payload === 'object' && payload ? Reflect.get(payload, 'transactionId') : undefined;
  if (type !== 3 || typeof id !== 'number') throw new Error(`StartTransaction was answered ${JSON.stringify(frame)}`);
  return id;
}

let messages = 0;

function eventOf(chargerId: string, action: string, payload: object): object {
  return {
    requestContext: {
      routeKey: action,
      connectionId: 'bench',
      authorizer: {
        verdict: 'in',
        chargerId,
        organisationId: 'bench',
        acceptedAt: '2026-01-01T00:00:00.000Z',
        heartbeatIntervalS: '300',
        strictness: 'tolerant',
        quirks: '',
        connectors: '1',
        protocol: 'ocpp1.6',
        revision: '1',
      },
    },
    body: JSON.stringify([2, String(++messages), action, payload]),
    isBase64Encoded: false,
  };
}

for (let run = 0; run < warmUps; run++) await aBatch();
const batches: Map<string, number[]>[] = [];
for (let run = 0; run < Number(rounds); run++) batches.push(await aBatch());
const actions = [...(batches[0]?.keys() ?? [])];
const result: HandlersResult = {
  rounds: batches.length,
  handlers: actions.map((action) => {
    const times = batches.flatMap((took) => took.get(action) ?? []);
    return { action, p50: median(times), mean: times.reduce((sum, time) => sum + time, 0) / times.length };
  }),
};
writeFileSync(file, JSON.stringify(result));
