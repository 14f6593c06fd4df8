import { describe, test } from 'vitest';
import { localCloud } from '#test/support/local-cloud.ts';
import type { TestCharger } from '#test/support/test-charger.ts';
import { until } from '#test/support/until.ts';

/** Nobody waits here: what is due is looked at at once, and by day and night. Chargers that were silent for a day are not among these. */
const cloud = localCloud({ variables: { LOOK_EVERY_S: '0', FREE_GRACE_S: '0', SETTLE_S: '0' }, tickS: 0.3 });

/** A charger counts as gone as soon as it has said nothing for a moment. */
const impatient = localCloud({ variables: { LOOK_EVERY_S: '0', GONE_GRACE_S: '0.2' }, tickS: 0.3 });

const at = (seconds: number) => new Date(Date.UTC(2026, 5, 1, 12) + seconds * 1000).toISOString();
const status = (word: string, seconds: number) => ({
  connectorId: 1,
  errorCode: 'NoError',
  status: word,
  timestamp: at(seconds),
});
const meterValue = (seconds: number, ...values: object[]) => [{ timestamp: at(seconds), sampledValue: values }];

describe.concurrent('a session that nobody stops', { timeout: 90_000 }, () => {
  test('row 38: ends when its connector was told to be free, with what its readings tell, for review', async ({
    expect,
  }) => {
    const { charger, socket, transactionId } = await charging();
    const reading = { connectorId: 1, transactionId, meterValue: meterValue(600, { value: '4200' }) };
    await socket.call('MeterValues', reading);

    await socket.call('StatusNotification', status('Available', 900));

    const session = await ended(charger, transactionId);
    expect(session).toMatchObject({
      endedBy: 'watchdog',
      endedAt: at(900),
      energyWh: 3200,
      meterStopWh: null,
      stopReason: null,
      reviewReasons: ['inferredEnd'],
      counts: null,
    });
    expect((await cloud.api.pages('listSessions', { query: { review: 'true' } })).flat().map(({ id }) => id)).toContain(
      session.id,
    );
  });

  test('row 38: is stopped by the stop that comes after all', async ({ expect }) => {
    const { charger, socket, transactionId } = await charging();
    await socket.call('StatusNotification', status('Available', 900));
    await ended(charger, transactionId);

    await socket.call('StopTransaction', { transactionId, meterStop: 5000, timestamp: at(890), reason: 'PowerLoss' });

    expect(await charger.session(transactionId)).toMatchObject({
      endedBy: 'charger',
      endedAt: at(890),
      energyWh: 4000,
      stopReason: 'PowerLoss',
      reviewReasons: ['lateStop', 'inferredEnd'],
    });
  });

  test('row 38: outlives the boot after a power failure, and ends with the stop that follows it', async ({
    expect,
  }) => {
    const { charger, socket, transactionId } = await charging();
    socket.terminate();
    const back = await charger.boot();
    await back.call('StatusNotification', status('Finishing', 900));
    expect((await charger.session(transactionId)).state).toBe('active');

    await back.call('StopTransaction', { transactionId, meterStop: 5000, timestamp: at(880), reason: 'PowerLoss' });

    expect(await charger.session(transactionId)).toMatchObject({
      state: 'ended',
      endedBy: 'charger',
      stopReason: 'PowerLoss',
      energyWh: 4000,
      reviewReasons: [],
    });
  });

  test('ends where its charger is gone', async ({ expect }) => {
    const { charger, socket, transactionId } = await charging(impatient);
    await socket.close();

    const session = await ended(charger, transactionId);

    expect(session).toMatchObject({ endedBy: 'watchdog', reviewReasons: ['inferredEnd'] });
  });
});

describe.concurrent('a register that falls', { timeout: 90_000 }, () => {
  test('row 42: on the way is flagged, and its energy is never negative', async ({ expect }) => {
    const { charger, socket, transactionId } = await charging();
    for (const [second, value] of [
      [60, '2000'],
      [120, '150'],
      [180, '1100'],
    ] as const) {
      await socket.call('MeterValues', { connectorId: 1, transactionId, meterValue: meterValue(second, { value }) });
    }
    await socket.call('StopTransaction', { transactionId, meterStop: 1200, timestamp: at(240) });

    await flagged(charger, transactionId);

    expect(await charger.session(transactionId)).toMatchObject({ energyWh: 200, reviewReasons: ['registerFell'] });
  });

  test('row 42: is none where an interval or the clock’s own series is told beside it', async ({ expect }) => {
    const { charger, socket, transactionId } = await charging();
    const values = [
      { value: '2000' },
      { value: '15', measurand: 'Energy.Active.Import.Interval' },
      { value: '1700', context: 'Sample.Clock' },
    ];
    await socket.call('MeterValues', { connectorId: 1, transactionId, meterValue: meterValue(60, ...values) });
    const clockOnly = meterValue(90, { value: '1', context: 'Sample.Clock' });
    await socket.call('MeterValues', { connectorId: 1, transactionId, meterValue: clockOnly });
    await socket.call('StopTransaction', { transactionId, meterStop: 2500, timestamp: at(120) });
    const marker = await charging();
    await marker.socket.call('MeterValues', {
      connectorId: 1,
      transactionId: marker.transactionId,
      meterValue: meterValue(60, { value: '1' }),
    });
    await marker.socket.call('StopTransaction', {
      transactionId: marker.transactionId,
      meterStop: 2000,
      timestamp: at(120),
    });

    // It ended later, and is looked over after it.
    await flagged(marker.charger, marker.transactionId);

    expect(await charger.session(transactionId)).toMatchObject({ energyWh: 1500, reviewReasons: [] });
  });
});

describe.concurrent('a stop with another tag', () => {
  test('row 28: of the same parent is Accepted, and ends the session as any other', async ({ expect }) => {
    const parentIdTag = await cloud.tag();
    const [started, stopping] = await Promise.all([cloud.tag({ parentIdTag }), cloud.tag({ parentIdTag })]);
    const { charger, socket, transactionId } = await charging(cloud, started);

    const authorised = await socket.call('Authorize', { idTag: stopping });
    const { idTagInfo } = await socket.call('StopTransaction', {
      transactionId,
      idTag: stopping,
      meterStop: 5000,
      timestamp: at(600),
    });

    expect(authorised.idTagInfo).toEqual({ status: 'Accepted', parentIdTag });
    expect(idTagInfo).toEqual({ status: 'Accepted', parentIdTag });
    expect(await charger.session(transactionId)).toMatchObject({ state: 'ended', idTag: started, reviewReasons: [] });
  });

  test('row 28: that is the parent itself ends it as well', async ({ expect }) => {
    const parentIdTag = await cloud.tag();
    const { charger, socket, transactionId } = await charging(cloud, await cloud.tag({ parentIdTag }));

    const idTag = parentIdTag.toLowerCase();
    await socket.call('StopTransaction', { transactionId, idTag, meterStop: 5000, timestamp: at(600) });

    expect((await charger.session(transactionId)).reviewReasons).toEqual([]);
  });

  test('row 28: of somebody else is answered, and goes to review', async ({ expect }) => {
    const { charger, socket, transactionId } = await charging();
    const idTag = await cloud.tag({ parentIdTag: 'SOMEBODY' });

    await socket.call('StopTransaction', { transactionId, idTag, meterStop: 5000, timestamp: at(600) });

    expect(await charger.session(transactionId)).toMatchObject({
      state: 'ended',
      energyWh: 4000,
      reviewReasons: ['foreignStop'],
    });
  });
});

describe.concurrent('a decision about a session in review', () => {
  const note = 'seen the meter';

  test('approves it: it leaves the list, and counts as reported', async ({ expect }) => {
    const session = await inReview();
    const params = { sessionId: session.id };

    const decided = await cloud.api.ask('decideSession', {
      params,
      body: { outcome: 'approve', reasons: session.reviewReasons, note },
    });

    expect(decided).toMatchObject({
      reviewReasons: [],
      decisions: [{ outcome: 'approve', reasons: ['foreignStop'], note, energyWh: null }],
      counts: { energyWh: 4000, startedAt: at(0), endedAt: at(600), waived: false },
    });
    expect(await cloud.api.ask('getSession', { params })).toEqual(decided);
    const listed = (await cloud.api.pages('listSessions', { query: { review: 'true' } })).flat();
    expect(listed.map(({ id }) => id)).not.toContain(session.id);
  });

  test('corrects it beside what was reported, in UTC', async ({ expect }) => {
    const session = await inReview();

    const decided = await cloud.api.ask('decideSession', {
      params: { sessionId: session.id },
      body: {
        outcome: 'correct',
        reasons: session.reviewReasons,
        note,
        energyWh: 2500,
        endedAt: '2026-06-01T12:08:00Z',
      },
    });

    expect(decided).toMatchObject({
      energyWh: 4000,
      endedAt: at(600),
      counts: { energyWh: 2500, endedAt: at(480), waived: false },
    });
  });

  test('waives it', async ({ expect }) => {
    const session = await inReview();

    const decided = await cloud.api.ask('decideSession', {
      params: { sessionId: session.id },
      body: { outcome: 'waive', reasons: session.reviewReasons, note },
    });

    expect(decided.counts).toMatchObject({ waived: true });
  });

  test('is refused where its reasons are others, and tells which they are', async ({ expect }) => {
    const session = await inReview();

    const refusal = await cloud.api.refusal('decideSession', {
      params: { sessionId: session.id },
      body: { outcome: 'approve', reasons: ['lateStop'], note },
    });

    expect(refusal).toMatchObject({
      status: 409,
      errors: [{ field: 'reasons', rule: 'the session has foreignStop' }],
    });
  });

  test.for([
    ['without a note', { note: ' ' }, 'note'],
    ['without reasons', { reasons: [] }, 'reasons'],
    ['of an unheard-of kind', { outcome: 'forget' }, 'outcome'],
    ['that corrects nothing', { outcome: 'correct' }, 'energyWh'],
    ['that approves and corrects', { outcome: 'approve', energyWh: 5 }, 'energyWh'],
    ['of negative energy', { outcome: 'correct', energyWh: -1 }, 'energyWh'],
    ['that ends it before it began', { outcome: 'correct', endedAt: at(-1) }, 'endedAt'],
  ] as const)('%s is refused by name', async ([, changes, field], { expect }) => {
    const session = await inReview();

    const refusal = await cloud.api.refusal('decideSession', {
      params: { sessionId: session.id },
      body: { outcome: 'approve', reasons: session.reviewReasons, note, ...changes },
    });

    expect(refusal).toMatchObject({ status: 400, errors: [{ field }] });
    expect(await cloud.api.ask('getSession', { params: { sessionId: session.id } })).toEqual(session);
  });

  /** 4000 Wh in ten minutes, stopped with somebody else's tag. */
  async function inReview() {
    const { charger, socket, transactionId } = await charging();
    const idTag = await cloud.tag();
    await socket.call('StopTransaction', { transactionId, idTag, meterStop: 5000, timestamp: at(600) });
    return charger.session(transactionId);
  }
});

/** The watch has its own pace, and a busy machine another. */
const PATIENCE_MS = 60_000;

const ended = (charger: TestCharger, transactionId: number) =>
  until(
    'it has ended',
    async () => {
      const session = await charger.session(transactionId);
      return session.state === 'ended' && session;
    },
    PATIENCE_MS,
  );

const flagged = (charger: TestCharger, transactionId: number) =>
  until('it is flagged', async () => (await charger.session(transactionId)).reviewReasons.length > 0, PATIENCE_MS);

/** A session that began with 1000 Wh. */
async function charging(where = cloud, tag?: string) {
  const [charger, idTag] = await Promise.all([where.charger(), tag ?? where.tag()]);
  const socket = await charger.boot();
  const start = { connectorId: 1, idTag, meterStart: 1000, timestamp: at(0) };
  const { transactionId } = await socket.call('StartTransaction', start);
  return { charger, socket, transactionId };
}
