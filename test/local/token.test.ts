import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { userPools } from '#local/gateway/token.ts';
import { assemblyOf, fakeFunctions, http, serve, userPool } from '#test/support/gateway.ts';

const assembly = assemblyOf(...userPool);
const json = { 'content-type': 'application/json' };
const operator = JSON.stringify({ email: 'olga@example.com', role: 'operator' });

async function dataDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'chargeline-token-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

describe('POST /local/token', () => {
  test('gives an ID token as Cognito makes them, good for an hour', async () => {
    const { authority } = await serve(assembly, fakeFunctions({}));
    const body = JSON.stringify({ email: 'Olga@example.com', role: 'owner', organisationId: 'org1' });

    const { status, headers, text } = await http(authority, 'POST', '/local/token', json, body);

    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    const { token, expiresAt } = JSON.parse(text);
    const claims = decodeJwt(token);
    expect(claims).toEqual({
      iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool',
      aud: 'client1',
      sub: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
      email: 'Olga@example.com',
      email_verified: true,
      token_use: 'id',
      'cognito:username': claims.sub,
      'cognito:groups': ['owner'],
      'custom:organisationId': 'org1',
      auth_time: claims.iat,
      iat: expect.any(Number),
      exp: Number(claims.iat) + 3600,
      jti: expect.any(String),
    });
    expect(expiresAt).toBe(new Date(Number(claims.exp) * 1000).toISOString());
  });

  test('knows a person by the e-mail address', async () => {
    const { gateways } = await serve(assembly, fakeFunctions({}));

    const [first, second, other] = await Promise.all([
      gateways.mintToken({ email: 'a@example.com', role: 'owner' }),
      gateways.mintToken({ email: 'A@example.com', role: 'viewer' }),
      gateways.mintToken({ email: 'b@example.com', role: 'owner' }),
    ]);

    expect(decodeJwt(second.token).sub).toBe(decodeJwt(first.token).sub);
    expect(decodeJwt(other.token).sub).not.toBe(decodeJwt(first.token).sub);
  });

  test('speaks for the whole installation where no organisation is asked for, and says so', async () => {
    const { gateways } = await serve(assembly, fakeFunctions({}));

    const { token } = await gateways.mintToken({ email: 'a@example.com', role: 'operator' });

    expect(decodeJwt(token)['custom:organisationId']).toBe('*');
  });

  test.each([
    ['role', { email: 'a@example.com' }],
    ['role', { email: 'a@example.com', role: 'admin' }],
    ['email', { role: 'owner' }],
    ['email', { email: 7, role: 'owner' }],
    ['email', { email: 'nobody', role: 'owner' }],
    ['organisationId', { email: 'a@example.com', role: 'owner', organisationId: 7 }],
    ['organisationId', { email: 'a@example.com', role: 'owner', organisationId: '' }],
    ['organisationId', { email: 'a@example.com', role: 'owner', organisationId: '*' }],
    ['organisationId', { email: 'a@example.com', role: 'owner', organisationId: 'Not An Organisation' }],
    ['organisationId', { email: 'a@example.com', role: 'owner', organisationId: 'installation' }],
    ['organisationId', { email: 'a@example.com', role: 'owner', organisationId: 'x'.repeat(49) }],
    ['organizationId', { email: 'a@example.com', role: 'owner', organizationId: 'x' }],
  ])('names the field %s of %j', async (field, body) => {
    const { authority } = await serve(assembly, fakeFunctions({}));

    const { status, headers, text } = await http(authority, 'POST', '/local/token', json, JSON.stringify(body));

    expect(status).toBe(400);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(text)).toMatchObject({ status: 400, detail: expect.stringContaining(field) });
  });

  test('refuses what is not JSON', async () => {
    const { authority } = await serve(assembly, fakeFunctions({}));

    const { status } = await http(authority, 'POST', '/local/token', json, '{"email":');

    expect(status).toBe(400);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', undefined])(
    'refuses the content type %s: a page of another site could send it',
    async (type) => {
      const { authority } = await serve(assembly, fakeFunctions({}));

      const { status } = await http(authority, 'POST', '/local/token', type ? { 'content-type': type } : {}, operator);

      expect(status).toBe(415);
    },
  );

  test('refuses other methods', async () => {
    const { authority } = await serve(assembly, fakeFunctions({}));

    const { status, headers } = await http(authority, 'GET', '/local/token');

    expect(status).toBe(405);
    expect(headers.allow).toBe('POST');
  });

  test('is not there without a user pool', async () => {
    const { authority } = await serve(assemblyOf(), fakeFunctions({}));

    const { status } = await http(authority, 'POST', '/local/token', json, operator);

    expect(status).toBe(404);
  });
});

describe.each([
  ['POST', '/local/token'],
  ['GET', '/local/usage'],
  ['GET', '/local/cpu'],
])('%s %s', (method, path) => {
  const body = method === 'POST' ? operator : undefined;

  test.each(['127.0.0.1', 'localhost', 'LOCALHOST:1', '[::1]:8080'])(
    'may be reached under the name %s',
    async (host) => {
      const { authority } = await serve(assembly, fakeFunctions({}));

      const { status } = await http(authority, method, path, { ...json, host }, body);

      expect(status).toBe(200);
    },
  );

  test.each([
    'rebound.example',
    'localhost.rebound.example',
    '127.0.0.1.rebound.example',
    '192.168.1.5:8080',
    '0.0.0.0',
  ])('is closed to a page whose name %s was rebound to this machine', async (host) => {
    const { authority } = await serve(assembly, fakeFunctions({}));

    const { status } = await http(authority, method, path, { ...json, host }, body);

    expect(status).toBe(403);
  });

  test.each(['https://evil.example', 'http://localhost:3000', 'http://127.0.0.1', 'null'])(
    'is closed to pages of the origin %s',
    async (origin) => {
      const { authority } = await serve(assembly, fakeFunctions({}));

      const { status } = await http(authority, method, path, { ...json, origin }, body);

      expect(status).toBe(403);
    },
  );

  test('is open to pages of this very origin', async () => {
    const { authority } = await serve(assembly, fakeFunctions({}));

    const { status } = await http(authority, method, path, { ...json, origin: `http://${authority}` }, body);

    expect(status).toBe(200);
  });

  test.each(['0.0.0.0', '192.168.1.5', '::'])('is not there when the local cloud listens on %s', async (host) => {
    const { authority } = await serve(assembly, fakeFunctions({}), { host });

    const { status } = await http(authority, method, path, json, body);

    expect(status).toBe(404);
  });
});

test('GET /local/usage tells what the functions used', async () => {
  const { authority } = await serve(assembly, fakeFunctions({}));

  const { text } = await http(authority, 'GET', '/local/usage');

  expect(JSON.parse(text)).toEqual({
    items: [{ functionId: 'Echo', action: 'dynamodb:GetItem', resource: 'things', count: 2 }],
  });
});

test('GET /local/cpu tells what the process, its main thread and each function took', async () => {
  const { authority } = await serve(assembly, fakeFunctions({}));

  const { text } = await http(authority, 'GET', '/local/cpu');

  expect(JSON.parse(text)).toEqual({
    processMicros: expect.any(Number),
    mainThreadMicros: expect.any(Number),
    items: [{ functionId: 'Echo', invocations: 3, instances: 1, cpuMicros: 900, initCpuMicros: [500] }],
  });
});

describe('the signing key', () => {
  test('stays the same across restarts, and only its owner can read it', async () => {
    const directory = await dataDirectory();
    const issuer = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool';

    const first = (await userPools(assembly, directory)).keysOf(issuer);
    const second = (await userPools(assembly, directory)).keysOf(issuer);
    const { mode } = await stat(join(directory, 'token-key.json'));

    expect(second).toEqual(first);
    expect(mode & 0o777).toBe(0o600);
  });

  test('is one key when two start at once', async () => {
    const directory = await dataDirectory();
    const issuer = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool';

    const [first, second] = await Promise.all([userPools(assembly, directory), userPools(assembly, directory)]);

    expect(second.keysOf(issuer)).toEqual(first.keysOf(issuer));
  });

  test('never leaves in the public keys', async () => {
    const directory = await dataDirectory();

    const pools = await userPools(assembly, directory);
    const { d } = JSON.parse(await readFile(join(directory, 'token-key.json'), 'utf8'));
    const published = JSON.stringify(pools.keysOf('https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool'));

    expect(published).toContain('"RS256"');
    expect(published).not.toContain(d);
  });

  test('that is damaged is reported with its path', async () => {
    const directory = await dataDirectory();
    await writeFile(join(directory, 'token-key.json'), '{"kty":');

    await expect(userPools(assembly, directory)).rejects.toThrow(join(directory, 'token-key.json'));
  });
});
