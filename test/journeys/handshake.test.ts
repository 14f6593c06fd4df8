import { randomBytes } from 'node:crypto';
import { describe, test } from 'vitest';
import { http, handshake as upgrade } from '#test/support/gateway.ts';
import { localCloud } from '#test/support/local-cloud.ts';
import { basicAuthorization, Refusal } from '#test/support/raw-charger.ts';
import { until } from '#test/support/until.ts';

const cloud = localCloud();

/** The gateway's answer to an upgrade whose headers go out exactly as they are given. */
const handshake = (path: string, headers: Record<string, string>) =>
  http(cloud.authority, 'GET', path, { ...upgrade, ...headers });

describe('a second connection', () => {
  test('row 6: replaces the first, and the end of the first does not end the second', async ({ expect }) => {
    const charger = await cloud.charger();
    const first = await charger.boot();
    const { connectedAt: firstAt } = await charger.read();
    const disconnects = await disconnectsSoFar();

    const second = await charger.dial();
    const code = await first.closed();
    await until('the late $disconnect was handled', async () => (await disconnectsSoFar()) > disconnects);

    expect(code).toBeGreaterThanOrEqual(1000);
    expect(second.isOpen).toBe(true);
    await expect(second.call('Heartbeat', {})).resolves.toHaveProperty('currentTime');
    const { online, connectedAt } = await charger.read();
    expect({ online, connectedAt }).toEqual({ online: true, connectedAt: expect.any(String) });
    expect(String(connectedAt) >= String(firstAt)).toBe(true);
  });

  test('row 6: when it ends as well, the charger is offline', async ({ expect }) => {
    const charger = await cloud.charger();
    await charger.boot();
    const second = await charger.dial();

    await second.close();

    const view = await until('it is offline', async () => {
      const read = await charger.read();
      return !read.online && read;
    });
    expect(view).toMatchObject({ online: false, connectedAt: null });
  });
});

describe.concurrent('the identity', () => {
  test('row 1: an unknown one is refused with 404', async ({ expect }) => {
    const dialled = cloud.dial('/ocpp/NOBODY', { basic: { user: 'NOBODY', password: 'whatever' } });

    await expect(dialled).rejects.toEqual(new Refusal(404));
  });

  test.for([49, 2500])(
    'row 1: one of %i characters, which none can have, is refused with 404',
    async (length, { expect }) => {
      const { status } = await handshake(`/ocpp/${'x'.repeat(length)}`, { 'sec-websocket-protocol': 'ocpp1.6' });

      expect(status).toBe(404);
    },
  );

  test.for([
    ['a space', 'Hall 3 left', 'Hall%203%20left'],
    ['letters beyond ASCII', 'Ladesäule-Ä', 'Lades%C3%A4ule-%C3%84'],
    ['a percent sign', '100%25', '100%2525'],
    ['what means something in a query', 'a+b&id=c;d', 'a+b&id=c;d'],
    ['the same, percent-encoded', 'e+f&id=g#h?i', 'e%2Bf%26id%3Dg%23h%3Fi'],
    ['lower-case digits of the encoding', 'i*j', 'i%2aj'],
  ] as const)('row 1: may hold %s', async ([_, id, segment], { expect }) => {
    const charger = await cloud.charger({ id });

    const socket = await cloud.dial(`/ocpp/${segment}`, { basic: charger.credentials });

    await expect(socket.boot()).resolves.toMatchObject({ status: 'Accepted' });
    expect(await charger.read()).toMatchObject({ id, online: true });
  });

  test('row 1: is matched without regard to case', async ({ expect }) => {
    const charger = await cloud.charger({ id: 'Mixed-Case-ä' });
    const first = await charger.boot();

    const second = await cloud.dial(`/ocpp/${encodeURIComponent('mIXED-cASE-Ä')}`, {
      basic: { user: 'MIXED-CASE-Ä', password: String(charger.credentials?.password) },
    });

    await first.closed();
    await expect(second.call('Heartbeat', {})).resolves.toHaveProperty('currentTime');
    expect(await charger.read()).toMatchObject({ id: 'Mixed-Case-ä', online: true });
  });

  test('rows 1 to 3: 404 comes before 401, and 401 before 400', async ({ expect }) => {
    const { id, credentials } = await cloud.charger();
    const right = basicAuthorization(id, String(credentials?.password));
    const wrong = basicAuthorization(id, 'not this one');

    const refusals = await Promise.all([
      handshake('/ocpp/NOBODY', { authorization: wrong }),
      handshake(`/ocpp/${id}`, { authorization: wrong }),
      handshake(`/ocpp/${id}`, { authorization: right }),
      handshake(`/ocpp/${id}`, { authorization: right, 'sec-websocket-protocol': 'ocpp1.6' }),
    ]);

    expect(refusals.map(({ status }) => status)).toEqual([404, 401, 400, 101]);
  });
});

describe.concurrent('the subprotocol', () => {
  test('row 2: is the first of the offered ones that is supported, however the list is written', async ({ expect }) => {
    const { id } = await cloud.charger({ securityProfile: 0 });
    const offers = ['ocpp1.6', 'ocpp2.0.1, ocpp1.6', 'ocpp2.0.1,ocpp1.6,ocpp1.5', ' ocpp1.6 ,\tocpp1.5', ',, ocpp1.6'];

    const answers = await Promise.all(
      offers.map((offer) => handshake(`/ocpp/${id}`, { 'sec-websocket-protocol': offer })),
    );

    for (const { status, headers } of answers) {
      expect({ status, protocol: headers['sec-websocket-protocol'] }).toEqual({ status: 101, protocol: 'ocpp1.6' });
    }
  });

  test('row 2: is refused with 400 where none is common, and where none is offered', async ({ expect }) => {
    const { id } = await cloud.charger({ securityProfile: 0 });
    const offers = [
      {},
      ...['ocpp2.0.1', 'OCPP1.6', 'ocpp1.6j', ''].map((offer) => ({ 'sec-websocket-protocol': offer })),
    ];

    const answers = await Promise.all(offers.map((headers) => handshake(`/ocpp/${id}`, headers)));

    expect(answers.map(({ status }) => status)).toEqual(offers.map(() => 400));
  });

  test('row 2: is assumed for a charger that is known to offer none', async ({ expect }) => {
    const charger = await cloud.charger({ assumeProtocol: 'ocpp1.6' });

    const socket = await charger.dial({ protocols: [] });

    expect(socket.protocol).toBe('');
    await expect(socket.boot()).resolves.toMatchObject({ status: 'Accepted' });
    await expect(charger.dial({ protocols: ['ocpp2.0.1'] })).rejects.toEqual(new Refusal(400));
    const negotiated = await charger.dial();
    expect(negotiated.protocol).toBe('ocpp1.6');
  });
});

describe.concurrent('the credential', () => {
  const key = Buffer.from('00ff3a80c1fe0a0d22c0af3aeda08000f5f6f7f8', 'hex');

  test('row 3: is due, and belongs to the identity', async ({ expect }) => {
    const charger = await cloud.charger();
    const other = await cloud.charger();
    const password = String(charger.credentials?.password);

    const wrong = [
      undefined,
      { user: charger.id, password: '' },
      { user: charger.id, password: `${password} ` },
      { user: charger.id, password: password.slice(1) },
      { user: other.id, password },
      { user: other.id, password: String(other.credentials?.password) },
      { user: '', password },
    ];

    for (const basic of wrong) await expect(charger.dial({ basic })).rejects.toEqual(new Refusal(401));
    await expect(charger.dial()).resolves.toHaveProperty('protocol', 'ocpp1.6');
  });

  test('row 3: is Basic, well-formed and nothing else', async ({ expect }) => {
    const { id, credentials } = await cloud.charger();
    const right = basicAuthorization(id, String(credentials?.password));
    const headers = ['Basic', 'Basic !!!', `Bearer ${right.slice(6)}`, `Basic ${Buffer.from(id).toString('base64')}`];

    const answers = await Promise.all(
      headers.map((authorization) => handshake(`/ocpp/${id}`, { authorization, 'sec-websocket-protocol': 'ocpp1.6' })),
    );

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  });

  test('row 3: may be 20 bytes that are no text, or their hex digits', async ({ expect }) => {
    const charger = await cloud.charger({ authorizationKeyHex: key.toString('hex') });
    const withPassword = (password: string | Buffer) => charger.dial({ basic: { user: charger.id, password } });

    await expect(withPassword(key)).resolves.toHaveProperty('protocol', 'ocpp1.6');
    await expect(withPassword(key.toString('hex'))).resolves.toHaveProperty('protocol', 'ocpp1.6');
    await expect(withPassword(key.toString('hex').toUpperCase())).resolves.toHaveProperty('protocol', 'ocpp1.6');
    await expect(withPassword(Buffer.from(key.toString('utf8')))).rejects.toEqual(new Refusal(401));
    await expect(withPassword(key.subarray(0, 19))).rejects.toEqual(new Refusal(401));
    await expect(withPassword(randomBytes(20))).rejects.toEqual(new Refusal(401));
  });

  test('row 3: may hold colons', async ({ expect }) => {
    const charger = await cloud.charger({ password: ':pass::word:' });

    await expect(charger.dial()).resolves.toHaveProperty('protocol', 'ocpp1.6');
    await expect(charger.dial({ basic: { user: charger.id, password: ':pass' } })).rejects.toEqual(new Refusal(401));
  });

  test('row 3: is not asked for on security profile 0, and a password is not enough on 3', async ({ expect }) => {
    const open = await cloud.charger({ securityProfile: 0 });
    const certified = await cloud.charger({ securityProfile: 3 });

    await expect(open.dial()).resolves.toHaveProperty('protocol', 'ocpp1.6');
    await expect(open.dial({ basic: { user: 'another', password: 'x' } })).rejects.toEqual(new Refusal(401));
    await expect(certified.dial()).rejects.toEqual(new Refusal(401));
  });
});

describe.concurrent('a reconnect', () => {
  test('row 7: needs no boot', async ({ expect }) => {
    const charger = await cloud.charger();
    const first = await charger.boot();
    await first.close();

    const second = await charger.dial();
    const answered = second.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });

    await expect(answered).resolves.toEqual({});
    const { connectors } = await charger.read();
    expect(connectors).toMatchObject([{ id: 1, status: 'Available' }]);
  });
});

/** How often the function behind $disconnect has written so far. */
async function disconnectsSoFar(): Promise<number> {
  return (await cloud.usage())
    .filter(({ functionId, action }) => /disconnect/i.test(functionId) && action === 'dynamodb:UpdateItem')
    .reduce((sum, { count }) => sum + count, 0);
}
