import { randomBytes } from 'node:crypto';
import { describe, test } from 'vitest';
import { localCloud } from '#test/support/local-cloud.ts';
import { Refusal } from '#test/support/raw-charger.ts';
import { until } from '#test/support/until.ts';

const cloud = localCloud();

describe.concurrent('a new key that is on its way to a charger', () => {
  test('row 4: until it is settled, both keys open the door, as text and as bytes', async ({ expect }) => {
    const { charger, withKey } = await aCharger();
    const next = await stage(charger.id);

    const byOld = await charger.boot();
    await byOld.call('Heartbeat', {});

    expect(await charger.read()).toMatchObject({ credential: 'key', nextCredential: 'key', online: true });
    const byNew = await withKey(Buffer.from(next, 'hex'));
    await byNew.call('Heartbeat', {});
  });

  test('row 4: its first use ends the old one, and the connection that used it stays', async ({ expect }) => {
    const { charger, withKey } = await aCharger();
    const next = await stage(charger.id);

    const socket = await withKey(next);

    await expect(charger.dial()).rejects.toEqual(new Refusal(401));
    expect(await charger.read()).toMatchObject({ credential: 'key', nextCredential: null });
    await socket.boot();
    await socket.call('Heartbeat', {});
    const again = await withKey(next);
    await again.call('Heartbeat', {});
  });

  test('row 4: the connection that was made with the old key is replaced by the one with the new key', async ({
    expect,
  }) => {
    const { charger, withKey } = await aCharger();
    const byOld = await charger.boot();
    const next = await stage(charger.id);

    await withKey(next);

    await byOld.closed();
    expect((await charger.read()).online).toBe(true);
  });

  test('row 4: a charger that did not take it keeps the old one, and the new one opens nothing', async ({ expect }) => {
    const { charger, withKey } = await aCharger();
    const socket = await charger.boot();
    const next = await stage(charger.id);

    const answer = await cloud.api.ask('deleteNextCredential', { params: { chargerId: charger.id } });
    const again = await cloud.api.ask('deleteNextCredential', { params: { chargerId: charger.id } });

    expect([answer.nextCredential, again.nextCredential]).toEqual([null, null]);
    await expect(withKey(next)).rejects.toEqual(new Refusal(401));
    await socket.call('Heartbeat', {});
  });

  test('row 4: is taken once when the charger dials twice with it at the same moment', async ({ expect }) => {
    const { charger, withKey } = await aCharger();
    const next = await stage(charger.id);

    await Promise.allSettled([withKey(next), withKey(next)]);

    expect(await charger.read()).toMatchObject({ credential: 'key', nextCredential: null });
    await until('the new key opens the door', async () => (await withKey(next)).isOpen);
    await expect(charger.dial()).rejects.toEqual(new Refusal(401));
  });

  test('may be given, and the same one again changes nothing; another one is refused meanwhile', async ({ expect }) => {
    const { charger, withKey } = await aCharger();
    const params = { chargerId: charger.id };
    const authorizationKeyHex = randomBytes(20).toString('hex');

    const first = await cloud.api.ask('putNextCredential', { params, body: { authorizationKeyHex } });
    const second = await cloud.api.ask('putNextCredential', { params, body: { authorizationKeyHex } });
    const other = await cloud.api.refusal('putNextCredential', { params, body: {} });

    expect([first, second].map((each) => each.authorizationKeyHex)).toEqual([undefined, undefined]);
    expect(other).toMatchObject({ status: 409, errors: [{ field: 'authorizationKeyHex' }] });
    await withKey(authorizationKeyHex);
  });

  test('needs one that it can follow', async ({ expect }) => {
    const charger = await cloud.charger({ securityProfile: 0 });

    const refusal = await cloud.api.refusal('putNextCredential', { params: { chargerId: charger.id }, body: {} });

    expect(refusal).toMatchObject({ status: 409 });
  });

  test('of a wrong length is refused by name', async ({ expect }) => {
    const { charger } = await aCharger();
    const params = { chargerId: charger.id };

    const refusal = await cloud.api.refusal('putNextCredential', { params, body: { authorizationKeyHex: 'abcd' } });

    expect(refusal).toMatchObject({
      status: 400,
      errors: [{ field: 'authorizationKeyHex', rule: '16 to 20 bytes as hex digits' }],
    });
  });
});

async function aCharger() {
  const charger = await cloud.charger();
  const withKey = (password: string | Buffer) => charger.dial({ basic: { user: charger.id, password } });
  return { charger, withKey };
}

/** A key that is made for it, as its hex digits. */
async function stage(chargerId: string): Promise<string> {
  const { authorizationKeyHex } = await cloud.api.ask('putNextCredential', { params: { chargerId }, body: {} });
  if (authorizationKeyHex === undefined) throw new Error('No key was shown');
  return authorizationKeyHex;
}
