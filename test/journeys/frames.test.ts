import { describe, test } from 'vitest';
import { localCloud } from '#test/support/local-cloud.ts';
import { until } from '#test/support/until.ts';

const cloud = localCloud({ seed: { idTags: [{ idTag: 'DRIVER', status: 'Accepted' }] } });

const start = { connectorId: 1, idTag: 'DRIVER', meterStart: 1000, timestamp: '2024-03-01T12:00:00Z' };
const stop = { transactionId: 1, meterStop: 2000, timestamp: '2024-03-01T13:00:00Z' };
const status = { connectorId: 1, errorCode: 'NoError', status: 'Available' };
const reading = (sampledValue: unknown) => ({
  connectorId: 1,
  meterValue: [{ timestamp: '2024-03-01T12:00:00Z', sampledValue }],
});

describe.concurrent('a frame that is no CALL', () => {
  test.for([
    '[9,"id","Heartbeat",{}]',
    '[1,"id","Heartbeat",{}]',
    '[0,"id"]',
    '[-2,"id","BootNotification",{}]',
    '[1e99,"id","NoSuchAction",{}]',
  ])('row 9: the message type of %s is unknown, so it is not answered', async (frame, { expect }) => {
    const charger = await (await cloud.charger()).boot();

    const answers = await charger.allAnswersTo(frame);

    expect(answers).toEqual([]);
  });

  test.for([
    '[3,"nobody asked",{}]',
    '[3,"nobody asked",{"status":"Accepted"},"more"]',
    '[3,"nobody asked"]',
    '[4,"nobody asked","NotSupported","",{}]',
    '[4,"nobody asked","OccurenceConstraintViolation",null,null]',
    '[4,"id","BootNotification"]',
    '[4,"id","StartTransaction","",{}]',
  ])('row 16: %s answers no command of ours, so it is not answered', async (frame, { expect }) => {
    const charger = await (await cloud.charger()).boot();

    const answers = await charger.allAnswersTo(frame);

    expect(answers).toEqual([]);
  });
});

describe.concurrent('a CALL in a broken form', () => {
  test.for([
    ['it has three elements', '[2,"id-1","Heartbeat"]', 'CALL: 4 elements are due, not 3'],
    ['it has five elements', '[2,"id-1","Heartbeat",{},{}]', 'CALL: 4 elements are due, not 5'],
    ['the action is a number', '[2,"id-1",7,{}]', 'action: a string is due'],
  ] as const)('row 8: %s, but its id can be read: FormationViolation', async ([_, frame, description], { expect }) => {
    const charger = await (await cloud.charger()).boot();

    charger.send(frame);
    const answer = await charger.answerTo('id-1');

    expect(answer).toEqual([4, 'id-1', 'FormationViolation', description, {}]);
    await expect(charger.call('Heartbeat', {})).resolves.toHaveProperty('currentTime');
  });

  test('row 8: lists nested 14,000 deep in a payload break nothing', async ({ expect }) => {
    const charger = await (await cloud.charger()).boot();
    const deep = '['.repeat(14_000) + ']'.repeat(14_000);

    charger.send(`[2,"id-1","Heartbeat",{"deep":${deep}}]`);

    expect(await charger.answerTo('id-1')).toEqual([3, 'id-1', { currentTime: expect.any(String) }]);
  });
});

describe.concurrent('an action', () => {
  test.for(['NoSuchAction', 'HEARTBEAT', ' Heartbeat', '', 'toString', 'SignCertificate'])(
    'row 11: %j is unknown: NotImplemented',
    async (action, { expect }) => {
      const charger = await (await cloud.charger()).boot();

      const refusal = await charger.refusal(action, {});

      expect(refusal).toEqual(['NotImplemented', `${action}: no such action`]);
      await expect(charger.call('Heartbeat', {})).resolves.toHaveProperty('currentTime');
    },
  );

  test.for(['Reset', 'RemoteStartTransaction', 'GetConfiguration', 'TriggerMessage', 'SetChargingProfile'])(
    'row 11: %s is not for a charger to send: NotSupported',
    async (action, { expect }) => {
      const charger = await (await cloud.charger()).boot();

      const refusal = await charger.refusal(action, { type: 'Hard' });

      expect(refusal).toEqual(['NotSupported', `${action}: only the central system sends it`]);
    },
  );

  test('row 14: without fields takes null for {}, and its answer is {} and never null', async ({ expect }) => {
    const charger = await (await cloud.charger()).boot();

    charger.send('[2,"id-1","Heartbeat",null]');
    charger.send('[2,"id-2","Authorize",null]');

    expect(await charger.answerTo('id-1')).toEqual([3, 'id-1', { currentTime: expect.any(String) }]);
    expect(await charger.answerTo('id-2')).toEqual([4, 'id-2', 'OccurenceConstraintViolation', 'idTag: missing', {}]);
    expect(await charger.exchange('StatusNotification', status, 'id-3')).toEqual([3, 'id-3', {}]);
  });
});

describe.concurrent('a charger that is tolerated', () => {
  test('row 12: is answered though it says too much, and what it breaks is counted', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const sloppy = { ...status, info: 'i'.repeat(51), vendorColour: 'red', vendorErrorCode: 'E7' };

    await socket.call('StatusNotification', sloppy);
    await socket.call('StatusNotification', { ...status, vendorColour: 'blue' }, 'id-2');
    const violations = await until('three violations are counted', async () => {
      const found = await charger.violations();
      return found.reduce((sum, { count }) => sum + count, 0) === 3 && found;
    });

    expect(violations).toEqual([
      {
        action: 'StatusNotification',
        field: 'info',
        rule: 'at most 50 characters',
        count: 1,
        firstAt: expect.any(String),
        lastAt: expect.any(String),
        example: expect.stringContaining('"vendorColour":"red"'),
      },
      {
        action: 'StatusNotification',
        field: 'vendorColour',
        rule: 'unknown property',
        count: 2,
        firstAt: expect.any(String),
        lastAt: expect.any(String),
        example: JSON.stringify([2, 'id-2', 'StatusNotification', { ...status, vendorColour: 'blue' }]),
      },
    ]);
    const { connectors } = await charger.read();
    expect(connectors).toMatchObject([{ id: 1, status: 'Available', info: null }]);
  });

  test('row 12: starts a session in spite of extra fields at any depth', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const { transactionId, idTagInfo } = await socket.call('StartTransaction', { ...start, evseId: 1 });
    const stopped = await socket.call('StopTransaction', {
      ...stop,
      transactionId,
      reason: 'Tired',
      transactionData: [
        {
          timestamp: '2024-03-01T12:30:00Z',
          sampledValue: [{ value: '1500', context: 'Sample.Odd', measurand: 'Mood', colour: 'red' }],
        },
      ],
    });

    expect(idTagInfo).toEqual({ status: 'Accepted' });
    expect(stopped).toEqual({});
    const session = await charger.session(transactionId);
    expect(session).toMatchObject({ state: 'ended', energyWh: 1000, stopReason: 'Local' });
    const violations = await charger.violations();
    expect(violations.map(({ field, rule }) => `${field}: ${rule}`)).toEqual([
      'evseId: unknown property',
      'reason: not one of the allowed values',
      'transactionData[].sampledValue[].colour: unknown property',
      'transactionData[].sampledValue[].context: not one of the allowed values',
      'transactionData[].sampledValue[].measurand: not one of the allowed values',
    ]);
  });
});

const wrongInBoth = [
  ['StartTransaction', { ...start, meterStart: '1000' }, 'TypeConstraintViolation', 'meterStart: number is due'],
  ['StopTransaction', { ...stop, transactionId: undefined }, 'OccurenceConstraintViolation', 'transactionId: missing'],
  ['StopTransaction', { ...stop, transactionId: '1' }, 'TypeConstraintViolation', 'transactionId: an integer is due'],
  ['StopTransaction', { ...stop, idTag: 7 }, 'TypeConstraintViolation', 'idTag: string is due'],
  ['MeterValues', { connectorId: 1 }, 'OccurenceConstraintViolation', 'meterValue: missing'],
  ['MeterValues', { connectorId: 1, meterValue: {} }, 'TypeConstraintViolation', 'meterValue: array is due'],
  [
    'MeterValues',
    reading([{ unit: 'Wh' }]),
    'OccurenceConstraintViolation',
    'meterValue[].sampledValue[].value: missing',
  ],
  ['BootNotification', { chargePointVendor: 'Acme' }, 'OccurenceConstraintViolation', 'chargePointModel: missing'],
  [
    'FirmwareStatusNotification',
    { status: 'Burnt' },
    'PropertyConstraintViolation',
    'status: not one of the allowed values',
  ],
  ['DataTransfer', { vendorId: null }, 'TypeConstraintViolation', 'vendorId: string is due'],
] as const;

const wrongWhenStrict = [
  ['Heartbeat', { now: true }, 'FormationViolation', 'now: unknown property'],
  ['StartTransaction', { ...start, evseId: 1 }, 'FormationViolation', 'evseId: unknown property'],
  [
    'MeterValues',
    reading([{ value: '1', colour: 'red' }]),
    'FormationViolation',
    'meterValue[].sampledValue[].colour: unknown property',
  ],
  [
    'StatusNotification',
    { ...status, info: 'i'.repeat(51) },
    'PropertyConstraintViolation',
    'info: at most 50 characters',
  ],
  [
    'StopTransaction',
    { ...stop, reason: 'Tired' },
    'PropertyConstraintViolation',
    'reason: not one of the allowed values',
  ],
  [
    'BootNotification',
    { chargePointVendor: 'Acme', chargePointModel: 'A model with a long name' },
    'PropertyConstraintViolation',
    'chargePointModel: at most 20 characters',
  ],
] as const;

describe.concurrent('a refused CALL', () => {
  const cases = [
    ...wrongInBoth.flatMap((each) => [['tolerant', ...each] as const, ['strict', ...each] as const]),
    ...wrongWhenStrict.map((each) => ['strict', ...each] as const),
  ];

  test.for(['tolerant', 'strict'] as const)(
    'row 12: is told which field broke which rule to a %s charger',
    async (strictness, { expect }) => {
      const charger = await (await cloud.charger({ strictness })).boot();
      const ours = cases.filter(([whose]) => whose === strictness);

      const answers = await Promise.all(
        ours.map(([, action, payload], index) => charger.exchange(action, payload, `id-${index}`)),
      );

      expect(answers).toEqual(
        ours.map(([, , , code, description], index) => [4, `id-${index}`, code, description, {}]),
      );
    },
  );

  test('row 10: gets a code of OCPP-J 1.6, in its odd spelling', async ({ expect }) => {
    const charger = await cloud.charger({ strictness: 'strict' });
    const socket = await charger.dial();

    const codes = [
      await socket.refusal('Heartbeat', {}),
      await socket.refusal('NoSuchAction', {}),
      await socket.refusal('Reset', {}),
      await socket.refusal('BootNotification', []),
      await socket.refusal('BootNotification', {}),
      await socket.refusal('BootNotification', { chargePointVendor: 1, chargePointModel: 1 }),
      await socket.refusal('BootNotification', { chargePointVendor: 'x'.repeat(21), chargePointModel: 'One' }),
    ].map(([code]) => code);

    expect(codes).toEqual([
      'SecurityError',
      'NotImplemented',
      'NotSupported',
      'FormationViolation',
      'OccurenceConstraintViolation',
      'TypeConstraintViolation',
      'PropertyConstraintViolation',
    ]);
  });

  test('row 13: has five elements, with an object at the end', async ({ expect }) => {
    const charger = await (await cloud.charger()).boot();

    charger.send('[2,"id-1","Authorize",{}]');
    const answer = await charger.next();

    expect(answer).toBe('[4,"id-1","OccurenceConstraintViolation","idTag: missing",{}]');
  });

  test('row 12: goes on when a strict charger keeps to the letter', async ({ expect }) => {
    const charger = await cloud.charger({ strictness: 'strict' });
    const socket = await charger.boot();

    const { transactionId } = await socket.call('StartTransaction', start);
    await socket.call('MeterValues', { ...reading([{ value: '1200' }]), transactionId });
    await socket.call('StopTransaction', { ...stop, transactionId });

    expect(await charger.session(transactionId)).toMatchObject({ state: 'ended', energyWh: 1000, reviewReasons: [] });
    expect(await charger.violations()).toEqual([]);
    expect(await charger.evidence()).toEqual([]);
  });

  test('row 12: is kept raw where money may be in it', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const refused = [
      '[2,"id-1","StartTransaction",{"connectorId":1,"idTag":null}]',
      '[2,"id-2","StopTransaction",{"transactionId":1.5}]',
      '[2,"id-3","MeterValues",{"connectorId":1,"transactionId":,"meterValue":[]}]',
      '[2,"id-4","StatusNotification",{"connectorId":-1}]',
      '[2,"id-5","Authorize",{}]',
    ];

    for (const [index, frame] of refused.entries()) {
      socket.send(frame);
      await socket.answerTo(`id-${index + 1}`);
    }

    const evidence = await charger.evidence();
    expect(evidence.map(({ kind, action, content }) => ({ kind, action, content }))).toEqual([
      { kind: 'refused', action: 'MeterValues', content: refused[2] },
      { kind: 'refused', action: 'StopTransaction', content: refused[1] },
      { kind: 'refused', action: 'StartTransaction', content: refused[0] },
    ]);
    expect(evidence.at(0)?.note).toBe('FormationViolation: not JSON');
    expect(evidence.at(2)?.note).toBe('OccurenceConstraintViolation: meterStart: missing');
    expect(await charger.sessions()).toEqual([]);
  });

  test('row 12: of a strict charger is forgiven in MeterValues where its quirk says so', async ({ expect }) => {
    const charger = await cloud.charger({ strictness: 'strict', quirks: ['looseMeterValues'] });
    const socket = await charger.boot();

    await socket.call('MeterValues', reading([{ value: 1.5, colour: 'red' }]));

    await expect(socket.refusal('Heartbeat', { now: true })).resolves.toEqual([
      'FormationViolation',
      'now: unknown property',
    ]);
    expect(await charger.meterValues({ connectorId: 1 })).toMatchObject([{ sampledValues: [{ value: '1.5' }] }]);
  });

  test('row 13: never describes itself with more than the 255 characters of the field', async ({ expect }) => {
    const charger = await (await cloud.charger({ strictness: 'strict' })).boot();

    const [code, description] = await charger.refusal('Heartbeat', { ['x'.repeat(5000)]: 1 });
    const [unknown, name] = await charger.refusal('N'.repeat(5000), {});

    expect([code, unknown]).toEqual(['FormationViolation', 'NotImplemented']);
    expect(description.length).toBeLessThanOrEqual(255);
    expect(name.length).toBeLessThanOrEqual(255);
  });
});

describe.concurrent('a message id', () => {
  test('row 15: has at most 36 characters, and a longer one is echoed', async ({ expect }) => {
    const charger = await (await cloud.charger()).boot();
    const longest = 'ä'.repeat(36);
    const tooLong = 'ä'.repeat(37);

    const accepted = await charger.exchange('Heartbeat', {}, longest);
    const refused = await charger.exchange('Heartbeat', {}, tooLong);

    expect(accepted).toEqual([3, longest, { currentTime: expect.any(String) }]);
    expect(refused).toEqual([4, tooLong, 'FormationViolation', 'message id: at most 36 characters', {}]);
  });

  test('row 15: with the same call is a retry, with another one it is a new call', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const first = await socket.exchange('StartTransaction', start, '1');
    const retry = await socket.exchange('StartTransaction', start, '1');
    const other = await socket.exchange('StartTransaction', { ...start, connectorId: 2 }, '1');
    const another = await socket.exchange('Authorize', { idTag: 'DRIVER' }, '1');

    expect(retry).toEqual(first);
    expect(other).not.toEqual(first);
    expect(another).toEqual([3, '1', { idTagInfo: { status: 'Accepted' } }]);
    expect(await charger.sessions()).toHaveLength(2);
  });
});

describe.concurrent('text, times and numbers', () => {
  test('row 18: text survives the round trip as it is', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const info = 'Ä 漢 🚗 \u2028 \'"';

    await socket.call('StatusNotification', { ...status, info, vendorErrorCode: '\u0000\t\\' });

    const { connectors } = await charger.read();
    expect(connectors).toMatchObject([{ info, vendorErrorCode: '\u0000\t\\' }]);
  });

  test.for([
    ['2024-03-01T12:00:00Z', '2024-03-01T12:00:00.000Z'],
    ['2024-03-01T12:00:00.1Z', '2024-03-01T12:00:00.100Z'],
    ['2024-03-01T12:00:00.123456789Z', '2024-03-01T12:00:00.123Z'],
    ['2024-03-01T01:30:00.5+13:45', '2024-02-29T11:45:00.500Z'],
    ['2024-03-01T12:00:00-0530', '2024-03-01T17:30:00.000Z'],
    ['2024-03-01t12:00:00z', '2024-03-01T12:00:00.000Z'],
  ] as const)('row 18: the time %s is read as %s', async ([timestamp, statusAt], { expect }) => {
    const charger = await cloud.charger({ strictness: 'strict' });
    const socket = await charger.boot();

    await socket.call('StatusNotification', { ...status, timestamp });

    const { connectors } = await charger.read();
    expect(connectors).toMatchObject([{ statusAt }]);
  });

  test('row 18: half a character, which an escape can write, is replaced and stops nothing', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    socket.send(
      '[2,"id-1","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available","info":"<\\ud83d>","\\udfff":1}]',
    );
    socket.send(
      '[2,"id-\\udc00","StartTransaction",{"connectorId":1,"idTag":"\\uDC00","meterStart":1,"timestamp":"2024-03-01T12:00:00Z"}]',
    );

    expect(await socket.answerTo('id-1')).toEqual([3, 'id-1', {}]);
    expect(await socket.answerTo('id-\udc00')).toMatchObject([3, 'id-\udc00', { idTagInfo: { status: 'Invalid' } }]);
    expect((await charger.read()).connectors).toMatchObject([{ info: '<\uFFFD>' }]);
    expect(await charger.sessions()).toMatchObject([{ idTag: '\uFFFD' }]);
  });

  test('row 18: a character on the edge of what is kept of a frame stops nothing', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    // Each begins one place later: one of the two is cut in half at the end of the example, and at the end of the field's name.
    const answers = await Promise.all(
      ['', 'x'].map((shift) => socket.call('StatusNotification', { ...status, [`${shift}${'🚗'.repeat(600)}`]: 1 })),
    );

    expect(answers).toEqual([{}, {}]);
    expect(await charger.violations()).toHaveLength(2);
  });

  test('row 18: times are sent in UTC with Z and three digits at most', async ({ expect }) => {
    const tag = await cloud.tag({ expiryDate: '2100-06-01T12:00:00.123456+02:00' });
    const charger = await (await cloud.charger()).boot();

    const { currentTime } = await charger.call('Heartbeat', {});
    const { idTagInfo } = await charger.call('Authorize', { idTag: tag });

    expect(currentTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(idTagInfo.expiryDate).toBe('2100-06-01T10:00:00.123Z');
  });

  test('row 19: an idTag is the same in any case, and is kept as it came', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await cloud.api.ask('putIdTag', { params: { idTag: 'aBcD-19' }, body: { idTag: 'aBcD-19', status: 'Accepted' } });

    const lower = await socket.call('Authorize', { idTag: 'abcd-19' });
    const { transactionId, idTagInfo } = await socket.call('StartTransaction', { ...start, idTag: 'ABCD-19' });
    const retry = await socket.call('StartTransaction', { ...start, idTag: 'abcd-19' });

    expect(lower.idTagInfo).toEqual({ status: 'Accepted' });
    expect(idTagInfo).toEqual({ status: 'Accepted' });
    expect(retry.transactionId).toBe(transactionId);
    expect(await charger.session(transactionId)).toMatchObject({ idTag: 'ABCD-19' });
  });

  test('row 20: a transaction id of 2^63-1 is read without loss', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const id = '9223372036854775807';

    socket.send(
      `[2,"id-1","StopTransaction",{"transactionId":${id},"meterStop":5,"timestamp":"2024-03-01T13:00:00Z"}]`,
    );
    socket.send(
      `[2,"id-2","MeterValues",{"connectorId":3,"transactionId":${id},"meterValue":[{"timestamp":"2024-03-01T13:00:00Z","sampledValue":[{"value":"5"}]}]}]`,
    );

    expect(await socket.answerTo('id-1')).toEqual([3, 'id-1', {}]);
    expect(await socket.answerTo('id-2')).toEqual([3, 'id-2', {}]);
    expect(await charger.sessions()).toMatchObject([{ protocolTransactionId: id, reviewReasons: ['unmatchedStop'] }]);
    expect(await charger.meterValues({ connectorId: 3 })).toMatchObject([{ protocolTransactionId: id }]);
  });
});
