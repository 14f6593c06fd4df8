import { describe, test } from 'vitest';
import { localCloud } from '#test/support/local-cloud.ts';
import type { RawCharger } from '#test/support/raw-charger.ts';
import type { TestCharger } from '#test/support/test-charger.ts';
import { until } from '#test/support/until.ts';

/** A charger's list of tags is made the desired one, message by message. */

const cloud = localCloud({ variables: { BOOT_GRACE_S: '1', COMMAND_ANSWER_S: '2' } });

const entries = (...idTags: string[]) => idTags.map((idTag) => ({ idTag, status: 'Accepted' }));

const named = ({ id: chargerId }: TestCharger) => ({ params: { chargerId } });

const desire = (charger: TestCharger, ...idTags: string[]) =>
  cloud.api.ask('putLocalList', { ...named(charger), body: { entries: entries(...idTags) } });

const listOf = (charger: TestCharger) => cloud.api.ask('getLocalList', named(charger));

const sync = (charger: TestCharger) => cloud.api.exchange('syncLocalList', { ...named(charger), body: {} });

const over = (charger: TestCharger) =>
  until('the sync is over', async () => {
    const list = await listOf(charger);
    return list.sync?.state !== 'running' && list.pendingCommandId === null && list;
  });

/** Answers the next update; its payload. */
async function take(socket: RawCharger, status: string) {
  const call = await socket.nextCall();
  socket.answer(call, { status });
  return call.payload;
}

/** A charger that has these tags, as both sides know. */
async function inStep(...idTags: string[]) {
  const charger = await cloud.charger();
  const socket = await charger.boot();
  await desire(charger, ...idTags);
  await sync(charger);
  await take(socket, 'Accepted');
  await over(charger);
  return { charger, socket };
}

describe.concurrent('row 46: the local list of a charger', { timeout: 90_000 }, () => {
  test('of which nothing is known is sent whole, and known once the charger has accepted it', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const before = await listOf(charger);
    const body = {
      entries: [{ idTag: 'A', status: 'Blocked', expiryDate: '2100-01-01T01:00:00+01:00', parentIdTag: 'P' }],
    };
    const kept = await cloud.api.ask('putLocalList', { ...named(charger), body });

    const { status } = await sync(charger);
    const payload = await take(socket, 'Accepted');

    const entry = { idTag: 'A', status: 'Blocked', expiryDate: '2100-01-01T00:00:00.000Z', parentIdTag: 'P' };
    expect(before).toEqual({
      desired: null,
      held: { is: 'unknown', version: null, entries: null },
      lastVersion: 0,
      inStep: false,
      pendingCommandId: null,
      sync: null,
    });
    expect(kept).toMatchObject({ desired: { revision: 1, entries: [entry] }, inStep: false });
    expect(status).toBe(202);
    const { idTag, ...idTagInfo } = entry;
    expect(payload).toEqual({ listVersion: 1, updateType: 'Full', localAuthorizationList: [{ idTag, idTagInfo }] });
    expect(await over(charger)).toMatchObject({
      held: { is: 'list', version: 1, entries: [entry] },
      lastVersion: 1,
      inStep: true,
      sync: { state: 'done', failures: 0, reason: null },
    });
  });

  test('that is known gets only what has changed, and nothing where nothing has', async ({ expect }) => {
    const { charger, socket } = await inStep('A', 'B', 'C');

    const unchanged = await sync(charger);
    await desire(charger, 'a', 'B', 'D');
    await sync(charger);
    const payload = await take(socket, 'Accepted');

    expect(unchanged).toMatchObject({ status: 200, body: { inStep: true } });
    expect(payload).toMatchObject({
      listVersion: 2,
      updateType: 'Differential',
      localAuthorizationList: [{ idTag: 'C' }, { idTag: 'D' }],
    });
    expect(await over(charger)).toMatchObject({ held: { version: 2 }, inStep: true });
  });

  test.for(['Failed', 'VersionMismatch'])(
    'that it answers %s to is sent whole, with a higher version',
    async (answer, { expect }) => {
      const { charger, socket } = await inStep('A', 'B', 'C');
      await desire(charger, 'A', 'B', 'C', 'D');
      await sync(charger);

      const updates = [await take(socket, answer), await take(socket, 'Accepted')];

      expect(updates).toMatchObject([
        { listVersion: 2, updateType: 'Differential' },
        { listVersion: 3, updateType: 'Full' },
      ]);
      expect(await over(charger)).toMatchObject({ inStep: true, lastVersion: 3, sync: { state: 'done', failures: 1 } });
    },
  );

  test('is given up after three tries, until somebody asks again', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await desire(charger, 'A');
    await sync(charger);

    for (const answer of ['Failed', 'VersionMismatch', 'Failed']) await take(socket, answer);
    const given = await over(charger);
    await sync(charger);
    const again = await take(socket, 'Accepted');

    expect(given).toMatchObject({ inStep: false, held: { is: 'unknown' }, sync: { state: 'failed', failures: 3 } });
    expect(given.sync?.reason).toContain('Failed');
    expect(again).toMatchObject({ listVersion: 4, updateType: 'Full' });
    expect(await over(charger)).toMatchObject({ inStep: true });
    expect(socket.callsHeard).toBe(4);
  });

  test('that it does not answer for, or answers with an error, is sent again', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await desire(charger, 'A');
    await sync(charger);

    const first = await socket.nextCall();
    const second = await socket.nextCall();
    socket.refuse(second, 'InternalError');
    const third = await take(socket, 'Accepted');

    expect([first.payload, second.payload, third].map(({ listVersion }) => listVersion)).toEqual([1, 2, 3]);
    expect(await over(charger)).toMatchObject({ inStep: true, sync: { state: 'done', failures: 2 } });
  });

  test('is told to a charger once it connects', async ({ expect }) => {
    const charger = await cloud.charger();
    await (await charger.boot()).close();
    await desire(charger, 'A');

    await sync(charger);
    const waiting = await until('the update waits', async () => {
      const list = await listOf(charger);
      return list.pendingCommandId !== null && list;
    });
    const payload = await take(await charger.boot(), 'Accepted');

    expect(waiting).toMatchObject({ inStep: false, lastVersion: 1 });
    expect(payload).toMatchObject({ listVersion: 1 });
    expect(await over(charger)).toMatchObject({ inStep: true });
  });

  test('is sent again when the charger tells of a conflict, and not each time that it does', async ({ expect }) => {
    const { charger, socket } = await inStep('A');
    const conflict = { connectorId: 0, errorCode: 'LocalListConflict', status: 'Available' };
    const other = await cloud.charger();
    const otherSocket = await other.boot();
    await desire(other, 'B');

    await otherSocket.call('StatusNotification', conflict);
    const payload = await take(otherSocket, 'Accepted');
    const after = await over(other);
    await otherSocket.call('StatusNotification', conflict);
    await socket.call('StatusNotification', conflict);

    expect(payload).toMatchObject({ listVersion: 1, updateType: 'Full' });
    expect(after).toMatchObject({ inStep: true, sync: { state: 'done', by: 'LocalListConflict' } });
    for (const each of [other, charger]) {
      await until('the list is unknown', async () => (await listOf(each)).held.is === 'unknown');
    }
    expect([socket.callsHeard, otherSocket.callsHeard]).toEqual([1, 1]);
  });

  test('is known by the version that the charger tells', async ({ expect }) => {
    const { charger, socket } = await inStep('A');
    const told = async (listVersion: number) => {
      const asked = charger.command('GetLocalListVersion', {}, { wait: 20 });
      socket.answer(await socket.nextCall(), { listVersion });
      await asked;
      const { held, lastVersion } = await listOf(charger);
      return [held.is, lastVersion];
    };

    expect(await told(1)).toEqual(['list', 1]);
    expect(await told(7)).toEqual(['unknown', 7]);
    expect(await told(0)).toEqual(['empty', 7]);
    expect(await told(-1)).toEqual(['unsupported', 7]);
    await expect(cloud.api.refusal('syncLocalList', { ...named(charger), body: {} })).resolves.toMatchObject({
      status: 422,
      errors: [{ field: 'charger', rule: 'it keeps no local list' }],
    });
  });
});

describe.concurrent('row 46: an update that somebody writes by hand', { timeout: 60_000 }, () => {
  const update = (listVersion: number, ...idTags: string[]) => ({
    listVersion,
    updateType: 'Full',
    localAuthorizationList: idTags.map((idTag) => ({ idTag, idTagInfo: { status: 'Accepted' } })),
  });

  test('is known as well once it is accepted, and its version has to be higher than any before', async ({ expect }) => {
    const { charger, socket } = await inStep('A');

    const asked = charger.command('SendLocalList', update(5, 'B'), { wait: 20 });
    await take(socket, 'Accepted');
    await asked;
    const lower = await charger.commandRefusal('SendLocalList', update(5, 'C'));

    expect(await listOf(charger)).toMatchObject({ held: { version: 5, entries: [{ idTag: 'B' }] }, inStep: false });
    expect(lower).toMatchObject({ status: 422, errors: [{ field: 'listVersion', rule: 'above 5' }] });
  });

  test('waits until the one before it is over; one without an answer leaves the list unknown', async ({ expect }) => {
    const { charger, socket } = await inStep('A');
    await charger.command('SendLocalList', update(2, 'B'));
    await socket.nextCall();

    const refusal = await charger.commandRefusal('SendLocalList', update(3, 'C'));

    expect(refusal).toMatchObject({
      status: 422,
      errors: [{ field: 'payload', rule: 'another update is on its way' }],
    });
    await until('it was not answered', async () => (await listOf(charger)).pendingCommandId === null);
    expect(await listOf(charger)).toMatchObject({ held: { is: 'unknown' }, lastVersion: 2 });
  });
});

describe.concurrent('a desired list', { timeout: 60_000 }, () => {
  test('that no charger could keep is refused, and so is a sync without one', async ({ expect }) => {
    const charger = await cloud.charger();
    const put = async (list: object[]) => {
      const { status, errors } = await cloud.api.refusal('putLocalList', {
        ...named(charger),
        body: { entries: list },
      });
      return { status, fields: errors?.map(({ field }) => field) };
    };

    expect(await put(entries('A', 'a'))).toEqual({ status: 422, fields: ['entries.1.idTag'] });
    expect(await put(entries('x'.repeat(21)))).toEqual({ status: 400, fields: ['entries.0.idTag'] });
    expect(await put([{ idTag: 'A', status: 'ConcurrentTx' }])).toEqual({ status: 400, fields: ['entries.0.status'] });
    expect(await put(entries(...Array.from({ length: 1001 }, (_, index) => `${index}`)))).toEqual({
      status: 400,
      fields: ['entries'],
    });
    await expect(cloud.api.refusal('syncLocalList', { ...named(charger), body: {} })).resolves.toMatchObject({
      status: 409,
    });
    expect(await listOf(charger)).toMatchObject({ desired: null });
  });
});
