import { describe, expect, test, vi } from 'vitest';
import { meterValues } from '#functions/ocpp/v16/inbound/MeterValues.ts';
import { statusNotification } from '#functions/ocpp/v16/inbound/StatusNotification.ts';
import { OcppError } from '#shared/ocpp/errors.ts';
import { parseFrame } from '#shared/ocpp/frame.ts';
import { MeterValues } from '#shared/ocpp/v16/MeterValues.ts';
import { StartTransaction } from '#shared/ocpp/v16/StartTransaction.ts';
import { StatusNotification } from '#shared/ocpp/v16/StatusNotification.ts';
import type { App } from '#shared/runtime/app.ts';
import { type ActionFunction, answerFrame, type Dispatch } from '#shared/runtime/call.ts';
import { callerOf } from '#shared/runtime/caller.ts';
import { atSecond, chargerPlan, durations, noon, untraced } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

const silent = { info: () => {}, warn: () => {}, error: () => {} };

const context = {
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
};
const caller = callerOf(context);

function appAt(clock: () => number): App {
  return { stores: memoryStores(), clock, durations, log: silent, tracing: untraced };
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
  const known: Dispatch = () => ({
    action: StatusNotification,
    run: statusNotification({ after: vi.fn() }) as ActionFunction,
  });
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

describe('a message that is no JSON for want of a value', () => {
  const text = JSON.stringify([2, '17', 'MeterValues', { connectorId: 1, meterValue: [] }]).replace(
    '"meterValue"',
    '"transactionId":,"meterValue"',
  );
  const known: Dispatch = () => ({ action: MeterValues, run: meterValues as ActionFunction });
  const never = callerOf({ ...context, acceptedAt: undefined });

  async function scene(vendor: string) {
    const app = appAt(() => noon);
    let reads = 0;
    const find = app.stores.chargers.findCharger;
    app.stores.chargers.findCharger = (id) => {
      reads++;
      return find(id);
    };
    await app.stores.chargers.saveCharger(chargerPlan({ id: 'CP001' }));
    await app.stores.chargers.recordBoot('CP001', { at: atSecond(0), vendor, model: 'One' });
    await app.stores.chargers.markAccepted('CP001', atSecond(0));
    const say = async (who: typeof never) =>
      JSON.parse(String((await answerFrame(app, who, text, parseFrame(text), known)).reply));
    return { say, reads: () => reads };
  }

  test('is repaired on the connection of the first boot, at the one read that each message of it costs', async () => {
    const { say, reads } = await scene('AEFA');

    const answer = await say(never);

    expect({ answer, reads: reads() }).toEqual({ answer: [3, '17', {}], reads: 1 });
  });

  test('is refused there where the make has no such quirk', async () => {
    const { say, reads } = await scene('Acme');

    const answer = await say(never);

    expect(answer.slice(0, 3)).toEqual([4, '17', 'FormationViolation']);
    expect(reads()).toBe(1);
  });

  test.each([
    ['is repaired by the context alone', 'repairEmptyValues', 3],
    ['is refused by the context alone', '', 4],
  ])('%s where the charger was accepted when it connected', async (_, quirks, type) => {
    const { say, reads } = await scene('AEFA');

    const answer = await say(callerOf({ ...context, quirks }));

    expect({ type: answer[0], reads: reads() }).toEqual({ type, reads: 0 });
  });
});

test.each(['[3,"nobody asked",{}]', '[4,"nobody asked","GenericError","",{}]'])(
  'row 16: %s, which answers nothing of ours, is logged and answered by nothing',
  async (text) => {
    const told: unknown[] = [];
    const app = {
      ...appAt(() => noon),
      log: { ...silent, info: (message: string, details?: object) => told.push({ message, ...details }) },
    };

    const answered = await answerFrame(app, caller, text, parseFrame(text), () => {
      throw new Error('nothing is dispatched');
    });

    expect(answered).toEqual({ action: 'unmatchedAnswer', messageId: 'nobody asked' });
    expect(told).toMatchObject([
      { message: 'answer to no command of ours', chargerId: 'CP001', messageId: 'nobody asked' },
    ]);
  },
);

test('a key that a charger sends in a command that is not for it to send is kept nowhere', async () => {
  const app = appAt(() => noon);
  const key = '00112233445566778899aabbccddeeff';
  const text = JSON.stringify([2, '17', 'ChangeConfiguration', { key: 'AuthorizationKey', value: key }]);

  await answerFrame(app, caller, text, parseFrame(text), () => {
    throw new OcppError('NotSupported', 'only the central system sends it');
  });

  const kept = [
    await app.stores.evidence.listViolations('CP001', 10),
    await app.stores.evidence.listEvidence('CP001', 10),
  ];
  expect(JSON.stringify(kept)).not.toContain(key);
});
