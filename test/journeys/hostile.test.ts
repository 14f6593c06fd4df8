import { describe, type ExpectStatic, expect, test } from 'vitest';
import { inboundNames } from '#shared/ocpp/v16/index.ts';
import { localCloud } from '#test/support/local-cloud.ts';
import type { RawCharger } from '#test/support/raw-charger.ts';
import type { TestCharger } from '#test/support/test-charger.ts';

const cloud = localCloud({ seed: { idTags: [{ idTag: 'DRIVER', status: 'Accepted' }] } });

type Strictness = 'tolerant' | 'strict';

/** What comes back: nothing, the payload of a CALLRESULT, or code and description of a CALLERROR. */
type Answer = 'nothing' | Record<string, unknown> | readonly [code: string, description: string];

/** One frame and what it gets. */
interface Case {
  frame: string;
  /** The id under which the answer comes, where it is not `id`. */
  id?: string;
  tolerant: Answer;
  /** As the tolerant one unless given. */
  strict?: Answer;
  /** `field: rule` of what is counted though the frame is answered. What is refused is counted as its description says. */
  flagged?: string;
  /** In two parts, since it is too long for one frame of the gateway. */
  inParts?: true;
}

interface Row {
  /** As the table of the behaviour has it. */
  input: string;
  cases: Case[];
  /** What is left behind besides evidence and violations. */
  effect?: (charger: TestCharger, strictness: Strictness, expect: ExpectStatic) => Promise<void>;
}

const call = (action: string, payload: unknown) => JSON.stringify([2, 'id', action, payload]);
const all = (tolerant: Answer, frames: string[], more: Partial<Case> = {}): Case[] =>
  frames.map((frame) => ({ frame, tolerant, ...more }));

const timestamp = '2024-03-01T12:00:00Z';
const start = { connectorId: 1, idTag: 'DRIVER', meterStart: 1000, timestamp };
const stop = { transactionId: 1, meterStop: 2000, timestamp: '2024-03-01T13:00:00Z' };
const status = { connectorId: 1, errorCode: 'NoError', status: 'Available' };
const reading = (minute: number, ...values: unknown[]) => ({
  timestamp: `2024-03-01T12:0${minute}:00Z`,
  sampledValue: values.map((value) => ({ value })),
});
const meterValues = (...meterValue: unknown[]) => call('MeterValues', { connectorId: 1, meterValue });
const currentTime = { currentTime: expect.any(String) };
const started = (verdict: string) => ({ idTagInfo: { status: verdict }, transactionId: expect.any(Number) });
const zoneIsDue = 'timestamp: an ISO 8601 date and time with a zone is due';
const info = `<script>alert(1)</script>'; DROP TABLE t;--`;

const table: Row[] = [
  {
    input:
      'empty string, `5`, `{}`, `[]`, `null`, text that is not JSON and shows no message id, nested to depth 20,000',
    cases: [
      ...all('nothing', ['', ' ', '5', '{}', '[]', 'null', 'true', '"text"', 'not JSON', '[2', '\u0000']),
      ...all('nothing', ['{"2":"Heartbeat"}', '['.repeat(20_000)]),
      { frame: '['.repeat(20_000) + ']'.repeat(20_000), tolerant: 'nothing', inParts: true },
    ],
  },
  {
    input: '`[2]`, `[3]`, `[9,"id",…]`, `[3,"unknown id",{}]`, `[4,"unknown id",…]`, `[4,"id","BootNotification"]`',
    cases: all('nothing', [
      '[2]',
      '[3]',
      '[4]',
      '[9,"id","Heartbeat",{}]',
      '[3,"unknown id",{}]',
      '[4,"unknown id","NotSupported","",{}]',
      '[4,"id","BootNotification"]',
    ]),
  },
  {
    input: '`[2,"id"]`, an array or string as payload',
    cases: [
      { frame: '[2,"id"]', tolerant: ['FormationViolation', 'CALL: 4 elements are due, not 2'] },
      ...all(
        ['FormationViolation', 'payload: an object is due'],
        [call('Heartbeat', []), call('Heartbeat', '{}'), call('Heartbeat', 0), call('StartTransaction', [start])],
      ),
    ],
  },
  {
    input: '`[2,5,"Heartbeat",{}]`, `[2,null,"Heartbeat",{}]`',
    cases: all('nothing', [
      '[2,5,"Heartbeat",{}]',
      '[2,null,"Heartbeat",{}]',
      '[2,"","Heartbeat",{}]',
      '[2,["id"],"Heartbeat",{}]',
      '["2","id","Heartbeat",{}]',
      '[2.5,"id","Heartbeat",{}]',
    ]),
  },
  {
    input: 'a 37-character id',
    cases: ['x'.repeat(37), 'ä'.repeat(37)].map((id) => ({
      frame: JSON.stringify([2, id, 'Heartbeat', {}]),
      id,
      tolerant: ['FormationViolation', 'message id: at most 36 characters'],
    })),
  },
  {
    input: '`[2,"id","$connect",{}]`, `[2,"id","__proto__",{}]`, `heartbeat`',
    cases: ['$connect', '$disconnect', '$default', '__proto__', 'constructor', 'heartbeat'].map((action) => ({
      frame: call(action, {}),
      tolerant: ['NotImplemented', `${action}: no such action`],
    })),
  },
  {
    input: 'not JSON, but the message id can be read (`[2,"id","MeterValues",{"transactionId":,…`)',
    cases: all(
      ['FormationViolation', 'not JSON'],
      ['[2,"id","MeterValues",{"connectorId":1,"transactionId":,"meterValue":[]}]', '[2,"id","Heartbeat",{'],
    ),
  },
  {
    input: 'a BOM in front',
    cases: all(currentTime, [`\uFEFF${call('Heartbeat', {})}`]),
  },
  {
    input: 'duplicate keys',
    cases: all({}, [call('StatusNotification', status).replace('}', ',"connectorId":2,"status":"Reserved"}')]),
    effect: async (charger, _, expect) => {
      expect(await statusesOf(charger)).toMatchObject([{ id: 2, status: 'Reserved' }]);
    },
  },
  {
    input: 'payload `null`',
    cases: [
      ...all(currentTime, [call('Heartbeat', null)]),
      ...all(['OccurenceConstraintViolation', 'idTag: missing'], [call('Authorize', null)]),
    ],
  },
  {
    input: '`Faultd` as status',
    cases: all(
      ['PropertyConstraintViolation', 'status: not one of the allowed values'],
      [call('StatusNotification', { ...status, status: 'Faultd' })],
    ),
    effect: async (charger, _, expect) => {
      expect(await statusesOf(charger)).toEqual([]);
    },
  },
  {
    input: 'empty meterValue or sampledValue array, numeric `value`, `""` or `1,5` as value',
    cases: [
      {
        frame: meterValues(),
        tolerant: {},
        flagged: 'meterValue: at least one entry is due',
        strict: ['OccurenceConstraintViolation', 'meterValue: at least one entry is due'],
      },
      {
        frame: meterValues(reading(1)),
        tolerant: {},
        flagged: 'meterValue[].sampledValue: at least one entry is due',
        strict: ['OccurenceConstraintViolation', 'meterValue[].sampledValue: at least one entry is due'],
      },
      {
        frame: meterValues(reading(2, 7)),
        tolerant: {},
        flagged: 'meterValue[].sampledValue[].value: string is due',
        strict: ['TypeConstraintViolation', 'meterValue[].sampledValue[].value: string is due'],
      },
      ...all({}, [meterValues(reading(3, '')), meterValues(reading(4, '1,5'))], {
        flagged: 'meterValue[].sampledValue[].value: a decimal number is due',
      }),
      ...all({}, [meterValues(reading(5, '8', '9.5', '-1', '1e3'))]),
    ],
    effect: async (charger, strictness, expect) => {
      const kept = await charger.meterValues({ connectorId: 1 });
      const numeric = strictness === 'tolerant' ? ['7'] : [];
      expect(kept.flatMap(({ sampledValues }) => sampledValues.map((sample) => sample.value))).toEqual([
        ...numeric,
        '',
        '1,5',
        ...['8', '9.5', '-1', '1e3'],
      ]);
    },
  },
  {
    input: 'idTag null; missing; 21 characters',
    cases: [
      ...all(
        ['TypeConstraintViolation', 'idTag: string is due'],
        [call('StartTransaction', { ...start, idTag: null }), call('Authorize', { idTag: null })],
      ),
      ...all(
        ['OccurenceConstraintViolation', 'idTag: missing'],
        [call('StartTransaction', { ...start, idTag: undefined }), call('Authorize', {})],
      ),
      ...all(
        ['PropertyConstraintViolation', 'idTag: at most 20 characters'],
        [call('StartTransaction', { ...start, idTag: 'x'.repeat(21) }), call('Authorize', { idTag: 'x'.repeat(21) })],
      ),
    ],
    effect: async (charger, _, expect) => {
      expect(await charger.sessions()).toEqual([]);
    },
  },
  {
    input: 'meterStart 1.5; int32 overflow, but a transactionId of any size is answered (row 34)',
    cases: [
      ...all(
        ['TypeConstraintViolation', 'meterStart: integer is due'],
        [call('StartTransaction', { ...start, meterStart: 1.5 })],
      ),
      ...all(
        ['PropertyConstraintViolation', 'meterStart: out of range'],
        [2 ** 31, -(2 ** 31) - 1].map((meterStart) => call('StartTransaction', { ...start, meterStart })),
      ),
      ...all({}, [
        call('StopTransaction', { ...stop, transactionId: 2 ** 31 }),
        call('StopTransaction', stop).replace('"transactionId":1,', '"transactionId":9223372036854775807,'),
        call('StopTransaction', stop).replace('"transactionId":1,', '"transactionId":123456789012345678901234567890,'),
      ]),
    ],
    effect: async (charger, _, expect) => {
      const sessions = await charger.sessions();
      expect(sessions.map((session) => session.protocolTransactionId)).toEqual([
        '123456789012345678901234567890',
        '9223372036854775807',
        '2147483648',
      ]);
    },
  },
  {
    input: 'time without zone; with offset, nine fractional digits, lower-case t and z; `yesterday`',
    cases: [
      ...all(
        {},
        ['2024-03-01T14:00:00+02:00', '2024-03-01T12:00:01.123456789Z', '2024-03-01t12:00:02z'].map((time) =>
          call('StatusNotification', { ...status, timestamp: time }),
        ),
      ),
      {
        frame: call('StatusNotification', { ...status, timestamp: '2024-03-01T13:00:00.5' }),
        tolerant: {},
        flagged: zoneIsDue,
        strict: ['PropertyConstraintViolation', zoneIsDue],
      },
      ...all(
        ['PropertyConstraintViolation', zoneIsDue],
        [
          call('StatusNotification', { ...status, timestamp: 'yesterday' }),
          call('StartTransaction', { ...start, timestamp: 'yesterday' }),
        ],
      ),
    ],
    effect: async (charger, strictness, expect) => {
      const statusAt = strictness === 'tolerant' ? '2024-03-01T13:00:00.500Z' : '2024-03-01T12:00:02.000Z';
      expect(await statusesOf(charger)).toMatchObject([{ id: 1, statusAt }]);
    },
  },
  {
    input: 'connectorId -1; 999; 0 in StartTransaction',
    cases: [
      ...all(
        ['PropertyConstraintViolation', 'connectorId: out of range'],
        [
          call('StartTransaction', { ...start, connectorId: -1 }),
          call('StatusNotification', { ...status, connectorId: -1 }),
          call('MeterValues', { connectorId: -1, meterValue: [reading(1, '1')] }),
        ],
      ),
      ...all({}, [call('StatusNotification', { ...status, connectorId: 999 })], {
        flagged: 'connectorId: not a connector of this charger',
      }),
      ...all({}, [call('MeterValues', { connectorId: 999, meterValue: [reading(1, '1')] })], {
        flagged: 'connectorId: not a connector of this charger',
      }),
      ...all(started('Accepted'), [call('StartTransaction', { ...start, connectorId: 999 })], {
        flagged: 'connectorId: not a connector of this charger',
      }),
      ...all(started('Invalid'), [call('StartTransaction', { ...start, connectorId: 0 })], {
        flagged: 'connectorId: the charger as a whole has no session',
      }),
    ],
    effect: async (charger, _, expect) => {
      expect(await charger.sessions()).toMatchObject([
        { connectorId: 0, tagStatus: 'Invalid', reviewReasons: ['unknownConnector'] },
        { connectorId: 999, reviewReasons: ['unknownConnector'] },
      ]);
    },
  },
  {
    input: 'HTML or SQL in `info`',
    cases: all({}, [call('StatusNotification', { ...status, info })]),
    effect: async (charger, _, expect) => {
      expect(await statusesOf(charger)).toMatchObject([{ id: 1, info }]);
    },
  },
];

for (const { input, cases, effect } of table) {
  describe.concurrent(input, () => {
    test.for(['tolerant', 'strict'] as const)(
      'from a %s charger',
      { timeout: 120_000 },
      async (strictness, { expect }) => {
        const charger = await cloud.charger({
          strictness,
          connectors: [1, 2].map((id) => ({ id, type: 'Type2', maxPowerW: 22_000 })),
        });
        const socket = await charger.boot();

        for (const { frame, ...each } of cases) {
          const answer = strictness === 'strict' && each.strict ? each.strict : each.tolerant;
          const heard = await answersTo(
            socket,
            frame,
            answer === 'nothing' ? undefined : (each.id ?? 'id'),
            each.inParts,
          );
          expect(heard, frame.slice(0, 100)).toEqual(answer === 'nothing' ? [] : [frameOf(each.id ?? 'id', answer)]);
        }

        const judged = cases.map((each) => ({
          ...each,
          answer: (strictness === 'strict' && each.strict) || each.tolerant,
        }));
        expect((await charger.violations()).map(countedOf)).toEqual(violationsIn(judged));
        expect((await charger.evidence()).map(({ kind, content }) => [kind, content]).toSorted()).toEqual(
          judged
            .filter(isKept)
            .map(({ frame }) => ['refused', frame])
            .toSorted(),
        );
        await effect?.(charger, strictness, expect);
      },
    );
  });
}

type Judged = Case & { answer: Answer };

const isRefusal = (answer: Answer): answer is readonly [string, string] => Array.isArray(answer);

const actionOf = ({ frame }: Case) => {
  const named = /^\[2,"[^"]*","(\w*)"/.exec(frame)?.[1];
  return inboundNames.find((name) => name === named) ?? 'unknown';
};

/** A refused message that tells of money is kept raw. */
const isKept = (each: Judged) =>
  isRefusal(each.answer) && ['StartTransaction', 'StopTransaction', 'MeterValues'].includes(actionOf(each));

function frameOf(id: string, answer: Exclude<Answer, 'nothing'>): unknown[] {
  return isRefusal(answer) ? [4, id, ...answer, {}] : [3, id, answer];
}

/** All that is heard for a frame, by the time that a Heartbeat after it was answered. */
async function answersTo(socket: RawCharger, frame: string, id: string | undefined, inParts = false) {
  if (inParts) socket.sendInParts(frame);
  else socket.send(frame);
  const answer = id === undefined ? [] : [await socket.answerTo(id)];
  const more = await socket.allAnswersTo('');
  return [...answer, ...more.map((text): unknown => JSON.parse(text))];
}

interface Counted {
  what: string;
  count: number;
  example: string;
}

const countedOf = (violation: {
  action: string;
  field: string;
  rule: string;
  count: number;
  example: string;
}): Counted => ({
  what: `${violation.action} ${violation.field}: ${violation.rule}`,
  count: violation.count,
  example: violation.example,
});

/** How often each rule was broken, with the last frame that did. */
function violationsIn(cases: Judged[]): Counted[] {
  const counted = new Map<string, Counted>();
  for (const each of cases) {
    const { answer, flagged, frame } = each;
    const broken = isRefusal(answer) ? brokenBy(answer) : flagged;
    if (broken === undefined) continue;
    const what = `${actionOf(each)} ${broken}`;
    counted.set(what, { what, count: (counted.get(what)?.count ?? 0) + 1, example: frame });
  }
  return [...counted.values()].toSorted((a, b) => (a.what < b.what ? -1 : 1));
}

/** An action that nobody knows is no broken rule, and may be a newer protocol's. */
function brokenBy([code, description]: readonly [string, string]): string | undefined {
  if (code === 'NotImplemented') return undefined;
  return code === 'FormationViolation' ? `frame: ${description}` : description;
}

async function statusesOf(charger: TestCharger) {
  return (await charger.read()).connectors.filter((connector) => connector.status !== null);
}

describe.concurrent('200 CALLs without waiting', () => {
  test('are each answered once', async ({ expect }) => {
    const charger = await (await cloud.charger()).boot();
    const ids = Array.from({ length: 200 }, (_, index) => `id-${index}`);

    const answers = await Promise.all(ids.map((id) => charger.exchange('Heartbeat', {}, id)));
    const more = await charger.allAnswersTo('');

    expect(answers.map(([type, id]) => [type, id])).toEqual(ids.map((id) => [3, id]));
    expect(more).toEqual([]);
  });
});

/** What the gateway itself closes; the charger dials again and is served. */
const long = (kilobytes: number) => call('DataTransfer', { vendorId: 'x', data: 'x'.repeat(kilobytes * 1024) });

const closed: [input: string, send: (socket: RawCharger) => void, code: number][] = [
  ['a frame over 32 KB', (socket) => socket.send(long(32)), 1009],
  ['a message over 128 KB', (socket) => socket.sendInParts(long(128)), 1009],
  ['a binary frame', (socket) => socket.send(Buffer.from(call('Heartbeat', {}))), 1003],
];

describe.concurrent('what the gateway closes', () => {
  test.for(closed)('%s', async ([_, send, code], { expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    send(socket);
    const closedWith = await socket.closed();
    const again = await charger.dial();

    expect(closedWith).toBe(code);
    await expect(again.call('Heartbeat', {})).resolves.toHaveProperty('currentTime');
  });
});
