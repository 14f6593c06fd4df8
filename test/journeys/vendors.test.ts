import { describe, type ExpectStatic, test } from 'vitest';
import * as z from 'zod';
import * as aefa from '#test/support/frames/aefa.ts';
import * as alfen from '#test/support/frames/alfen.ts';
import * as delta from '#test/support/frames/delta.ts';
import * as enplus from '#test/support/frames/enplus.ts';
import * as grizzlE from '#test/support/frames/grizzl-e.ts';
import * as hager from '#test/support/frames/hager.ts';
import * as microocpp from '#test/support/frames/microocpp.ts';
import * as ocular from '#test/support/frames/ocular.ts';
import * as several from '#test/support/frames/several.ts';
import * as simulators from '#test/support/frames/simulators.ts';
import * as wallbox from '#test/support/frames/wallbox.ts';
import { localCloud } from '#test/support/local-cloud.ts';
import type { RawCharger } from '#test/support/raw-charger.ts';

const cloud = localCloud({ seed: { idTags: [{ idTag: 'DRIVER', status: 'Accepted' }] } });

/** What chargers in the field do: the frames are as theirs are known to look. */

const startAnswer = z.object({ idTagInfo: z.object({ status: z.string() }), transactionId: z.int() });

const idOf = (frame: string) => /^\[2,"([^"]*)"/.exec(frame)?.[1] ?? '';

/** Sends a frame as it is; its answer. */
async function say(socket: RawCharger, frame: string) {
  socket.send(frame);
  return socket.answerTo(idOf(frame));
}

/** Sends a start; the answer's payload. */
async function begin(socket: RawCharger, frame: string) {
  const [, , payload] = await say(socket, frame);
  return startAnswer.parse(payload);
}

/** The CALLRESULT without fields. */
const done = (frame: string) => [3, idOf(frame), {}];

async function expectNothingMore(socket: RawCharger, expect: ExpectStatic) {
  expect(await socket.allAnswersTo('')).toEqual([]);
}

describe.concurrent('vendors', { timeout: 120_000 }, () => {
  test('Alfen: the backlog under an id of 2^63-1 is read without loss, kept by connector, and whatever is legal stays', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.dial();
    await say(socket, alfen.boot);

    for (const frame of alfen.backlog) socket.send(frame);
    const answers = await Promise.all(alfen.backlog.map((frame) => socket.answerTo(idOf(frame))));

    expect(answers).toEqual(alfen.backlog.map(done));
    const kept = await charger.meterValues({ connectorId: 1 });
    expect(kept.map((each) => [each.protocolTransactionId, each.sampledValues[0]?.value])).toEqual(
      ['1000', '1001', '1002', '1003'].map((value) => ['9223372036854775807', value]),
    );
    expect(await charger.violations()).toMatchObject([
      { field: 'meterValue[].sampledValue[].context', rule: 'not one of the allowed values', count: 2 },
    ]);
    expect(await charger.sessions()).toEqual([]);
  });

  test('AEFA: a name without a value is dropped, the rest is kept, and it is counted; from the first connection on', async ({
    expect,
  }) => {
    const charger = await cloud.charger({ strictness: 'strict' });
    const first = await charger.dial();
    await say(first, aefa.boot);

    const answers = [await say(first, aefa.meterValues), await say(await charger.dial(), aefa.meterValues)];

    expect(answers).toEqual([done(aefa.meterValues), done(aefa.meterValues)]);
    expect(await charger.meterValues({ connectorId: 1 })).toMatchObject([
      { protocolTransactionId: null, sampledValues: [{ value: '1234', energyWh: 1234 }] },
    ]);
    expect(await charger.violations()).toMatchObject([
      { action: 'MeterValues', field: 'frame', rule: 'not JSON', count: 2, example: aefa.meterValues },
    ]);
    expect(await charger.evidence()).toEqual([]);
    expect(await charger.read()).toMatchObject({
      quirks: [],
      quirksInForce: [{ quirk: 'repairEmptyValues', why: expect.stringContaining('AEFA') }],
    });
  });

  test('AEFA: another make’s message of that kind is refused and kept, unless an operator says otherwise', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const refused = await say(socket, aefa.meterValues);
    await charger.put({ quirks: ['repairEmptyValues'] });
    const before = await say(socket, aefa.meterValues);
    const after = await say(await charger.dial(), aefa.meterValues);

    // Before its first reconnect a charger is read with each message: there an operator's word counts at once.
    expect([refused, before, after]).toEqual([
      [4, idOf(aefa.meterValues), 'FormationViolation', 'not JSON', {}],
      done(aefa.meterValues),
      done(aefa.meterValues),
    ]);
    expect(await charger.evidence()).toMatchObject([{ kind: 'refused', content: aefa.meterValues }]);
    expect(await charger.read()).toMatchObject({
      quirks: ['repairEmptyValues'],
      quirksInForce: [{ quirk: 'repairEmptyValues', why: 'set by an operator' }],
    });
  });

  test('MicroOcpp: message ids that begin anew are no retries, and a start that is sent again is one session', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const first = await charger.dial();
    await say(first, microocpp.boot);

    const ids = ['1000001', '1000002', '1000003'];
    for (const id of ids) first.send(microocpp.start(id));
    const answers = await Promise.all(ids.map((id) => first.answerTo(id)));
    await first.close();
    const second = await charger.dial();
    const [type] = await say(second, microocpp.boot);
    const authorised = await say(second, microocpp.authorise);

    expect(new Set(answers.map(([, , payload]) => startAnswer.parse(payload).transactionId)).size).toBe(1);
    expect(type).toBe(3);
    expect(authorised).toEqual([3, '1000001', { idTagInfo: { status: 'Accepted' } }]);
    expect(await charger.sessions()).toMatchObject([{ state: 'active', reviewReasons: [] }]);
  });

  test('Wallbox: nothing but answers goes out before, during and after the boot exchange', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.dial();

    for (const frame of [wallbox.boot, ...wallbox.statuses, wallbox.heartbeat]) {
      const [type] = await say(socket, frame);
      expect(type).toBe(3);
    }

    await expectNothingMore(socket, expect);
  });

  test('Delta: a stop of transaction 0 ends the one session that fits', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await begin(socket, delta.start);

    const answer = await say(socket, delta.stop);

    expect(answer).toEqual([3, 'a2', { idTagInfo: { status: 'Accepted' } }]);
    expect(await charger.session(transactionId)).toMatchObject({
      state: 'ended',
      energyWh: 2500,
      stopReason: 'PowerLoss',
      reviewReasons: ['matchedStop'],
    });
  });

  test('Hager: what it charges after ConcurrentTx is a session of its own, which its stop of transaction -1 ends', async ({
    expect,
  }) => {
    const tag = await cloud.tag({ maxOpenSessions: 1 });
    const elsewhere = await cloud.charger();
    await begin(await elsewhere.boot(), hager.start(2, tag));
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const { idTagInfo, transactionId } = await begin(socket, hager.start(1, tag));
    const answer = await say(socket, hager.stop(3500));

    expect(idTagInfo.status).toBe('ConcurrentTx');
    expect(answer).toEqual(done(hager.stop(3500)));
    const session = await charger.session(transactionId);
    expect(session).toMatchObject({ state: 'ended', authorised: false, energyWh: 2500 });
    expect(session.reviewReasons.toSorted()).toEqual(['matchedStop', 'unauthorisedEnergy']);
    expect(await elsewhere.sessions()).toMatchObject([{ state: 'active' }]);
  });

  test('EN+: a clock at 1970 freezes no connector, starts a session for review, and a stale id is kept apart from it', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    await say(socket, enplus.preparing);
    await say(socket, enplus.available);
    const connectors = await charger.read();
    const { transactionId } = await begin(socket, enplus.start);
    const stale = transactionId === 1_234_567_890 ? 1_234_567_891 : 1_234_567_890;
    const answer = await say(socket, enplus.staleReading(stale));

    expect(connectors.connectors).toMatchObject([{ id: 1, status: 'Available' }]);
    expect(answer).toEqual(done(enplus.staleReading(stale)));
    const session = await charger.session(transactionId);
    expect(session).toMatchObject({ startedAt: session.receivedAt, reviewReasons: ['implausibleStart'], energyWh: 0 });
    expect(await charger.meterValues({ transactionId: String(stale) })).toMatchObject([
      { connectorId: 1, reportedAt: '1970-01-01T00:03:00Z' },
    ]);
  });

  test('Ocular: is told a heartbeat interval that keeps its line open, and its closing readings are its session’s', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.dial();

    const [, , boot] = await say(socket, ocular.boot);
    const { transactionId } = await begin(socket, ocular.start);
    await say(socket, ocular.stop(transactionId));
    const ended = await charger.session(transactionId);
    const answer = await say(socket, ocular.closingReading(transactionId));

    expect(boot).toMatchObject({ status: 'Accepted', interval: 60 });
    expect(await charger.read()).toMatchObject({ heartbeatIntervalS: 300, toldIntervalS: 60, quirksInForce: [] });
    expect(answer).toEqual(done(ocular.closingReading(transactionId)));
    expect(await charger.readings(transactionId)).toMatchObject([{ sampledValues: [{ value: '3500' }] }]);
    expect(await charger.session(transactionId)).toEqual(ended);
  });

  test('Ocular: an operator’s shorter interval stays', async ({ expect }) => {
    const charger = await cloud.charger({ heartbeatIntervalS: 30 });

    const [, , boot] = await say(await charger.dial(), ocular.boot);

    expect(boot).toMatchObject({ interval: 30 });
  });

  test('Grizzl-E: a model of more than 20 characters is kept whole, and counted', async ({ expect }) => {
    const charger = await cloud.charger();

    const [type] = await say(await charger.dial(), grizzlE.boot);

    expect(type).toBe(3);
    expect(await charger.read()).toMatchObject({ model: 'Grizzl-E Smart Connect 40A' });
    expect(await charger.violations()).toMatchObject([{ field: 'chargePointModel', count: 1 }]);
  });

  test('simulators: sloppy readings are forgiven even a strict one by its quirk, and count for the session', async ({
    expect,
  }) => {
    const charger = await cloud.charger({ strictness: 'strict', quirks: ['looseMeterValues'] });
    const socket = await charger.boot();
    const { transactionId } = await begin(socket, simulators.start(0));

    const answers = [];
    for (const frame of simulators.meterValues) answers.push(await say(socket, frame));

    expect(answers).toEqual(simulators.meterValues.map(done));
    expect(await charger.session(transactionId)).toMatchObject({ energyWh: 501 });
    expect(await charger.violations()).toHaveLength(2);
  });

  test('simulators: once accepted, each message that follows a boot without waiting is answered, under ids used before', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const first = await charger.dial();
    await say(first, simulators.boot);
    const before = await begin(first, simulators.start(0));
    await first.close();
    const socket = await charger.dial();

    for (const frame of [simulators.boot, simulators.status, simulators.start(1)]) socket.send(frame);
    const types = [await socket.answerTo('1'), await socket.answerTo('2')].map(([type]) => type);
    const [, , payload] = await socket.answerTo('3');

    expect(types).toEqual([3, 3]);
    expect(startAnswer.parse(payload).transactionId).not.toBe(before.transactionId);
    await expectNothingMore(socket, expect);
  });

  test('simulators: a second stop with another reason changes nothing, and is flagged', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await begin(socket, simulators.start(0));
    await say(socket, simulators.stop(transactionId, 'Local'));

    const answer = await say(socket, simulators.stop(transactionId, 'EVDisconnected'));

    expect(answer).toEqual(done(simulators.stop(transactionId, '')));
    expect(await charger.sessions()).toMatchObject([
      { stopReason: 'Local', energyWh: 1000, reviewReasons: ['conflictingStop'] },
    ]);
  });

  test('several: Celcius is a unit like any other', async ({ expect }) => {
    const charger = await cloud.charger({ strictness: 'strict' });
    const socket = await charger.boot();

    const answer = await say(socket, several.temperature);

    expect(answer).toEqual(done(several.temperature));
    expect(await charger.meterValues({ connectorId: 1 })).toMatchObject([
      { sampledValues: [{ value: '41.5', unit: 'Celcius', energyWh: null }] },
    ]);
    expect(await charger.violations()).toEqual([]);
  });

  test('several: Available before the stop ends no session', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await begin(socket, several.start);

    await say(socket, several.available);
    const between = await charger.session(transactionId);
    await say(socket, several.stop(transactionId));

    expect(between.state).toBe('active');
    expect(await charger.session(transactionId)).toMatchObject({ state: 'ended', energyWh: 2500, reviewReasons: [] });
  });
});
