import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorCodes, OcppError } from '#shared/ocpp/errors.ts';
import { callError, callResult, parseFrame } from '#shared/ocpp/frame.ts';
import { parseJson } from '#shared/ocpp/json.ts';

const DEPTH = 20_000;
const deepList = '['.repeat(DEPTH) + ']'.repeat(DEPTH);
const deepObject = '{"a":'.repeat(DEPTH) + 1 + '}'.repeat(DEPTH);
const EMOJI = '😀';

const roundBigInts = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);

describe('nothing can be answered', () => {
  test.each([
    ['an empty string', ''],
    ['blanks', ' \n '],
    ['a BOM alone', '\uFEFF'],
    ['a number', '5'],
    ['an object', '{}'],
    ['an empty list', '[]'],
    ['null', 'null'],
    ['a string', '"Heartbeat"'],
    ['text', 'hello'],
    ['half a string', '"\\'],
    ['lists nested to depth 20,000', deepList],
    ['objects nested to depth 20,000', deepObject],
    ['lists nested to depth 20,000 and never closed', '['.repeat(DEPTH)],
    [
      'integers beyond 2^53 under lists nested to depth 20,000',
      `${'['.repeat(DEPTH)}9007199254740993${']'.repeat(DEPTH)}`,
    ],
    ['a CALL without an id', '[2]'],
    ['a CALLRESULT without an id', '[3]'],
    ['a CALLERROR without an id', '[4]'],
    ['an id that is empty', '[2,"","Heartbeat",{}]'],
    ['an id that is a number', '[2,5,"Heartbeat",{}]'],
    ['an id that is beyond 2^53', '[2,9223372036854775807,"Heartbeat",{}]'],
    ['an id that is null', '[2,null,"Heartbeat",{}]'],
    ['an id that is a list', '[2,["id"],"Heartbeat",{}]'],
    ['not JSON, and the id is a number', '[2,5,"Heartbeat",{]'],
    ['not JSON, and the id is empty', '[2,"","Heartbeat",{]'],
    ['not JSON, and no CALL', '[3,"id",{]'],
  ])('row 8: %s', (_, text) => {
    expect(parseFrame(text).kind).toBe('ignored');
  });

  test.each([
    '[9,"id","Heartbeat",{}]',
    '[1,"id"]',
    '[5,"id",{}]',
    '["2","id","Heartbeat",{}]',
    '[2.5,"id"]',
    '[null,"id"]',
  ])('row 9: the message type of %s is unknown', (text) => {
    expect(parseFrame(text)).toEqual({ kind: 'ignored', reason: 'unknown message type' });
  });
});

describe('an answer of the charger', () => {
  test('row 16: is read as such, also one to a call that nobody made', () => {
    expect(parseFrame('[3,"unknown",{}]')).toEqual({ kind: 'result', messageId: 'unknown', payload: {} });
    expect(parseFrame('[3,"unknown"]')).toEqual({ kind: 'result', messageId: 'unknown', payload: undefined });
  });

  test('row 10: keeps its error code in either spelling', () => {
    const codes = ['OccurrenceConstraintViolation', 'OccurenceConstraintViolation', 'FormatViolation'];

    const frames = codes.map((code) => parseFrame(`[4,"id","${code}","why",{"a":1}]`));

    expect(frames).toEqual(
      codes.map((code) => ({ kind: 'error', messageId: 'id', code, description: 'why', details: { a: 1 } })),
    );
  });

  test.each([
    ['[4,"id","BootNotification"]', { code: 'BootNotification', description: '' }],
    ['[4,"id"]', { code: '', description: '' }],
    ['[4,"id",null,null,null]', { code: '', description: '', details: null }],
    ['[4,"id",5,{},[]]', { code: '', description: '', details: [] }],
    ['[4,"id",{"toString":1,"valueOf":1},{"toString":null},{}]', { code: '', description: '', details: {} }],
  ])('row 8: %s is no reason to fall over', (text, expected) => {
    expect(parseFrame(text)).toEqual({ kind: 'error', messageId: 'id', details: undefined, ...expected });
  });

  test('row 8: an error code nested to depth 20,000 is no reason to fall over', () => {
    expect(parseFrame(`[4,"id",${deepList},${deepObject}]`)).toMatchObject({
      kind: 'error',
      code: '',
      description: '',
    });
  });
});

describe('a CALL', () => {
  const call = { kind: 'call', messageId: 'id', action: 'Heartbeat', payload: {} };

  test.each([
    ['[2,"id","Heartbeat",{}]'],
    [' [ 2 , "id" ,\n"Heartbeat" , { } ] '],
    ['[2.0,"id","Heartbeat",{}]'],
    ['\uFEFF[2,"id","Heartbeat",{}]'],
  ])('is read from %j', (text) => {
    expect(parseFrame(text)).toEqual(call);
  });

  test('row 14: with null as payload is one with {}', () => {
    expect(parseFrame('[2,"id","Heartbeat",null]')).toEqual(call);
  });

  test('row 15: may have an id of 36 characters, however many units they take', () => {
    const ids = ['x'.repeat(36), EMOJI.repeat(36), 'é'.repeat(36)];

    expect(ids.map((id) => parseFrame(JSON.stringify([2, id, 'Heartbeat', {}])))).toEqual(
      ids.map((messageId) => ({ ...call, messageId })),
    );
  });

  test.each(['x'.repeat(37), EMOJI.repeat(37), 'x'.repeat(10_000)])(
    'row 15: with an id of more than 36 characters is malformed, and the id is known for the echo',
    (messageId) => {
      expect(parseFrame(JSON.stringify([2, messageId, 'Heartbeat', {}]))).toEqual({
        kind: 'malformed',
        messageId,
        action: 'Heartbeat',
        reason: 'message id: at most 36 characters',
      });
    },
  );

  test.each([
    ['two elements', '[2,"id"]', 'CALL: 4 elements are due, not 2'],
    ['three elements', '[2,"id","Heartbeat"]', 'CALL: 4 elements are due, not 3'],
    ['five elements', '[2,"id","Heartbeat",{},{}]', 'CALL: 4 elements are due, not 5'],
    ['an action that is a number', '[2,"id",5,{}]', 'action: a string is due'],
    ['an action that is null', '[2,"id",null,{}]', 'action: a string is due'],
    ['a list as payload', '[2,"id","Heartbeat",[]]', 'payload: an object is due'],
    ['a string as payload', '[2,"id","Heartbeat","{}"]', 'payload: an object is due'],
    ['a number as payload', '[2,"id","Heartbeat",0]', 'payload: an object is due'],
    ['an integer beyond 2^53 as payload', '[2,"id","Heartbeat",9223372036854775807]', 'payload: an object is due'],
    ['false as payload', '[2,"id","Heartbeat",false]', 'payload: an object is due'],
    ['a list nested to depth 20,000 as payload', `[2,"id","Heartbeat",${deepList}]`, 'payload: an object is due'],
  ])('row 12: with %s is malformed', (_, text, reason) => {
    expect(parseFrame(text)).toMatchObject({ kind: 'malformed', messageId: 'id', reason });
  });

  test.each([
    ['[2,"id","MeterValues",{"transactionId":,"connectorId":1}]', 'MeterValues'],
    ['[2,"id","MeterValues",{"connectorId":1', 'MeterValues'],
    ['\uFEFF [ 2 , "id" , "MeterValues" , {]', 'MeterValues'],
    ['[2,"id",\'MeterValues\',{}]', undefined],
    ['[2,"id"', undefined],
  ])('row 8: %s is not JSON, but its id can be read', (text, action) => {
    expect(parseFrame(text)).toEqual({ kind: 'malformed', messageId: 'id', action, reason: 'not JSON' });
  });

  test('section 8: of duplicate keys the last one counts', () => {
    const text =
      '[2,"id","StopTransaction",{"transactionId":9223372036854775807,"transactionId":7,"a":[1],"a":9007199254740993}]';

    expect(parseFrame(text)).toMatchObject({ payload: { transactionId: 7, a: 9007199254740993n } });
  });

  test('row 11: may name an action that only a prototype has', () => {
    for (const action of ['$connect', '__proto__', 'constructor', 'heartbeat', '']) {
      expect(parseFrame(JSON.stringify([2, 'id', action, {}]))).toEqual({ ...call, action });
    }
  });

  test('section 8: keeps a __proto__ of the payload as a property like any other', () => {
    const frame = parseFrame('[2,"id","Heartbeat",{"__proto__":{"idTag":"x"},"n":9007199254740993}]');

    const payload = frame.kind === 'call' ? frame.payload : {};
    expect(Object.keys(payload)).toEqual(['__proto__', 'n']);
    expect(Object.getPrototypeOf(payload)).toBe(Object.prototype);
  });

  test('section 8: nested to depth 20,000 in a property is read', () => {
    expect(parseFrame(`[2,"id","Heartbeat",{"x":${deepList}}]`).kind).toBe('call');
    expect(parseFrame(`[2,"id","Heartbeat",${deepObject}]`).kind).toBe('call');
  });

  test.each(['9007199254740993', '"\\ud83d"'])(
    'section 8: nested to depth 20,000 beside %s is answered at least, whatever its id is written with',
    (value) => {
      expect(parseFrame(`[2,"\\"id\\"","Heartbeat",{"x":${deepList},"y":${value}}]`)).toEqual({
        kind: 'malformed',
        messageId: '"id"',
        action: 'Heartbeat',
        reason: 'payload: nested too deep',
      });
    },
  );
});

describe('row 20: integers are read without loss', () => {
  test.each([
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9007199254740993', 9007199254740993n],
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['1000000000000000000000000000000', 10n ** 30n],
    ['1.50', 1.5],
    ['0.12345678901234567890', 0.12345678901234568],
    ['1e300', 1e300],
  ])('%s', (literal, value) => {
    expect(parseFrame(`[2,"id","StopTransaction",{"transactionId":${literal}}]`)).toMatchObject({
      payload: { transactionId: value },
    });
  });

  test('and all else as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (text) => {
        const read = JSON.stringify(parseJson(`[${text},9007199254740993]`), roundBigInts);

        expect(read).toBe(`[${JSON.stringify(JSON.parse(text))},9007199254740992]`);
      }),
    );
  });

  test('with a hundred thousand digits without delay', () => {
    const digits = '9'.repeat(100_000);

    const frame = parseFrame(`[2,"id","StopTransaction",{"transactionId":${digits}}]`);

    expect(frame.kind).toBe('call');
  });
});

describe('row 18: half a character, which an escape can write,', () => {
  test('is replaced in names and values at any depth, and nothing else is', () => {
    const text = String.raw`[2,"1","Heartbeat",{"a\ud83d":["\udE00",{"b":"\ud83d\ude00 \\ud83d","c":9007199254740993}]}]`;

    expect(parseFrame(text)).toMatchObject({
      kind: 'call',
      payload: { 'a\uFFFD': ['\uFFFD', { b: `${EMOJI} \\ud83d`, c: 9007199254740993n }] },
    });
  });

  test('stays in a message id, which is echoed', () => {
    const frame = parseFrame(String.raw`[2,"\ud83d","Heartbeat",{}]`);

    expect(frame).toMatchObject({ kind: 'call', messageId: '\ud83d' });
  });
});

describe('parseFrame never throws', () => {
  const KINDS = ['call', 'result', 'error', 'malformed', 'ignored'];
  const frame = fc
    .tuple(
      fc.constantFrom<unknown>(2, 3, 4, 9),
      fc.oneof(fc.string(), fc.jsonValue({ maxDepth: 1 })),
      fc.oneof(fc.constantFrom('Heartbeat', 'StopTransaction'), fc.jsonValue({ maxDepth: 2 })),
      fc.jsonValue(),
      fc.jsonValue({ maxDepth: 1 }),
    )
    .chain((elements) => fc.nat(5).map((length) => JSON.stringify(elements.slice(0, length))));

  test('for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json()), (text) => {
        expect(KINDS).toContain(parseFrame(text).kind);
      }),
      { numRuns: 1000 },
    );
  });

  test('for any list that resembles a frame', () => {
    fc.assert(
      fc.property(frame, (text) => {
        expect(KINDS).toContain(parseFrame(text).kind);
      }),
      { numRuns: 1000 },
    );
  });

  test('for a frame in which characters were changed', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.string({ unit: 'binary', maxLength: 3 })), {
      minLength: 1,
      maxLength: 4,
    });

    fc.assert(
      fc.property(frame, changes, (text, edits) => {
        const changed = edits.reduce((before, [at, insert]) => {
          const position = at % (before.length + 1);
          return before.slice(0, position) + insert + before.slice(position + (at % 3));
        }, text);

        expect(KINDS).toContain(parseFrame(changed).kind);
      }),
      { numRuns: 1000 },
    );
  });

  test('for a frame that was cut off, and answers from where its id is whole', () => {
    const text = '[2,"id","MeterValues",{"connectorId":1,"transactionId":9223372036854775807,"meterValue":[]}]';
    const idEnds = text.indexOf('"id"') + '"id"'.length;

    const kinds = Array.from(text, (_, length) => parseFrame(text.slice(0, length)).kind);

    expect(kinds).toEqual(Array.from(text, (_, length) => (length < idEnds ? 'ignored' : 'malformed')));
  });
});

describe('what is sent', () => {
  test('row 10: has the ten error codes of the specification, with both of its odd spellings', () => {
    expect([...errorCodes].sort()).toEqual([
      'FormationViolation',
      'GenericError',
      'InternalError',
      'NotImplemented',
      'NotSupported',
      'OccurenceConstraintViolation',
      'PropertyConstraintViolation',
      'ProtocolError',
      'SecurityError',
      'TypeConstraintViolation',
    ]);
  });

  test('row 13: a CALLERROR has five elements, an object as details and at most 255 characters that any reader takes', () => {
    const description = fc.string({ unit: 'binary', maxLength: 400, size: 'max' });
    const id = fc.string({ unit: 'binary', minLength: 1, maxLength: 50 });

    fc.assert(
      fc.property(id, fc.constantFrom(...errorCodes), description, (messageId, code, message) => {
        const sent: unknown[] = JSON.parse(callError(messageId, new OcppError(code, message)));

        expect(sent).toEqual([4, messageId, code, expect.any(String), {}]);
        const text = String(sent[3]);
        expect(text.length).toBeLessThanOrEqual(255);
        expect(text.isWellFormed()).toBe(true);
        expect(message.length > 255 || text === message).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('row 13: a description that is cut off in the middle of a character has no half of it', () => {
    const error = new OcppError('FormationViolation', 'x'.repeat(254) + EMOJI);

    const [, , , description]: string[] = JSON.parse(callError('id', error));

    expect(description?.isWellFormed()).toBe(true);
    expect(description?.startsWith('x'.repeat(254))).toBe(true);
  });

  test('row 13: a description may be empty', () => {
    expect(callError('id', new OcppError('GenericError', ''))).toBe('[4,"id","GenericError","",{}]');
  });

  test('row 18: a CALLRESULT brings id and text back whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'binary' }), (messageId, data) => {
        expect(parseFrame(callResult(messageId, { data }))).toEqual({ kind: 'result', messageId, payload: { data } });
      }),
    );
  });

  test('row 14: an answer without fields is {}', () => {
    expect(callResult('id', {})).toBe('[3,"id",{}]');
  });
});
