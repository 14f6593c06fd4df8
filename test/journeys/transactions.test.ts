import { describe, test } from 'vitest';
import { localCloud } from '#test/support/local-cloud.ts';

const cloud = localCloud({
  seed: {
    idTags: [
      { idTag: 'DRIVER', status: 'Accepted' },
      { idTag: 'FATHER', status: 'Accepted', parentIdTag: 'FAMILY' },
      { idTag: 'MOTHER', status: 'Accepted', parentIdTag: 'family' },
      { idTag: 'STRANGER', status: 'Accepted', parentIdTag: 'OTHERS' },
    ],
  },
});

const noon = Date.UTC(2024, 2, 1, 12);

/** So many minutes after noon, as chargers write it. */
const at = (minutes: number) => new Date(noon + minutes * 60_000).toISOString();

const start = { connectorId: 1, idTag: 'DRIVER', meterStart: 1000, timestamp: at(0) };
const stop = { meterStop: 3500, timestamp: at(60) };
const plannedConnectors = [1, 2].map((id) => ({ id, type: 'Type2', maxPowerW: 22_000 }));

describe.concurrent('a start', () => {
  test('row 29: is answered with an id of its own, a positive int32', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const starts = Array.from({ length: 20 }, (_, index) => ({ ...start, connectorId: index + 1 }));

    const answers = await Promise.all(starts.map((each) => socket.call('StartTransaction', each)));

    const ids = answers.map(({ transactionId }) => transactionId);
    expect(new Set(ids).size).toBe(20);
    for (const id of ids) expect(Number.isInteger(id) && id > 0 && id < 2 ** 31).toBe(true);
  });

  test.for(['Blocked', 'Expired', 'Invalid'] as const)(
    'row 29: of a tag that is %s is answered, and kept as unauthorised evidence that its stop closes',
    async (status, { expect }) => {
      const idTag = await cloud.tag({ status });
      const charger = await cloud.charger();
      const socket = await charger.boot();

      const { transactionId, idTagInfo } = await socket.call('StartTransaction', { ...start, idTag });
      const open = await charger.session(transactionId);
      await socket.call('StopTransaction', {
        transactionId,
        meterStop: 1000,
        timestamp: at(1),
        reason: 'DeAuthorized',
      });
      const ended = await charger.session(transactionId);

      expect(idTagInfo).toEqual({ status });
      expect(open).toMatchObject({ state: 'active', authorised: false, tagStatus: status, reviewReasons: [] });
      expect(ended).toMatchObject({
        state: 'ended',
        endedBy: 'charger',
        stopReason: 'DeAuthorized',
        energyWh: 0,
        reviewReasons: [],
      });
    },
  );

  test('row 29: of an unknown tag that energy was given to goes to review', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const { transactionId, idTagInfo } = await socket.call('StartTransaction', { ...start, idTag: 'NOBODY' });
    await socket.call('StopTransaction', { ...stop, transactionId });

    expect(idTagInfo).toEqual({ status: 'Invalid' });
    expect(await charger.session(transactionId)).toMatchObject({
      authorised: false,
      energyWh: 2500,
      reviewReasons: ['unauthorisedEnergy'],
    });
  });

  test('row 29: on a connector that the charger is not known to have is answered and flagged', async ({ expect }) => {
    const charger = await cloud.charger({ connectors: plannedConnectors });
    const socket = await charger.boot();

    const unknown = await socket.call('StartTransaction', { ...start, connectorId: 999 });
    const whole = await socket.call('StartTransaction', { ...start, connectorId: 0 });
    const known = await socket.call('StartTransaction', { ...start, connectorId: 2 });

    expect([unknown, whole, known].map(({ idTagInfo }) => idTagInfo.status)).toEqual([
      'Accepted',
      'Invalid',
      'Accepted',
    ]);
    expect(await charger.session(unknown.transactionId)).toMatchObject({
      connectorId: 999,
      reviewReasons: ['unknownConnector'],
    });
    expect(await charger.session(whole.transactionId)).toMatchObject({
      connectorId: 0,
      authorised: false,
      reviewReasons: ['unknownConnector'],
    });
    expect(await charger.session(known.transactionId)).toMatchObject({ reviewReasons: [] });
  });

  test.for(['1970-01-01T00:00:07Z', '2015-10-07T23:59:59Z', '2100-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])(
    'rows 29 and 32: dated %s is answered, counts from when it was received and goes to review',
    async (timestamp, { expect }) => {
      const charger = await cloud.charger();
      const socket = await charger.boot();

      const { transactionId, idTagInfo } = await socket.call('StartTransaction', { ...start, timestamp });

      const session = await charger.session(transactionId);
      expect(idTagInfo).toEqual({ status: 'Accepted' });
      expect(session).toMatchObject({ startedAt: session.receivedAt, reviewReasons: ['implausibleStart'] });
    },
  );

  test.for(['tolerant', 'strict'] as const)(
    'row 32: without a time is refused to a %s charger, and kept raw',
    async (strictness, { expect }) => {
      const charger = await cloud.charger({ strictness });
      const socket = await charger.boot();
      const timeless = { ...start, timestamp: undefined };

      const refusal = await socket.refusal('StartTransaction', timeless, 'id-1');

      expect(refusal).toEqual(['OccurenceConstraintViolation', 'timestamp: missing']);
      expect(await charger.evidence()).toMatchObject([
        { kind: 'refused', content: JSON.stringify([2, 'id-1', 'StartTransaction', timeless]) },
      ]);
      expect(await charger.sessions()).toEqual([]);
    },
  );

  test('row 32: from long ago is normal: it was kept while the line was down', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const { transactionId } = await socket.call('StartTransaction', {
      ...start,
      timestamp: '2019-05-05T05:05:05+02:00',
    });

    const session = await charger.session(transactionId);
    expect(session).toMatchObject({ startedAt: '2019-05-05T03:05:05.000Z', reviewReasons: [] });
    expect(session.receivedAt > '2024').toBe(true);
  });

  test('row 29: of a tag that may have one session at a time is answered ConcurrentTx for a second', async ({
    expect,
  }) => {
    const idTag = await cloud.tag({ maxOpenSessions: 1 });
    const [charger, other] = await Promise.all([cloud.charger(), cloud.charger()]);
    const [socket, otherSocket] = await Promise.all([charger.boot(), other.boot()]);

    const first = await socket.call('StartTransaction', { ...start, idTag });
    const second = await otherSocket.call('StartTransaction', { ...start, idTag });
    await socket.call('StopTransaction', { ...stop, transactionId: first.transactionId });
    const third = await socket.call('StartTransaction', { ...start, idTag, connectorId: 2 });

    expect([first, second, third].map(({ idTagInfo }) => idTagInfo.status)).toEqual([
      'Accepted',
      'ConcurrentTx',
      'Accepted',
    ]);
    expect(await other.session(second.transactionId)).toMatchObject({
      state: 'active',
      authorised: false,
      tagStatus: 'ConcurrentTx',
    });
  });

  test('row 29: of such a tag is accepted once where many come at the same moment', async ({ expect }) => {
    const idTag = await cloud.tag({ maxOpenSessions: 2 });
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map((connectorId) => socket.call('StartTransaction', { ...start, idTag, connectorId })),
    );

    const statuses = answers.map(({ idTagInfo }) => idTagInfo.status).sort();
    expect(statuses).toEqual(['Accepted', 'Accepted', 'ConcurrentTx', 'ConcurrentTx', 'ConcurrentTx']);
  });
});

describe.concurrent('a start that is sent again', () => {
  test('row 30: gets the same answer, under a new message id and after a reconnect', async ({ expect }) => {
    const charger = await cloud.charger();
    const first = await charger.boot();

    const answer = await first.call('StartTransaction', start);
    const again = await first.call('StartTransaction', start);
    await first.close();
    const afterReconnect = await (await charger.dial()).call('StartTransaction', start);

    expect(again).toEqual(answer);
    expect(afterReconnect).toEqual(answer);
    expect(await charger.sessions()).toHaveLength(1);
  });

  test('row 30: is the same with another spelling of the tag and of the time', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const answer = await socket.call('StartTransaction', { ...start, timestamp: '2024-03-01T12:00:00Z' });
    const again = await socket.call('StartTransaction', {
      ...start,
      idTag: 'driver',
      timestamp: '2024-03-01T14:00:00.000+02:00',
    });

    expect(again).toEqual(answer);
    expect(await charger.sessions()).toHaveLength(1);
  });

  test('row 30: gets the same answer after its stop, and stays ended', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const answer = await socket.call('StartTransaction', start);
    await socket.call('StopTransaction', { ...stop, transactionId: answer.transactionId });

    const again = await socket.call('StartTransaction', start);

    expect(again).toEqual(answer);
    expect(await charger.sessions()).toMatchObject([{ state: 'ended', energyWh: 2500, reviewReasons: [] }]);
  });

  test('row 30: gets the same verdict though the tag has been blocked since', async ({ expect }) => {
    const idTag = await cloud.tag();
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const answer = await socket.call('StartTransaction', { ...start, idTag });
    await cloud.api.ask('putIdTag', { params: { idTag }, body: { idTag, status: 'Blocked' } });

    const again = await socket.call('StartTransaction', { ...start, idTag });

    expect(again).toEqual(answer);
  });

  test('row 30: is never ConcurrentTx against itself', async ({ expect }) => {
    const idTag = await cloud.tag({ maxOpenSessions: 1 });
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const mine = { ...start, idTag };

    const answers = await Promise.all([1, 2, 3].map(() => socket.call('StartTransaction', mine)));
    answers.push(await socket.call('StartTransaction', mine));

    const [first] = answers;
    expect(first?.idTagInfo).toEqual({ status: 'Accepted' });
    for (const answer of answers) expect(answer).toEqual(first);
    expect(await charger.sessions()).toHaveLength(1);
  });

  test('row 30: gets the answer of a session that another start has ended since', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const answer = await socket.call('StartTransaction', start);
    await socket.call('StartTransaction', { ...start, timestamp: at(5) });

    const again = await socket.call('StartTransaction', start);

    expect(again).toEqual(answer);
    const sessions = await charger.sessions();
    expect(sessions.map(({ state }) => state)).toEqual(['active', 'ended']);
  });

  test('row 30: opens one session when it comes over two sockets at the same moment', async ({ expect }) => {
    const charger = await cloud.charger();
    const first = await charger.boot();

    first.send(JSON.stringify([2, 'id-1', 'StartTransaction', start]));
    const second = await charger.dial();
    second.send(JSON.stringify([2, 'id-1', 'StartTransaction', start]));
    const [type, , answer] = await second.answerTo('id-1');

    expect(type).toBe(3);
    expect(await charger.sessions()).toMatchObject([
      { state: 'active', protocolTransactionId: String(Object(answer).transactionId) },
    ]);
  });

  test('row 30: opens one session however many come at the same moment', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const answers = await Promise.all(Array.from({ length: 12 }, () => socket.call('StartTransaction', start)));

    expect(new Set(answers.map(({ transactionId }) => transactionId)).size).toBe(1);
    expect(await charger.sessions()).toHaveLength(1);
  });

  test('row 30: is another one where connector, tag, time or register differ', async ({ expect }) => {
    const [charger, neighbour] = await Promise.all([cloud.charger(), cloud.charger()]);
    const [socket, other] = await Promise.all([charger.boot(), neighbour.boot()]);

    const answers = [
      await socket.call('StartTransaction', start),
      await socket.call('StartTransaction', { ...start, connectorId: 2 }),
      await socket.call('StartTransaction', { ...start, idTag: 'FATHER' }),
      await socket.call('StartTransaction', { ...start, timestamp: '2024-03-01T12:00:00.001Z' }),
      await socket.call('StartTransaction', { ...start, meterStart: 1001 }),
    ];
    await other.call('StartTransaction', start);

    expect(new Set(answers.map(({ transactionId }) => transactionId)).size).toBe(5);
    expect(await charger.sessions()).toHaveLength(5);
    expect(await neighbour.sessions()).toHaveLength(1);
  });

  test('row 30: from a clock of 1970 is a retry while the session is open, and a new session after its stop', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const atDawn = { ...start, timestamp: '1970-01-01T00:00:10Z' };

    const first = await socket.call('StartTransaction', atDawn);
    const retry = await socket.call('StartTransaction', atDawn);
    await socket.call('StopTransaction', {
      transactionId: first.transactionId,
      meterStop: 1500,
      timestamp: '1970-01-01T00:10:10Z',
    });
    const second = await socket.call('StartTransaction', atDawn);
    const retryOfSecond = await socket.call('StartTransaction', atDawn);

    expect(retry).toEqual(first);
    expect(second.transactionId).not.toBe(first.transactionId);
    expect(retryOfSecond).toEqual(second);
    expect(await charger.sessions()).toMatchObject([
      { state: 'active', reviewReasons: expect.arrayContaining(['implausibleStart', 'repeatedStart']) },
      { state: 'ended', energyWh: 500, reviewReasons: expect.arrayContaining(['implausibleStart', 'implausibleStop']) },
    ]);
  });
});

describe.concurrent('a start where a session is open', () => {
  test('row 31: ends that one, which goes to review, and leaves the other connector alone', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const left = await socket.call('StartTransaction', start);
    const right = await socket.call('StartTransaction', { ...start, connectorId: 2 });

    const next = await socket.call('StartTransaction', { ...start, timestamp: at(30), meterStart: 1700 });

    expect(await charger.session(left.transactionId)).toMatchObject({
      state: 'ended',
      endedBy: 'superseded',
      endedAt: at(30),
      reviewReasons: ['superseded'],
    });
    expect(await charger.session(right.transactionId)).toMatchObject({ state: 'active', reviewReasons: [] });
    expect(await charger.session(next.transactionId)).toMatchObject({ state: 'active', reviewReasons: [] });
  });

  test('row 31: the stop of the ended one, when it comes at last, counts and does not end the new one', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const old = await socket.call('StartTransaction', start);
    const next = await socket.call('StartTransaction', { ...start, timestamp: at(30), meterStart: 1700 });

    await socket.call('StopTransaction', { transactionId: old.transactionId, meterStop: 1600, timestamp: at(20) });

    expect(await charger.session(old.transactionId)).toMatchObject({
      state: 'ended',
      endedBy: 'charger',
      endedAt: at(20),
      energyWh: 600,
      reviewReasons: expect.arrayContaining(['superseded', 'lateStop']),
    });
    expect(await charger.session(next.transactionId)).toMatchObject({ state: 'active' });
  });

  test('row 31: gives the place of the ended one back to its tag', async ({ expect }) => {
    const idTag = await cloud.tag({ maxOpenSessions: 1 });
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await socket.call('StartTransaction', { ...start, idTag });

    const next = await socket.call('StartTransaction', { ...start, idTag, timestamp: at(5) });
    const elsewhere = await socket.call('StartTransaction', { ...start, idTag, timestamp: at(6), connectorId: 2 });
    await socket.call('StopTransaction', { ...stop, transactionId: next.transactionId });
    const afterwards = await socket.call('StartTransaction', { ...start, idTag, timestamp: at(61), connectorId: 3 });

    expect(next.idTagInfo.status).toBe('Accepted');
    expect(elsewhere.idTagInfo.status).toBe('ConcurrentTx');
    expect(afterwards.idTagInfo.status).toBe('Accepted');
  });

  test('row 31: leaves one session open however many come at the same moment', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    await Promise.all(
      [0, 1, 2, 3].map((minute) => socket.call('StartTransaction', { ...start, timestamp: at(minute) })),
    );

    const sessions = await charger.sessions();
    expect(sessions.filter(({ state }) => state === 'active')).toHaveLength(1);
    expect(sessions.filter(({ endedBy }) => endedBy === 'superseded')).toHaveLength(3);
  });
});

describe.concurrent('a stop', () => {
  test('ends its session: by whom, when, why and with how much', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', { ...start, reservationId: 77 });

    const answer = await socket.call('StopTransaction', {
      ...stop,
      transactionId,
      idTag: 'driver',
      reason: 'EVDisconnected',
    });

    expect(answer).toEqual({ idTagInfo: { status: 'Accepted' } });
    expect(await charger.session(transactionId)).toEqual({
      id: expect.any(String),
      organisationId: 'default',
      chargerId: charger.id,
      connectorId: 1,
      protocolTransactionId: String(transactionId),
      idTag: 'DRIVER',
      state: 'ended',
      endedBy: 'charger',
      authorised: true,
      tagStatus: 'Accepted',
      startedAt: at(0),
      endedAt: at(60),
      receivedAt: expect.any(String),
      endReceivedAt: expect.any(String),
      meterStartWh: 1000,
      meterStopWh: 3500,
      energyWh: 2500,
      stopReason: 'EVDisconnected',
      reservationId: 77,
      reviewReasons: [],
      decisions: [],
      counts: { energyWh: 2500, startedAt: at(0), endedAt: at(60), waived: false },
    });
  });

  test('row 34: without idTag is answered without idTagInfo, and without reason it is Local', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);

    const answer = await socket.exchange('StopTransaction', { ...stop, transactionId }, 'id-1');

    expect(answer).toEqual([3, 'id-1', {}]);
    expect(await charger.session(transactionId)).toMatchObject({ stopReason: 'Local' });
  });

  test('row 34: with an unknown idTag is answered Invalid and ends the session all the same', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);

    const answer = await socket.call('StopTransaction', { ...stop, transactionId, idTag: 'NOBODY' });

    expect(answer).toEqual({ idTagInfo: { status: 'Invalid' } });
    expect(await charger.session(transactionId)).toMatchObject({ state: 'ended', energyWh: 2500 });
  });
});

describe.concurrent('a stop with an id that was never issued', () => {
  test.for([
    ['0', 0],
    ['-1', -1],
    ['a small number', 4711],
    ['2^53', 2 ** 53],
  ] as const)(
    'row 34: %s is answered and kept for review where no session is open',
    async ([_, transactionId], { expect }) => {
      const charger = await cloud.charger();
      const socket = await charger.boot();

      const answer = await socket.call('StopTransaction', { ...stop, transactionId, idTag: 'DRIVER' });

      expect(answer).toEqual({ idTagInfo: { status: 'Accepted' } });
      expect(await charger.sessions()).toMatchObject([
        {
          protocolTransactionId: String(transactionId),
          connectorId: null,
          idTag: 'DRIVER',
          state: 'ended',
          startedAt: null,
          endedAt: at(60),
          meterStopWh: 3500,
          energyWh: null,
          reviewReasons: ['unmatchedStop'],
        },
      ]);
    },
  );

  test('row 34: one of 3,000 digits is answered like any other', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const id = '7'.repeat(3000);
    const sampledValue = '[{"timestamp":"2024-03-01T13:00:00Z","sampledValue":[{"value":"5"}]}]';

    socket.send(
      `[2,"id-1","StopTransaction",{"transactionId":${id},"meterStop":5,"timestamp":"2024-03-01T13:00:00Z","transactionData":${sampledValue}}]`,
    );
    socket.send(`[2,"id-2","MeterValues",{"connectorId":1,"transactionId":${id},"meterValue":${sampledValue}}]`);

    expect(await socket.answerTo('id-1')).toEqual([3, 'id-1', {}]);
    expect(await socket.answerTo('id-2')).toEqual([3, 'id-2', {}]);
    expect(await charger.sessions()).toMatchObject([{ protocolTransactionId: id, reviewReasons: ['unmatchedStop'] }]);
  });

  test('row 34: ends the one open session that it fits, which goes to review', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    await socket.call('MeterValues', meterValues(transactionId, 20, 3400));

    const answer = await socket.call('StopTransaction', { ...stop, transactionId: -1 });

    expect(answer).toEqual({});
    expect(await charger.sessions()).toMatchObject([
      {
        protocolTransactionId: String(transactionId),
        state: 'ended',
        endedBy: 'charger',
        energyWh: 2500,
        reviewReasons: ['matchedStop'],
      },
    ]);
  });

  test('row 34: sent again, ends nothing else and is not kept twice', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const lost = { ...stop, transactionId: -1 };
    await socket.call('StartTransaction', start);
    await socket.call('StopTransaction', lost);
    await socket.call('StartTransaction', { ...start, timestamp: at(10), meterStart: 1000 });

    const answer = await socket.call('StopTransaction', lost);

    expect(answer).toEqual({});
    expect(await charger.sessions()).toMatchObject([{ state: 'active' }, { reviewReasons: ['matchedStop'] }]);
  });

  test('row 34: is kept once where it fits nothing, though it is sent again', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const lost = { ...stop, transactionId: 0 };

    await Promise.all([1, 2, 3].map(() => socket.call('StopTransaction', lost)));
    await socket.call('StopTransaction', lost);

    expect(await charger.sessions()).toMatchObject([{ reviewReasons: ['unmatchedStop'] }]);
  });

  test.for([
    ['it names another tag', { idTag: 'STRANGER' }],
    ['it names an unknown tag', { idTag: 'NOBODY' }],
    ['it is from before the start', { timestamp: at(-1) }],
    ['its register is below the start', { meterStop: 999 }],
    ['its register is below the last reading', { meterStop: 1999 }],
  ] as const)('row 34: ends nothing where %s', async ([_, more], { expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    await socket.call('MeterValues', meterValues(transactionId, 20, 2000));

    await socket.call('StopTransaction', { ...stop, transactionId: -1, ...more });

    expect(await charger.session(transactionId)).toMatchObject({ state: 'active', reviewReasons: [] });
    const [parked] = await charger.sessions();
    expect(parked).toMatchObject({ protocolTransactionId: '-1', reviewReasons: ['unmatchedStop'] });
  });

  test('row 34: ends nothing where two open sessions fit', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await socket.call('StartTransaction', start);
    await socket.call('StartTransaction', { ...start, connectorId: 2, idTag: 'FATHER' });

    await socket.call('StopTransaction', { ...stop, transactionId: -1 });

    expect(await charger.sessions()).toMatchObject([
      { reviewReasons: ['unmatchedStop'] },
      { connectorId: 2, state: 'active' },
      { connectorId: 1, state: 'active' },
    ]);
  });

  test('row 34: ends the one of two open sessions that has its tag', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const left = await socket.call('StartTransaction', start);
    const right = await socket.call('StartTransaction', { ...start, connectorId: 2, idTag: 'FATHER' });

    await socket.call('StopTransaction', { ...stop, transactionId: -1, idTag: 'father' });

    expect(await charger.session(right.transactionId)).toMatchObject({ state: 'ended', energyWh: 2500 });
    expect(await charger.session(left.transactionId)).toMatchObject({ state: 'active' });
  });

  test('row 34: ends the session of a tag with the same parent', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', { ...start, idTag: 'FATHER' });

    const answer = await socket.call('StopTransaction', { ...stop, transactionId: 0, idTag: 'MOTHER' });

    expect(answer).toEqual({ idTagInfo: { status: 'Accepted', parentIdTag: 'family' } });
    expect(await charger.session(transactionId)).toMatchObject({ state: 'ended', reviewReasons: ['matchedStop'] });
  });

  test("row 34: never ends another charger's session", async ({ expect }) => {
    const [charger, neighbour] = await Promise.all([cloud.charger(), cloud.charger()]);
    const [socket, other] = await Promise.all([charger.boot(), neighbour.boot()]);
    const { transactionId } = await socket.call('StartTransaction', start);

    await other.call('StopTransaction', { ...stop, transactionId: -1 });
    await other.call('StopTransaction', { ...stop, transactionId });

    expect(await charger.session(transactionId)).toMatchObject({ state: 'active' });
    expect(await neighbour.sessions()).toMatchObject([
      { protocolTransactionId: String(transactionId), reviewReasons: ['unmatchedStop'] },
      { protocolTransactionId: '-1', reviewReasons: ['unmatchedStop'] },
    ]);
  });

  test('row 34: is on the list of what awaits review', async ({ expect }) => {
    const api = cloud.apiFor('operator', 'review-stops');
    const charger = await cloud.charger({}, api);
    const socket = await charger.boot();

    await socket.call('StopTransaction', { ...stop, transactionId: 0 });

    const { items } = await api.ask('listSessions', { query: { review: 'true' } });
    expect(items).toMatchObject([{ chargerId: charger.id, protocolTransactionId: '0' }]);
  });
});

describe.concurrent('a second stop', () => {
  test('row 35: gets the same answer and counts nothing twice', async ({ expect }) => {
    const charger = await cloud.charger();
    const first = await charger.boot();
    const { transactionId } = await first.call('StartTransaction', start);
    const whole = { ...stop, transactionId, idTag: 'DRIVER', reason: 'Local' };

    const answer = await first.call('StopTransaction', whole);
    const ended = await charger.session(transactionId);
    await first.close();
    const second = await charger.dial();
    const again = await Promise.all([1, 2].map(() => second.call('StopTransaction', whole)));

    expect(again).toEqual([answer, answer]);
    expect(await charger.sessions()).toEqual([ended]);
    expect(ended).toMatchObject({ energyWh: 2500, reviewReasons: [] });
  });

  test('row 35: is the same where the first says Local and the second leaves it out', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);

    await socket.call('StopTransaction', { ...stop, transactionId, reason: 'Local' });
    await socket.call('StopTransaction', { ...stop, transactionId });

    expect(await charger.sessions()).toMatchObject([{ reviewReasons: [] }]);
  });

  test.for([
    ['register', { meterStop: 9999 }],
    ['time', { timestamp: at(90) }],
    ['reason', { reason: 'PowerLoss' }],
    ['tag', { idTag: 'STRANGER' }],
  ] as const)('row 35: with another %s keeps the first and is flagged', async ([_, more], { expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    await socket.call('StopTransaction', { ...stop, transactionId, idTag: 'DRIVER' });
    const ended = await charger.session(transactionId);

    await socket.call('StopTransaction', { ...stop, transactionId, idTag: 'DRIVER', ...more });

    expect(await charger.sessions()).toEqual([{ ...ended, reviewReasons: ['conflictingStop'], counts: null }]);
  });

  test('row 35: of two that come at the same moment one counts', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);

    const answers = await Promise.all(
      [3500, 3600].map((meterStop) => socket.call('StopTransaction', { ...stop, transactionId, meterStop })),
    );

    expect(answers).toEqual([{}, {}]);
    const [session, ...others] = await charger.sessions();
    expect(others).toEqual([]);
    expect([2500, 2600]).toContain(session?.energyWh);
    expect(session).toMatchObject({ endedBy: 'charger', reviewReasons: ['conflictingStop'] });
  });
});

describe.concurrent('a stop that cannot be right', () => {
  test('row 36: with a register below the start has no energy, least of all a negative one', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);

    const answer = await socket.call('StopTransaction', { ...stop, transactionId, meterStop: 999, idTag: 'DRIVER' });

    expect(answer).toEqual({ idTagInfo: { status: 'Accepted' } });
    expect(await charger.session(transactionId)).toMatchObject({
      state: 'ended',
      meterStopWh: 999,
      energyWh: null,
      reviewReasons: ['meterBelowStart'],
    });
  });

  test('row 36: from before the start is flagged', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);

    await socket.call('StopTransaction', { ...stop, transactionId, timestamp: at(-5) });

    expect(await charger.session(transactionId)).toMatchObject({
      state: 'ended',
      endedAt: at(-5),
      energyWh: 2500,
      reviewReasons: ['stopBeforeStart'],
    });
    expect(await charger.readings(transactionId)).toEqual([]);
  });

  test('row 36: with both faults names both, and a negative register breaks nothing', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);

    await socket.call('StopTransaction', { transactionId, meterStop: -(2 ** 31), timestamp: at(-5) });

    const { energyWh, reviewReasons } = await charger.session(transactionId);
    expect(energyWh).toBeNull();
    expect(reviewReasons.toSorted()).toEqual(['meterBelowStart', 'stopBeforeStart']);
  });

  test('row 36: from the future counts from when it was received', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);

    await socket.call('StopTransaction', { ...stop, transactionId, timestamp: '2100-01-01T00:00:00Z' });

    const session = await charger.session(transactionId);
    expect(session).toMatchObject({ endedAt: session.endReceivedAt, reviewReasons: ['implausibleStop'] });
  });
});

describe.concurrent('what belongs to a stop', () => {
  const transactionData = [
    {
      timestamp: at(0),
      sampledValue: [{ value: '1000', context: 'Transaction.Begin' }],
    },
    {
      timestamp: at(30),
      sampledValue: [{ value: '2000', context: 'Sample.Periodic' }],
    },
    {
      timestamp: at(60),
      sampledValue: [
        { value: '3500', context: 'Transaction.End' },
        { value: 'MIIB/signed+data==', format: 'SignedData', context: 'Transaction.End' },
      ],
    },
  ];

  test('row 37: its transactionData is kept with its contexts, and not counted twice', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    await socket.call('MeterValues', meterValues(transactionId, 30, 2000));

    await socket.call('StopTransaction', { ...stop, transactionId, transactionData });

    const readings = await charger.readings(transactionId);
    expect(
      readings.map((each) => [each.at, each.sampledValues.map(({ context, energyWh }) => [context, energyWh])]),
    ).toEqual([
      [at(0), [['Transaction.Begin', 1000]]],
      [at(30), [['Sample.Periodic', 2000]]],
      [
        at(60),
        [
          ['Transaction.End', 3500],
          ['Transaction.End', null],
        ],
      ],
    ]);
    expect(await charger.session(transactionId)).toMatchObject({ energyWh: 2500 });
  });

  test('row 37: stays as it is when the stop is sent again', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    await socket.call('StopTransaction', { ...stop, transactionId, transactionData });

    await socket.call('StopTransaction', { ...stop, transactionId, transactionData });

    expect(await charger.readings(transactionId)).toHaveLength(3);
  });

  test('row 37: meter values that come after it are attached to the session, which stays as it ended', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    await socket.call('StopTransaction', { ...stop, transactionId });
    const ended = await charger.session(transactionId);

    const answer = await socket.call('MeterValues', meterValues(transactionId, 45, 3000));
    await socket.call('MeterValues', meterValues(transactionId, 61, 3600));

    expect(answer).toEqual({});
    expect(await charger.readings(transactionId)).toMatchObject([{ at: at(45) }, { at: at(61) }]);
    expect(await charger.session(transactionId)).toEqual(ended);
  });

  test('row 37: it may come after the connector was told to be available, which ends nothing at once (row 38)', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);

    await socket.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
    const between = await charger.session(transactionId);
    await socket.call('StopTransaction', { ...stop, transactionId });

    expect(between).toMatchObject({ state: 'active' });
    expect(await charger.session(transactionId)).toMatchObject({ state: 'ended', energyWh: 2500, reviewReasons: [] });
  });

  test('row 37: the transactionData of a stop that named an id never issued is filed with what it ended', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);

    await socket.call('StopTransaction', { ...stop, transactionId: -1, transactionData });
    await socket.call('StopTransaction', { ...stop, transactionId: 0, transactionData });

    const times = [at(0), at(30), at(60)];
    const readings = [await charger.readings(transactionId), await charger.readings(0)];
    expect(readings.map((each) => each.map((reading) => reading.at))).toEqual([times, times]);
    expect(await charger.session(0)).toMatchObject({ reviewReasons: ['unmatchedStop'] });
  });

  test('row 37: transactionData of 200 readings is kept whole', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    const many = Array.from({ length: 200 }, (_, index) => ({
      timestamp: new Date(noon + index * 1000).toISOString(),
      sampledValue: [{ value: String(1000 + index) }],
    }));

    await socket.call('StopTransaction', { ...stop, transactionId, transactionData: many });

    const { id: sessionId } = await charger.session(transactionId);
    const pages = await cloud.api.pages('listSessionMeterValues', { params: { sessionId }, query: { limit: 100 } });
    expect(pages.flat()).toHaveLength(200);
  });
});

function meterValues(transactionId: number, minutes: number, registerWh: number) {
  return {
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp: at(minutes), sampledValue: [{ value: String(registerWh) }] }],
  };
}
