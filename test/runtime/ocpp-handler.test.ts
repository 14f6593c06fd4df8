import { expect, test, vi } from 'vitest';
import { Heartbeat } from '#shared/ocpp/v16/Heartbeat.ts';
import type { App } from '#shared/runtime/app.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';
import { durations, untraced } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

vi.hoisted(() => {
  process.env.POWERTOOLS_METRICS_DISABLED = 'true';
});

const noon = Date.UTC(2024, 2, 1, 12);
const silent = { info: () => {}, warn: () => {}, error: () => {} };
const app = (): App => ({ stores: memoryStores(), clock: () => noon, durations, log: silent, tracing: untraced });
const run = async () => ({ currentTime: new Date(noon).toISOString() });

test.each([
  ['no context of an authorizer', undefined],
  ['an empty one', {}],
  ['one that says 401', { verdict: '401' }],
  ['one without a charger', { verdict: 'in' }],
])('a message with %s is refused with SecurityError', async (_, authorizer) => {
  const heartbeat = ocppHandler(Heartbeat, run, app);
  const event = {
    body: '[2,"id-1","Heartbeat",{}]',
    requestContext: { connectionId: 'c1', ...(authorizer && { authorizer }) },
  };

  const { body } = await heartbeat(event, {} as never);

  expect(JSON.parse(String(body))).toEqual([4, 'id-1', 'SecurityError', 'This connection was not let in', {}]);
});
