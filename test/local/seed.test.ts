import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { apiClient } from '#local/start/api-client.ts';
import { demoPasswords, demoSeed } from '#local/start/demo.ts';
import { applySeed, readSeed, type Seed } from '#local/start/seed.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { until } from '#test/support/until.ts';

interface Put {
  path: string;
  token: string | undefined;
  body: unknown;
}

/** An app API that takes everything, but refuses what `answer` has a problem with. */
async function api(answer: (put: Put) => { status: number; body: unknown } = () => ({ status: 200, body: {} })) {
  const puts: Put[] = [];
  const server = createServer(async (request, response) => {
    const put = {
      path: request.url ?? '',
      token: request.headers.authorization,
      body: JSON.parse(await text(request)),
    };
    puts.push(put);
    const { status, body } = answer(put);
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await until('the API listens', () => server.listening);
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return { puts, call: apiClient(`http://127.0.0.1:${port}`, async () => 'a.b.c') };
}

function file(content: string): string {
  const path = join(temporaryDirectory(), 'seed.json');
  writeFileSync(path, content);
  return path;
}

test('chargers and tags are put through the public door, unchanged, with a token', async () => {
  const { puts, call } = await api();
  const seed = readSeed(
    file(
      '{"chargers":[{"id":"A B","password":"12345678","connectors":[]}],"idTags":[{"idTag":"é","status":"Accepted"}]}',
    ),
  );

  await applySeed(seed, call);

  expect(puts).toHaveLength(2);
  expect(puts).toContainEqual({
    path: '/api/chargers/A%20B',
    token: 'Bearer a.b.c',
    body: { id: 'A B', password: '12345678', connectors: [] },
  });
  expect(puts).toContainEqual({
    path: '/api/id-tags/%C3%A9',
    token: 'Bearer a.b.c',
    body: { idTag: 'é', status: 'Accepted' },
  });
});

test('a key that was made for a charger is told, because nobody can read it later', async () => {
  const { call } = await api(() => ({ status: 201, body: { authorizationKeyHex: 'c0ffee' } }));

  const keys = await applySeed({ chargers: [{ id: 'CP9' }], idTags: [] }, call);

  expect(keys).toEqual([{ id: 'CP9', authorizationKeyHex: 'c0ffee' }]);
});

test('what the API refuses is told by entry and field', async () => {
  const { call } = await api(({ path }) =>
    path === '/api/chargers/CP2'
      ? { status: 400, body: { detail: 'no', errors: [{ field: 'heartbeatIntervalS', rule: 'at most 300' }] } }
      : path === '/api/id-tags/T'
        ? { status: 403, body: { detail: 'Not yours' } }
        : { status: 200, body: {} },
  );
  const seed: Seed = { chargers: [{ id: 'CP1' }, { id: 'CP2', heartbeatIntervalS: 900 }], idTags: [{ idTag: 'T' }] };

  const refusal = applySeed(seed, call);

  await expect(refusal).rejects.toThrow('chargers[1] (CP2): heartbeatIntervalS: at most 300');
  await expect(refusal).rejects.toThrow('idTags[0] (T): Not yours');
  await expect(refusal).rejects.toMatchObject({ exitCode: 1 });
});

test.each([
  ['{"charger":[]}', 'charger: unknown field'],
  ['{"chargers":{}}', 'chargers: Invalid input: expected array'],
  ['{"chargers":[{"password":"12345678"}]}', 'chargers[0].id: Invalid input: expected string'],
  ['{"chargers":[{"id":"MY1"},{"id":"my1"}]}', 'chargers[1].id: charger MY1 is there already'],
  ['{"idTags":[{"idTag":"a"},{"idTag":"A"}]}', 'idTags[1].idTag: tag A is there already'],
  ['{', 'cannot be read'],
])('the seed %s is refused', (content, message) => {
  const path = file(content);

  expect(() => readSeed(path)).toThrow(message);
  expect(() => readSeed(path)).toThrow(`--seed ${path}`);
});

test('the demo set has passwords of its own, the same at every start', () => {
  const path = join(temporaryDirectory(), 'demo.json');

  const first = demoPasswords(path);
  const second = demoPasswords(path);

  expect(second).toEqual(first);
  expect(new Set(Object.values(first)).size).toBe(2);
  expect(demoSeed(first).chargers.map(({ id, password }) => [id, password])).toEqual(Object.entries(first));
});
