import { afterEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { schedules } from '#lib/schedules.ts';
import { errorCodes } from '#shared/ocpp/errors.ts';
import { Heartbeat } from '#shared/ocpp/v16/Heartbeat.ts';
import type { TimedApp } from '#shared/runtime/timed-app.ts';
import { alarmsOf } from '#test/lib/alarms.ts';
import { type Cloud, synthesise } from '#test/lib/cloud.ts';
import { durations, untraced } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

const cloud = synthesise();
const { ops } = cloud;

const noon = Date.UTC(2024, 2, 1, 12);
const app: TimedApp = {
  stores: memoryStores(),
  durations,
  tracing: untraced,
  clock: () => noon,
  log: { info: () => {}, warn: () => {}, error: () => {} },
  connections: { send: async () => 'sent', cut: async () => {} },
  timers: { after: async () => {} },
};

const functionShape = z.object({
  Environment: z.object({
    Variables: z.object({ POWERTOOLS_SERVICE_NAME: z.string(), POWERTOOLS_METRICS_NAMESPACE: z.string() }),
  }),
});
const lineShape = z.object({
  _aws: z.object({
    CloudWatchMetrics: z.tuple([
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string(), Unit: z.string() })),
      }),
    ]),
  }),
  service: z.string(),
  action: z.string(),
});

describe('an alarm upon the journal watches what the journal writes:', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  test('names, namespace and dimensions are those of a real line', async () => {
    const lines = await linesOf(cloud);

    const written = lines.flatMap(({ _aws }) => _aws.CloudWatchMetrics);
    const names = written.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name));
    expect(lines.map(({ action }) => action)).toEqual(['Heartbeat', 'connect', 'watchSessions']);
    expect(names).toEqual([
      ...['Count', 'Latency', 'Refused.SecurityError'],
      ...['Count', 'Latency', 'Refused.401'],
      ...['Count', 'Latency', ...schedules.watchSessions.publishes],
    ]);
    for (const { service } of lines) expect(service).toBe('chargeline-dev');
    for (const { Namespace, Dimensions } of written) {
      expect([Namespace, Dimensions]).toEqual(['Chargeline', [['service', 'action']]]);
    }
  });

  test('each door status at the function that says it', () => {
    const door = alarmsOf(ops)
      .map(({ watches }) => watches)
      .filter((watches) => watches.startsWith('Chargeline Refused'));

    expect(door).toEqual([
      'Chargeline Refused.400 action=connect service=chargeline-dev',
      'Chargeline Refused.401 action=connect service=chargeline-dev',
      'Chargeline Refused.403 action=authorize service=chargeline-dev',
      'Chargeline Refused.404 action=connect service=chargeline-dev',
    ]);
  });

  test('the age of the oldest review at the function that knows it', () => {
    const watched = alarmsOf(ops).map(({ watches }) => watches);

    expect(watched).toContain('Chargeline OldestReviewAgeHours action=watchSessions service=chargeline-dev');
  });

  test('each code of a CALLERROR over all actions of this installation, by the same dimensions', () => {
    const queries = alarmsOf(ops)
      .map(({ watches }) => watches)
      .filter((watches) => watches.includes('FROM SCHEMA'));

    expect(queries.sort()).toEqual(
      errorCodes
        .map(
          (code) =>
            `SELECT SUM("Refused.${code}") FROM SCHEMA("Chargeline", action, service) WHERE service = 'chargeline-dev'`,
        )
        .sort(),
    );
  });

  test('InternalError at once, every other code only when it lasts', () => {
    const patience = alarmsOf(ops)
      .filter(({ watches }) => watches.includes('FROM SCHEMA'))
      .map(({ watches, EvaluationPeriods }) => [/Refused\.(\w+)/.exec(watches)?.[1], EvaluationPeriods] as const);

    expect(patience.filter(([, periods]) => periods === 1)).toEqual([['InternalError', 1]]);
  });
});

/** What the functions of this cloud write into the journal: of a call that is refused, of a charger that is not let in, and of the watch. */
async function linesOf({ charger }: Cloud): Promise<z.output<typeof lineShape>[]> {
  const heartbeat = charger.ofType('AWS::Lambda::Function').find(({ logicalId }) => logicalId === 'Heartbeat');
  const { Variables } = functionShape.parse(heartbeat?.Properties).Environment;
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', Variables.POWERTOOLS_SERVICE_NAME);
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', Variables.POWERTOOLS_METRICS_NAMESPACE);
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.resetModules();
  // The journal reads the environment when it is loaded.
  const { ocppHandler } = await import('#shared/runtime/ocpp-handler.ts');
  const { edge } = await import('#shared/runtime/edge.ts');
  const { connect } = await import('#functions/ocpp/connect.ts');
  const { watchSessions } = await import('#functions/jobs/watchSessions.ts');
  const { default: middy } = await import('@middy/core');
  const requestContext = { connectionId: 'c1' };

  const call = ocppHandler(
    Heartbeat,
    async () => ({ currentTime: new Date(noon).toISOString() }),
    () => app,
  );
  await call({ body: '[2,"id-1","Heartbeat",{}]', requestContext }, {} as never);
  const door = middy((event: object) => connect(app, event)).use(edge(() => app, 'connect'));
  await door({ requestContext: { ...requestContext, authorizer: { verdict: '401' } } }, {} as never);
  const watch = middy((event: object) => watchSessions(app, event)).use(edge(() => app, 'watchSessions'));
  await watch({}, {} as never);

  return printed.mock.calls.map(([line]) => lineShape.parse(JSON.parse(String(line))));
}
