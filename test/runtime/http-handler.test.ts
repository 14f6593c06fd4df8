import { beforeEach, describe, expect, test, vi } from 'vitest';
import { defineRoute } from '#shared/http/route.ts';
import { nothing } from '#shared/http/schemas.ts';
import { httpHandler, type Principal } from '#shared/runtime/http-handler.ts';
import { issuerOf, maySee, organisationOf } from '#shared/runtime/principal.ts';
import { durations, untraced } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

vi.hoisted(() => {
  process.env.POWERTOOLS_METRICS_DISABLED = 'true';
});

const route = defineRoute({
  method: 'GET',
  path: '/api/chargers',
  summary: 'Nothing',
  roles: ['operator'],
  params: nothing,
  query: nothing,
  body: nothing,
  ok: { 200: nothing },
  errors: [],
});

const seen: Principal[] = [];
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const app = () => ({
  stores: memoryStores(),
  clock: () => Date.UTC(2024, 2, 1, 12),
  durations,
  log: quiet,
  tracing: untraced,
});
const handler = httpHandler(
  'listChargers',
  route,
  async (_, { principal }) => {
    seen.push(principal);
    return { status: 200 as const, body: {} };
  },
  app,
);

const idToken = { sub: 'olga', token_use: 'id', 'cognito:groups': '[operator]', 'custom:organisationId': 'ours' };

async function ask(claims: Record<string, string | undefined>) {
  const event = { requestContext: { requestId: 'r', authorizer: { jwt: { claims } } } };
  const { statusCode, headers, body } = await handler(event, {} as never);
  return { status: statusCode, type: headers['content-type'], body: JSON.parse(body) };
}

beforeEach(() => {
  seen.length = 0;
});

describe('whom a token speaks for', () => {
  test('is the organisation that it names, and no other', async () => {
    const { status } = await ask(idToken);

    expect(status).toBe(200);
    const [principal] = seen;
    expect(principal && [maySee(principal, 'ours'), maySee(principal, 'theirs')]).toEqual([true, false]);
    expect(principal && issuerOf(principal)).toEqual({ organisationId: 'ours' });
    expect(principal && organisationOf(principal, undefined)).toBe('ours');
  });

  test('is the whole installation where it says so with *', async () => {
    const { status } = await ask({ ...idToken, 'custom:organisationId': '*' });

    expect(status).toBe(200);
    const [principal] = seen;
    expect(principal && [maySee(principal, 'ours'), maySee(principal, 'theirs')]).toEqual([true, true]);
    expect(principal && issuerOf(principal)).toBe('installation');
    expect(principal && organisationOf(principal, undefined)).toBe('default');
  });
});

describe('a token is refused', () => {
  const accessToken = { sub: 'olga', token_use: 'access', client_id: 'client1', 'cognito:groups': '[operator]' };

  test.each([
    ['that is an access token', accessToken, 'ID token'],
    ['that is an access token, whatever is in it', { ...idToken, token_use: 'access' }, 'ID token'],
    ['that does not say what it is for', { ...idToken, token_use: undefined }, 'ID token'],
    ['that names neither an organisation nor *', { ...idToken, 'custom:organisationId': undefined }, 'organisation'],
    ['that names an empty organisation', { ...idToken, 'custom:organisationId': '' }, 'organisation'],
    ['that names what can be none', { ...idToken, 'custom:organisationId': 'Not An Organisation' }, 'organisation'],
    ['that names the installation as one', { ...idToken, 'custom:organisationId': 'installation' }, 'organisation'],
    ['that has * as one of several', { ...idToken, 'custom:organisationId': 'ours *' }, 'organisation'],
  ])('%s', async (_, claims, detail) => {
    const { status, type, body } = await ask(claims);

    expect({ status, type }).toEqual({ status: 403, type: 'application/problem+json' });
    expect(body).toMatchObject({ status: 403, detail: expect.stringContaining(detail) });
    expect(seen).toEqual([]);
  });
});
