import { describe, test } from 'vitest';
import { http, handshake as upgrade } from '#test/support/gateway.ts';
import { type LocalCloud, localCloud } from '#test/support/local-cloud.ts';
import { basicAuthorization, Refusal } from '#test/support/raw-charger.ts';

const password = 'correct horse';
const chargers = ['CP001', 'CP002', 'Hall 3'].map((id) => ({ id, password }));

const byDefault = localCloud({ seed: { chargers } });
const both = localCloud({ seed: { chargers }, context: { entrance: 'both' } });

/** The status of an upgrade whose path and headers go out exactly as they are given. */
async function statusOf(cloud: LocalCloud, path: string, user = 'CP001', headers: Record<string, string> = {}) {
  const authorization = basicAuthorization(user, password);
  const protocol = { 'sec-websocket-protocol': 'ocpp1.6' };
  const { status } = await http(cloud.authority, 'GET', path, { ...upgrade, ...protocol, authorization, ...headers });
  return status;
}

describe.concurrent('with CloudFront as the only entrance', () => {
  test('the way past it is barred, whoever comes', async ({ expect }) => {
    const paths = ['/ocpp?id=CP001', '/ocpp?id=NOBODY', '/ocpp', '/ocpp?id=CP001&id=CP001', '/ocpp?'];

    const statuses = await Promise.all(paths.map((path) => statusOf(byDefault, path)));

    expect(statuses).toEqual(paths.map(() => 403));
  });

  test('a forged key does not open it', async ({ expect }) => {
    const forged = ['', 'guess', 'x'.repeat(32)];

    const statuses = await Promise.all(
      ['x-chargeline-origin-key', 'X-Chargeline-Origin-Key'].flatMap((name) =>
        forged.map((key) => statusOf(byDefault, '/ocpp?id=CP001', 'CP001', { [name]: key })),
      ),
    );

    expect(statuses).toEqual([403, 403, 403, 403, 403, 403]);
  });

  test('a key that the client sends through CloudFront is passed over', async ({ expect }) => {
    expect(await statusOf(byDefault, '/ocpp/CP001', 'CP001', { 'x-chargeline-origin-key': 'guess' })).toBe(101);
  });

  test.for([
    ['/ocpp/CP001?id=CP002', 'CP001', 101],
    ['/ocpp/CP001?id=CP002', 'CP002', 401],
    ['/ocpp/CP001?id=CP001', 'CP001', 101],
    ['/ocpp/CP001?%69d=CP002&ID=CP002&id[]=CP002', 'CP001', 101],
    ['/ocpp/CP001%3Fid%3DCP002', 'CP001', 404],
    ['/ocpp/CP001%26id%3DCP002', 'CP001', 404],
    ['/ocpp/CP001&id=CP002', 'CP001', 404],
    ['/ocpp/Hall%203', 'Hall 3', 101],
    ['/ocpp/Hall+3', 'Hall 3', 404],
    ['/ocpp/%E4', 'CP001', 404],
    ['/ocpp/', 'CP001', 404],
    ['/ocpp/CP001/', 'CP001', 404],
    ['/ocpp/x/CP001', 'CP001', 404],
    ['/OCPP/CP001', 'CP001', 404],
    ['/CP001', 'CP001', 404],
  ] as const)('the identity of %s is in its path alone: %s gets %d', async ([path, user, status], { expect }) => {
    expect(await statusOf(byDefault, path, user)).toBe(status);
  });

  test('the gateway serves no plain requests', async ({ expect }) => {
    const { status } = await http(byDefault.authority, 'GET', '/ocpp?id=CP001');

    expect(status).toBe(403);
  });
});

describe.concurrent('with both entrances', () => {
  test.for([
    ['as a query', '/ocpp?id=CP001', 'CP001', 101],
    ['as a query in another case', '/ocpp?id=cp001', 'Cp001', 101],
    ['as a query to which firmware has appended a path', '/ocpp?id=/CP001', 'CP001', 101],
    ['percent-encoded', '/ocpp?id=Hall%203', 'Hall 3', 101],
    ['with a plus for the space', '/ocpp?id=Hall+3', 'Hall 3', 101],
    ['as the Basic user alone', '/ocpp', 'CP001', 101],
    ['as the Basic user beside an empty query', '/ocpp?id=', 'CP001', 101],
    ['as the Basic user beside other queries', '/ocpp?token=x', 'CP001', 101],
    ['through CloudFront', '/ocpp/CP001', 'CP001', 101],
    ['twice, the same', '/ocpp?id=CP001&id=CP001', 'CP001', 400],
    ['twice, another', '/ocpp?id=CP001&id=CP002', 'CP001', 400],
    ['twice, once percent-encoded', '/ocpp?id=CP001&%69d=CP002', 'CP002', 400],
    ['in disagreement with the Basic user', '/ocpp?id=CP001', 'CP002', 401],
    ['of nobody', '/ocpp?id=NOBODY', 'NOBODY', 404],
    ['of nobody as the Basic user', '/ocpp', 'NOBODY', 404],
  ] as const)('the identity may come %s: %s of %s gets %d', async ([_, path, user, status], { expect }) => {
    expect(await statusOf(both, path, user)).toBe(status);
  });

  test('without any identity there is 404', async ({ expect }) => {
    const { status } = await http(both.authority, 'GET', '/ocpp', upgrade);

    expect(status).toBe(404);
  });

  test('a forged key is refused though none is asked for', async ({ expect }) => {
    const forged = { 'x-chargeline-origin-key': 'guess' };

    expect(await statusOf(both, '/ocpp?id=CP001', 'CP001', forged)).toBe(403);
    expect(await statusOf(both, '/ocpp/CP001', 'CP001', forged)).toBe(101);
  });

  test('a charger that comes directly is served like any other', async ({ expect }) => {
    const charger = await both.charger();
    const basic = charger.credentials;

    const socket = await both.dial(`/ocpp?id=${charger.id}`, { basic });
    await socket.boot();
    const through = await charger.dial();
    await socket.closed();

    expect(socket.protocol).toBe('ocpp1.6');
    await expect(through.call('Heartbeat', {})).resolves.toHaveProperty('currentTime');
    expect(await charger.read()).toMatchObject({ online: true, vendor: 'Acme' });
    const dialled = both.dial(`/ocpp?id=${charger.id}`, { basic: { user: charger.id, password: 'wrong' } });
    await expect(dialled).rejects.toEqual(new Refusal(401));
  });
});
