import { describe, expect, test } from 'vitest';
import { statusNotification } from '#functions/ocpp/v16/inbound/StatusNotification.ts';
import { OcppError } from '#shared/ocpp/errors.ts';
import { parseFrame } from '#shared/ocpp/frame.ts';
import { StartTransaction } from '#shared/ocpp/v16/StartTransaction.ts';
import { StatusNotification } from '#shared/ocpp/v16/StatusNotification.ts';
import type { App } from '#shared/runtime/app.ts';
import { type ActionFunction, answerFrame, type Dispatch } from '#shared/runtime/call.ts';
import { callerOf } from '#shared/runtime/caller.ts';
import { durations, noon } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

const silent = { info: () => {}, warn: () => {}, error: () => {} };

const caller = callerOf({
  verdict: 'in',
  chargerId: 'CP001',
  organisationId: 'sunny',
  acceptedAt: '2026-01-01T00:00:00.000Z',
  heartbeatIntervalS: '300',
  strictness: 'tolerant',
  quirks: '',
  connectors: '',
  protocol: 'ocpp1.6',
  revision: '1',
});

function appAt(clock: () => number): App {
  return { stores: memoryStores(), clock, durations, log: silent };
}

const start =
  '[2,"17","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"2026-06-01T12:00:00Z"}]';

test('row 12: a start that fails for no fault of its own is kept raw, and the charger is told to try again', async () => {
  const app = appAt(() => noon);
  const failing: Dispatch = () => ({ action: StartTransaction, run: () => Promise.reject(new Error('throttled')) });

  const { reply } = await answerFrame(app, caller, start, parseFrame(start), failing);

  expect(JSON.parse(String(reply)).slice(0, 3)).toEqual([4, '17', 'InternalError']);
  const { items } = await app.stores.evidence.listEvidence('CP001', 10);
  expect(items).toMatchObject([{ kind: 'refused', action: 'StartTransaction', content: start }]);
});

describe('what is counted by', () => {
  const nothingKnown: Dispatch = () => {
    throw new OcppError('NotImplemented', 'no such action');
  };

  test.each(['Invented', 'x'.repeat(2000), ''])('is never a name that the charger chose: %s', async (name) => {
    const text = JSON.stringify([2, '17', name, {}]);

    const { action, named } = await answerFrame(
      appAt(() => noon),
      caller,
      text,
      parseFrame(text),
      nothingKnown,
    );

    expect({ action, named }).toEqual({ action: 'unknown', named: name });
  });
});

test('row 43: a status from a clock that runs ahead does not make the next one look old', async () => {
  let now = noon;
  const app = appAt(() => now);
  const known: Dispatch = () => ({ action: StatusNotification, run: statusNotification as ActionFunction });
  const say = (status: string, aheadS: number) => {
    const timestamp = new Date(now + aheadS * 1000).toISOString();
    const text = JSON.stringify([
      2,
      '1',
      'StatusNotification',
      { connectorId: 1, errorCode: 'NoError', status, timestamp },
    ]);
    return answerFrame(app, caller, text, parseFrame(text), known);
  };
  await app.stores.chargers.saveCharger({
    id: 'CP001',
    organisationId: 'sunny',
    securityProfile: 0,
    registration: 'accepted',
    strictness: 'tolerant',
    heartbeatIntervalS: 300,
    quirks: [],
    connectors: [],
  });

  await say('Preparing', 290);
  now += 1000;
  await say('Charging', 0);

  const view = await app.stores.chargers.viewCharger('CP001');
  expect(view?.statuses.map(({ status }) => status)).toEqual(['Charging']);
});
