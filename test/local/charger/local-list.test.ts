import { describe, expect, test } from 'vitest';
import { until } from '#test/support/until.ts';
import type { CentralSystem } from './central-system.ts';
import { waiting } from './scene.ts';

const accepted = { status: 'Accepted' };

const send = (
  central: CentralSystem,
  updateType: 'Full' | 'Differential',
  listVersion: number,
  entries: Record<string, object | undefined>,
) =>
  central.command('SendLocalList', {
    updateType,
    listVersion,
    localAuthorizationList: Object.entries(entries).map(([idTag, idTagInfo]) => ({ idTag, idTagInfo })),
  });

const version = (central: CentralSystem) => central.command('GetLocalListVersion', {});
const configure = (central: CentralSystem, key: string, value: string) =>
  central.command('ChangeConfiguration', { key, value });

/** One session of the tag, from the remote start to its end. */
async function session(central: CentralSystem, idTag: string): Promise<void> {
  const before = central.of('StopTransaction').length;
  await until('it obeys the start', async () => {
    const answer = await central.command('RemoteStartTransaction', { idTag, connectorId: 1 });
    return JSON.stringify(answer).includes('Accepted');
  });
  await until('it has started', () => central.of('StartTransaction').length === before + 1);
  await until('it obeys the stop', async () => {
    const answer = await central.command('RemoteStopTransaction', { transactionId: 4711 + before });
    return JSON.stringify(answer).includes('Accepted');
  });
  await until('it is over', () => central.of('StopTransaction').length === before + 1);
}

describe('the local list', () => {
  test('is empty, then what was sent, then what was changed', async () => {
    const { central } = await waiting();

    expect(await version(central)).toEqual({ listVersion: 0 });
    expect(await send(central, 'Full', 3, { A: accepted, B: accepted })).toEqual({ status: 'Accepted' });
    expect(await version(central)).toEqual({ listVersion: 3 });
    expect(await send(central, 'Differential', 5, { b: undefined, C: accepted })).toEqual({ status: 'Accepted' });
    expect(await version(central)).toEqual({ listVersion: 5 });
    expect(await send(central, 'Differential', 6, { a: undefined, c: undefined })).toEqual({ status: 'Accepted' });
    expect(await version(central)).toEqual({ listVersion: 0 });
  });

  test('refuses a change that is not newer, and takes any full list', async () => {
    const { central } = await waiting();
    await send(central, 'Full', 3, { A: accepted });

    expect(await send(central, 'Differential', 3, { B: accepted })).toEqual({ status: 'VersionMismatch' });
    expect(await send(central, 'Full', 2, { B: accepted })).toEqual({ status: 'Accepted' });
    expect(await version(central)).toEqual({ listVersion: 2 });
  });

  const many = (from: number, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`TAG${from + index}`, accepted]));

  test.each([
    ['with a version of 0', 0, { A: accepted }],
    ['with the same tag twice', 2, { A: accepted, a: accepted }],
    ['with a tag of which it says nothing', 2, { A: undefined }],
    ['with more than it takes at once', 2, many(0, 101)],
  ])('stays as it is when a full list comes %s', async (_, listVersion, entries) => {
    const { central } = await waiting();
    await send(central, 'Full', 1, { OLD: accepted });

    expect(await send(central, 'Full', listVersion, entries)).toEqual({ status: 'Failed' });
    expect(await version(central)).toEqual({ listVersion: 1 });
  });

  test('holds 500 tags and not one more', async () => {
    const { central } = await waiting();
    for (let page = 1; page <= 5; page++) await send(central, 'Differential', page, many(page * 100, 100));

    expect(await send(central, 'Differential', 6, { ONE: accepted })).toEqual({ status: 'Failed' });
    expect(await version(central)).toEqual({ listVersion: 5 });
    expect(await send(central, 'Differential', 6, { ONE: accepted, TAG100: undefined })).toEqual({
      status: 'Accepted',
    });
  });

  test('is not there while it is switched off', async () => {
    const { central } = await waiting();
    await send(central, 'Full', 3, { A: accepted });

    await configure(central, 'LocalAuthListEnabled', 'false');

    expect(await version(central)).toEqual({ listVersion: -1 });
    expect(await send(central, 'Full', 4, { A: accepted })).toEqual({ status: 'NotSupported' });
  });

  test('starts without asking where that is allowed', async () => {
    const { central } = await waiting();
    await configure(central, 'LocalPreAuthorize', 'true');
    await send(central, 'Full', 1, { LISTED: accepted });

    await session(central, 'listed');

    expect(central.of('Authorize')).toEqual([]);
  });

  test('lets in whom nobody answers for', async () => {
    const { central, charger } = await waiting(
      {},
      {
        Authorize: async () => {
          central.refusesWith = 503;
          await central.cut();
          return {};
        },
      },
    );
    await send(central, 'Full', 1, { LISTED: accepted });
    await central.command('RemoteStartTransaction', { idTag: 'LISTED', connectorId: 1 });
    await until('its start waits in the queue', () => charger.queued > 0);

    central.refusesWith = undefined;

    await until('it is told', () => central.of('StartTransaction').length === 1);
    expect(central.of('StartTransaction')).toMatchObject([{ idTag: 'LISTED' }]);
    expect(central.of('Authorize')).toHaveLength(1);
  });

  test('is reported when the central system contradicts it', async () => {
    const { central } = await waiting();
    await send(central, 'Full', 1, { LISTED: { status: 'Blocked' } });

    await session(central, 'LISTED');

    expect(central.of('StatusNotification')).toContainEqual(
      expect.objectContaining({ connectorId: 0, errorCode: 'LocalListConflict' }),
    );
  });
});

describe('the authorisation cache', () => {
  test('remembers a tag until it is cleared', async () => {
    const { central } = await waiting();
    await configure(central, 'LocalPreAuthorize', 'true');

    await session(central, 'TAG');
    await session(central, 'tag');
    const asked = central.of('Authorize').length;
    const cleared = await central.command('ClearCache', {});
    await session(central, 'TAG');

    expect(asked).toBe(1);
    expect(cleared).toEqual({ status: 'Accepted' });
    expect(central.of('Authorize')).toHaveLength(2);
  });

  test('does not trust a tag beyond its expiry', async () => {
    const expiryDate = new Date(Date.now() - 60_000).toISOString();
    const { central } = await waiting({}, { Authorize: () => ({ idTagInfo: { status: 'Accepted', expiryDate } }) });
    await configure(central, 'LocalPreAuthorize', 'true');
    await configure(central, 'LocalAuthListEnabled', 'false');

    await central.command('RemoteStartTransaction', { idTag: 'TAG', connectorId: 1 });
    await until('it has asked', () => central.of('Authorize').length === 1);
    await until('another start asks again', async () => {
      await central.command('RemoteStartTransaction', { idTag: 'TAG', connectorId: 2 });
      return central.of('Authorize').length === 2;
    });

    expect(central.of('Authorize')).toHaveLength(2);
  });

  test('cannot be cleared while it is switched off, and remembers nothing then', async () => {
    const { central } = await waiting();
    await configure(central, 'LocalPreAuthorize', 'true');
    await configure(central, 'AuthorizationCacheEnabled', 'false');

    await session(central, 'TAG');
    await session(central, 'TAG');

    expect(central.of('Authorize')).toHaveLength(2);
    expect(await central.command('ClearCache', {})).toEqual({ status: 'Rejected' });
  });
});
