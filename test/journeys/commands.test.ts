import { describe, test } from 'vitest';
import { localCloud } from '#test/support/local-cloud.ts';
import { until } from '#test/support/until.ts';

/** Commands from the API to a charger and back, over real sockets. */

const cloud = localCloud({
  seed: { idTags: [{ idTag: 'DRIVER', status: 'Accepted' }] },
  variables: { BOOT_GRACE_S: '1', COMMAND_ANSWER_S: '2', EFFECT_S: '4' },
});

const soft = { type: 'Soft' };
const inAnHour = () => new Date(Date.now() + 3600_000).toISOString();

describe.concurrent('a command', () => {
  test('goes to the charger, and its answer comes back to whoever waits', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const asked = charger.command('Reset', soft, { wait: 20 });
    const call = await socket.nextCall();
    socket.answer(call, { status: 'Rejected' });
    const { status, body } = await asked;

    expect(call).toMatchObject({ action: 'Reset', payload: soft });
    expect(status).toBe(200);
    expect(body).toMatchObject({ commandId: call.id, state: 'answered', answer: { status: 'Rejected' }, reason: null });
    expect(Date.parse(body.sentAt ?? '')).toBeLessThanOrEqual(Date.parse(body.answeredAt ?? ''));
    expect(await charger.commands()).toEqual([body]);
  });

  test('is accepted at once for whoever does not wait', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const { status, body } = await charger.command('ClearCache', {});
    socket.answer(await socket.nextCall(), { status: 'Rejected' });

    expect(status).toBe(202);
    expect(['queued', 'sent']).toContain(body.state);
    expect(body.answer).toBeNull();
    await until('the answer is kept', async () => (await charger.commandOf(body.commandId)).state === 'answered');
  });

  test('row 44: is answered by an error, which is a normal result', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const asked = charger.command('UnlockConnector', { connectorId: 1 }, { wait: 20 });
    socket.refuse(await socket.nextCall(), 'NotImplemented', 'no lock here');

    expect((await asked).body).toMatchObject({
      state: 'answered',
      answer: { callError: { code: 'NotImplemented', description: 'no lock here' } },
    });
  });

  test('keeps an answer that breaks its contract, and counts what it breaks', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const asked = charger.command('Reset', soft, { wait: 20 });
    socket.answer(await socket.nextCall(), { status: 'Perhaps' });

    expect((await asked).body).toMatchObject({
      state: 'answered',
      reason: 'unlawfulAnswer',
      answer: { status: 'Perhaps' },
    });
    expect(await charger.violations()).toMatchObject([{ action: 'Reset.conf', field: 'status', count: 1 }]);
  });

  test('row 17: waits for its turn: one is outstanding, and the charger’s own calls are answered meanwhile', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const [first, second] = [await charger.command('Reset', soft), await charger.command('ClearCache', {})];
    const call = await socket.nextCall();
    await socket.call('Heartbeat', {});
    await socket.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
    expect(call.id).toBe(first.body.commandId);
    expect(socket.callsHeard).toBe(1);
    expect(second.body.state).toBe('queued');

    socket.answer(call, { status: 'Accepted' });
    const next = await socket.nextCall();
    expect(next).toMatchObject({ id: second.body.commandId, action: 'ClearCache' });
    socket.answer(next, { status: 'Accepted' });
  });

  test('row 17: is answered while the charger waits for an answer of its own', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const asked = charger.command('Reset', soft, { wait: 20 });
    const call = await socket.nextCall();
    socket.send(`[2,"own","Heartbeat",{}]`);
    socket.answer(call, { status: 'Accepted' });

    expect((await socket.answerTo('own'))[0]).toBe(3);
    expect((await asked).body.answer).toEqual({ status: 'Accepted' });
  });

  test('row 16: is given up when no answer comes, with nobody looking; the next goes out, and a late answer is not its', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const { body: silent } = await charger.command('Reset', soft);
    const { body: next } = await charger.command('ClearCache', {});
    const call = await socket.nextCall();
    const following = await socket.nextCall();
    socket.answer(call, { status: 'Accepted' });
    await until('the late answer is kept', async () => (await charger.commandOf(silent.commandId)).lateAnswer !== null);
    expect(await charger.commandOf(next.commandId)).toMatchObject({ state: 'sent', answer: null });
    socket.answer(following, { status: 'Rejected' });

    expect(following.id).toBe(next.commandId);
    await until('the next is answered', async () => (await charger.commandOf(next.commandId)).state === 'answered');
    expect(await charger.commandOf(silent.commandId)).toMatchObject({
      state: 'timedOut',
      reason: 'noAnswer',
      answer: null,
      lateAnswer: { answer: { status: 'Accepted' } },
    });
    expect(socket.callsHeard).toBe(2);
  });

  test('is not matched to an answer of another charger, nor to one of no command', async ({ expect }) => {
    const [charger, other] = [await cloud.charger(), await cloud.charger()];
    const [socket, stranger] = [await charger.boot(), await other.boot()];

    const asked = charger.command('Reset', soft, { wait: 20 });
    const call = await socket.nextCall();
    stranger.answer(call, { status: 'Rejected' });
    await stranger.exchange('NoSuchAction', {});
    socket.answer({ id: 'nobody asked' }, { status: 'Rejected' });
    socket.answer(call, { status: 'Accepted' });

    expect((await asked).body.answer).toEqual({ status: 'Accepted' });
  });

  test('survives a reconnect between call and answer: what comes on the new connection is taken', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const asked = charger.command('Reset', soft, { wait: 20 });
    const call = await socket.nextCall();
    socket.terminate();
    const again = await charger.dial();
    again.answer(call, { status: 'Accepted' });

    expect((await asked).body).toMatchObject({ state: 'answered', answer: { status: 'Accepted' } });
    expect(again.callsHeard).toBe(0);
  });

  test('fails at once where the charger is not connected, or never was', async ({ expect }) => {
    const [charger, stranger] = [await cloud.charger(), await cloud.charger()];
    await (await charger.boot()).close();
    await until('the charger is known to be gone', async () => !(await charger.read()).online);

    const { status, body } = await charger.command('Reset', soft);

    expect(status).toBe(200);
    expect(body).toMatchObject({ state: 'failed', reason: 'offline', sentAt: null });
    await expect(stranger.commandRefusal('Reset', soft)).resolves.toMatchObject({ status: 409 });
  });

  test('row 53: waits for a charger that is away, if it may, and goes out once after its next boot', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    await (await charger.boot()).close();
    await until('the charger is known to be gone', async () => !(await charger.read()).online);

    const { status, body } = await charger.command('Reset', soft, { whenOffline: 'wait' });
    const socket = await charger.boot();
    const call = await socket.nextCall();
    socket.answer(call, { status: 'Accepted' });

    expect(status).toBe(202);
    expect(body).toMatchObject({ state: 'queued', whenOffline: 'wait' });
    expect(call.id).toBe(body.commandId);
    await until('it is answered', async () => (await charger.commandOf(body.commandId)).state === 'answered');
    expect(socket.callsHeard).toBe(1);
  });

  test('expires where the charger stays away, with nobody looking', async ({ expect }) => {
    const charger = await cloud.charger();
    await (await charger.boot()).close();
    await until('the charger is known to be gone', async () => !(await charger.read()).online);

    const { body } = await charger.command('Reset', soft, { whenOffline: 'wait', expiresInS: 1 });

    await until('it has expired', async () => (await charger.commandOf(body.commandId)).state === 'expired');
    const socket = await charger.boot();
    await socket.call('Heartbeat', {});
    expect(socket.callsHeard).toBe(0);
  });

  test('row 24: does not come between the connection and the end of the boot exchange', async ({ expect }) => {
    const charger = await cloud.charger();
    await (await charger.boot()).close();
    const socket = await charger.dial();

    const { body } = await charger.command('Reset', soft);
    expect(body.state).toBe('queued');
    await socket.boot();
    expect(socket.callsHeard).toBe(0);
    const call = await socket.nextCall();

    expect(call.id).toBe(body.commandId);
    socket.answer(call, { status: 'Accepted' });
  });

  test('is asked for once, however often the request is sent', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const key = { 'idempotency-key': 'once' };

    const asked = await Promise.all([1, 2, 3].map(() => charger.command('Reset', soft, {}, key)));
    const call = await socket.nextCall();
    socket.answer(call, { status: 'Accepted' });
    const again = await charger.command('Reset', soft, { wait: 20 }, key);
    const other = cloud.api.refusal('sendCommand', {
      params: { chargerId: charger.id, action: 'Reset' },
      body: { type: 'Hard' },
      headers: key,
    });

    expect(new Set(asked.map(({ body }) => body.commandId))).toEqual(new Set([call.id]));
    expect(again.body).toMatchObject({ commandId: call.id, state: 'answered' });
    await expect(other).resolves.toMatchObject({ status: 422, errors: [{ field: 'Idempotency-Key' }] });
    expect(await charger.commands()).toHaveLength(1);
    expect(socket.callsHeard).toBe(1);
  });

  test('is sent once however many ask at the same moment', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const asked = await Promise.all([1, 2, 3, 4].map(() => charger.command('ClearCache', {})));
    for (const _ of asked) socket.answer(await socket.nextCall(), { status: 'Accepted' });
    await until('all are answered', async () => (await charger.commands()).every(({ state }) => state === 'answered'));

    expect(socket.callsHeard).toBe(4);
  });

  test.for([
    ['Reset', { type: 'Warm' }, 'type'],
    ['Reset', { type: 'Soft', now: true }, 'now'],
    ['RemoteStartTransaction', { idTag: 'x'.repeat(21) }, 'idTag'],
    ['UnlockConnector', { connectorId: 0 }, 'connectorId'],
    ['UnlockConnector', {}, 'connectorId'],
  ] as const)('is refused with the field: %s %j', async ([action, payload, field], { expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const refusal = await charger.commandRefusal(action, payload);

    expect(refusal).toMatchObject({ status: 400, errors: [{ field }] });
    await socket.call('Heartbeat', {});
    expect(socket.callsHeard).toBe(0);
    expect(await charger.commands()).toEqual([]);
  });

  test('is refused where there is no such action, or its frame would be too long', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const localAuthorizationList = Array.from({ length: 600 }, (_, index) => ({
      idTag: `TAG-${String(index).padStart(16, '0')}`,
      idTagInfo: { status: 'Accepted' },
    }));

    const unknown = await charger.commandRefusal('Explode', {});
    const own = await charger.commandRefusal('Heartbeat', {});
    const long = await charger.commandRefusal('SendLocalList', {
      listVersion: 1,
      updateType: 'Full',
      localAuthorizationList,
    });

    expect([unknown.status, own.status]).toEqual([404, 404]);
    expect(long).toMatchObject({
      status: 422,
      errors: [{ field: 'payload', rule: expect.stringMatching(/at most 32768$/) }],
    });
    expect(socket.isOpen).toBe(true);
  });

  test('row 24: does not ask an accepted charger for a boot', async ({ expect }) => {
    const charger = await cloud.charger();
    await charger.boot();

    const refusal = await charger.commandRefusal('TriggerMessage', { requestedMessage: 'BootNotification' });

    expect(refusal).toMatchObject({ status: 422, errors: [{ field: 'requestedMessage' }] });
  });
});

describe.concurrent('what a command caused', () => {
  /** Sends it, and has the charger accept it. */
  async function accepted(action: string, payload: object) {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { body } = await charger.command(action, payload);
    socket.answer(await socket.nextCall(), { status: 'Accepted' });
    const observed = () =>
      until('it is observed', async () => (await charger.commandOf(body.commandId)).observed ?? undefined);
    return { charger, socket, observed, now: () => charger.commandOf(body.commandId) };
  }

  test('by Reset is the boot after it', async ({ expect }) => {
    const { charger, observed } = await accepted('Reset', soft);

    await charger.boot();

    expect(await observed()).toMatchObject({ what: 'BootNotification' });
  });

  test('by ChangeAvailability is the status of the connector', async ({ expect }) => {
    const { socket, observed } = await accepted('ChangeAvailability', { connectorId: 1, type: 'Inoperative' });

    await socket.call('StatusNotification', { connectorId: 2, errorCode: 'NoError', status: 'Unavailable' });
    await socket.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Unavailable' });

    expect(await observed()).toMatchObject({ what: 'Unavailable' });
  });

  test('row 39: by RemoteStartTransaction is the start of its tag on its connector, and one start for each', async ({
    expect,
  }) => {
    const { charger, socket, observed } = await accepted('RemoteStartTransaction', { idTag: 'driver', connectorId: 2 });
    const start = (connectorId: number, idTag: string) =>
      socket.call('StartTransaction', { connectorId, idTag, meterStart: 1, timestamp: new Date().toISOString() });

    // Somebody's card on another connector is not it.
    await start(1, 'DRIVER');
    const { transactionId } = await start(2, 'DRIVER');
    const seen = await observed();
    const { body: second } = await charger.command('RemoteStartTransaction', { idTag: 'DRIVER', connectorId: 2 });
    socket.answer(await socket.nextCall(), { status: 'Accepted' });
    await until('nothing is looked for any more', async () => {
      const { reason } = await charger.commandOf(second.commandId);
      return reason !== null;
    });

    expect(seen).toMatchObject({ what: `StartTransaction ${transactionId}` });
    expect(await charger.commandOf(second.commandId)).toMatchObject({
      state: 'answered',
      answer: { status: 'Accepted' },
      observed: null,
      reason: 'notObserved',
    });
  });

  test('by RemoteStopTransaction is the stop of the session', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const timestamp = new Date().toISOString();
    const { transactionId } = await socket.call('StartTransaction', {
      ...{ connectorId: 1, idTag: 'DRIVER', meterStart: 1, timestamp },
    });
    const { body } = await charger.command('RemoteStopTransaction', { transactionId });
    socket.answer(await socket.nextCall(), { status: 'Accepted' });
    expect(await charger.session(transactionId)).toMatchObject({ state: 'active' });

    await socket.call('StopTransaction', { transactionId, meterStop: 9, timestamp, reason: 'Remote' });

    const observed = await until(
      'it is observed',
      async () => (await charger.commandOf(body.commandId)).observed ?? undefined,
    );
    expect(observed).toMatchObject({ what: `StopTransaction ${transactionId}` });
  });

  test.for([
    ['StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' }, 'StatusNotification Charging'],
    ['MeterValues', { connectorId: 1, meterValue: [{ timestamp: '', sampledValue: [{ value: '5' }] }] }, 'MeterValues'],
    ['FirmwareStatusNotification', { status: 'Idle' }, 'Idle'],
    ['DiagnosticsStatusNotification', { status: 'Idle' }, 'Idle'],
  ] as const)(
    'row 48: by TriggerMessage is the message that it asks for: %s',
    async ([name, payload, what], { expect }) => {
      const { socket, observed } = await accepted('TriggerMessage', { requestedMessage: name });

      const text = JSON.stringify(payload).replace('"timestamp":""', `"timestamp":"${new Date().toISOString()}"`);
      await socket.call(name, JSON.parse(text));

      expect(await observed()).toMatchObject({ what });
    },
  );

  test('by ReserveNow is the status Reserved', async ({ expect }) => {
    const { socket, observed } = await accepted('ReserveNow', {
      ...{ connectorId: 1, idTag: 'DRIVER', reservationId: 7, expiryDate: inAnHour() },
    });

    await socket.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Reserved' });

    expect(await observed()).toMatchObject({ what: 'Reserved' });
  });

  test('is missing where the charger only said that it would', async ({ expect }) => {
    const { now } = await accepted('Reset', soft);

    await until('nothing is looked for any more', async () => (await now()).reason !== null);

    expect(await now()).toMatchObject({
      state: 'answered',
      answer: { status: 'Accepted' },
      observed: null,
      reason: 'notObserved',
    });
  });
});
