import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { type Cloud, startCloud } from '#local/cloud.ts';
import type { FaultSpec } from '#local/faults/fault-spec.ts';
import { processIdentity } from '#local/start/processes.ts';
import { fixtureCloud } from '#test/support/fixture-cloud.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { until } from '#test/support/until.ts';

let fixture: ReturnType<typeof fixtureCloud>;

beforeAll(() => {
  fixture = fixtureCloud({
    handlers: {
      // Counts in the table, so that an answer is a promise that it is kept.
      getThing: `
        import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
        const client = new DynamoDBClient({});
        export const handler = async (event) => {
          const pk = { S: event.pathParameters.thingId };
          const { Attributes } = await client.send(new UpdateItemCommand({
            TableName: process.env.TABLE, Key: { pk, sk: { S: '-' } }, ReturnValues: 'ALL_NEW',
            UpdateExpression: 'ADD n :one', ExpressionAttributeValues: { ':one': { N: '1' } },
          }));
          return { count: Number(Attributes.n.N) };
        }`,
    },
  });
}, 60_000);

afterAll(() => fixture.remove());

async function start(options: { assembly?: string; data?: string; faults?: FaultSpec } = {}): Promise<Cloud> {
  const cloud = await startCloud({
    assembly: options.assembly ?? fixture.directory,
    host: '127.0.0.1',
    port: 0,
    data: options.data,
    faults: options.faults,
    log: () => {},
  });
  onTestFinished(() => cloud.stop());
  return cloud;
}

const struck = z.object({ seed: z.number(), items: z.array(z.object({ kind: z.string(), count: z.number() })) });
const counted = z.object({ count: z.number() });

/** How often this thing was asked for so far. */
async function count(url: string, thing = 'a'): Promise<number> {
  return counted.parse(await (await askFor(url, thing)).json()).count;
}

async function askFor(url: string, thing: string): Promise<Response> {
  const token = await fetch(`${url}/local/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'a@example.org', role: 'operator' }),
  });
  const { token: bearer } = z.object({ token: z.string() }).parse(await token.json());
  return fetch(`${url}/api/things/${thing}`, { headers: { authorization: `Bearer ${bearer}` } });
}

test('a request runs through the route of the template into the deployed bundle and the database', async () => {
  const { url } = await start();

  const counts = [await count(url), await count(url)];

  expect(counts).toEqual([1, 2]);
});

test('a change in a table reaches the function that reads its stream', async () => {
  const { url, dataDirectory } = await start();
  const log = () => {
    const [file] = readdirSync(join(dataDirectory, 'logs')).filter((name) => name.startsWith('onChange'));
    return file ? readFileSync(join(dataDirectory, 'logs', file), 'utf8') : '';
  };

  await count(url, 'seen-by-the-reader');

  await until('the reader printed it', () => log().includes('seen-by-the-reader'));
  expect(log()).toContain('"eventName":"INSERT"');
});

test('what functions used is told at /local/usage', async () => {
  const { url } = await start();
  await count(url);

  const usage = await (await fetch(`${url}/local/usage`)).json();

  expect(usage).toEqual({
    items: [
      {
        functionId: expect.stringMatching(/^getThing/),
        action: 'dynamodb:UpdateItem',
        resource: 'fixture-things',
        count: 1,
      },
    ],
  });
});

test.each(['conflict', 'throttle-db', 'throttle', 'crash', 'timeout-after'] as const)(
  'with the fault %s a request fails until the fault is held back, and what struck is told at /local/faults',
  async (kind) => {
    const { url, faults } = await start({ faults: { rates: { [kind]: 1 }, seed: 1, disconnectDelayMs: 0 } });

    const { status } = await askFor(url, 'a');
    const told = struck.parse(await (await fetch(`${url}/local/faults`)).json());
    faults?.hold();
    const after = await count(url);

    expect(status).toBeGreaterThanOrEqual(500);
    expect(told).toMatchObject({ seed: 1, items: [{ kind }] });
    expect(told.items[0]?.count).toBeGreaterThan(0);
    // What crashed may have been done, what timed out after its end was.
    if (kind === 'timeout-after') expect(after).toBe(2);
    else if (kind !== 'crash') expect(after).toBe(1);
  },
);

test('data is kept across restarts, and nothing of it in memory', async () => {
  const data = temporaryDirectory();
  const before = await start({ data });
  await count(before.url);
  await before.stop();

  const after = await start({ data });
  const inMemory = await start();

  expect(await count(after.url)).toBe(2);
  expect(await count(inMemory.url)).toBe(1);
});

test('what is in memory is removed at the end', async () => {
  const cloud = await start();

  await cloud.stop();

  expect(existsSync(cloud.dataDirectory)).toBe(false);
});

/** The fixture's assembly with one of its files changed. */
function edited(file: RegExp, edit: (content: string) => string): string {
  const assembly = join(temporaryDirectory(), 'cloud');
  cpSync(fixture.directory, assembly, { recursive: true });
  const paths = readdirSync(assembly, { recursive: true, encoding: 'utf8' }).filter((path) => file.test(path));
  for (const path of paths) writeFileSync(join(assembly, path), edit(readFileSync(join(assembly, path), 'utf8')));
  return assembly;
}

test('a route that is removed from the template is not there', async () => {
  const assembly = edited(/fixture-app\.template\.json$/, (template) =>
    template.replace('GET /api/things/', 'GET /api/others/'),
  );
  const { url } = await start({ assembly });

  const response = await fetch(`${url}/api/things/a`);

  expect(response.status).toBe(404);
});

test('a bundle that is changed runs as it is', async () => {
  const assembly = edited(/index\.mjs$/, (bundle) => bundle.replace('Number(Attributes.n.N)', '-1'));
  const { url } = await start({ assembly });

  expect(await count(url)).toBe(-1);
});

test('a port that is taken is told', async () => {
  const { url } = await start();
  const port = Number(new URL(url).port);

  const second = startCloud({ assembly: fixture.directory, host: '127.0.0.1', port, data: undefined, log: () => {} });

  await expect(second).rejects.toThrow(`Port ${port} of 127.0.0.1 is taken: choose another with --port.`);
});

interface Run {
  pid: number;
  stdout: string[];
  stderr: string[];
  url(): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  ended: Promise<number | NodeJS.Signals>;
}

/** `npm start -- …` as a process of its own. */
function run(...options: string[]): Run {
  const seed = join(temporaryDirectory(), 'seed.json');
  writeFileSync(seed, '{}');
  const child = spawn(
    process.execPath,
    ['local/main.ts', '--assembly', fixture.directory, '--port', '0', '--seed', seed, ...options],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const [stdout, stderr]: [string[], string[]] = [[], []];
  createInterface(child.stdout).on('line', (line) => stdout.push(line));
  createInterface(child.stderr).on('line', (line) => stderr.push(line));
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code ?? 0));
  });
  // Not SIGKILL: its database would survive it.
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  return {
    pid: child.pid ?? 0,
    stdout,
    stderr,
    url: () => until('it is ready', () => /^ready (.*)$/.exec(stdout[0] ?? '')?.[1]),
    kill: (signal) => child.kill(signal),
    ended,
  };
}

function databasePid(data: string): number {
  return Number(readFileSync(join(data, 'database', 'dynamodb.pid'), 'utf8'));
}

test('stdout has the line ready, and a signal ends everything', async () => {
  const data = temporaryDirectory();
  const cloud = run('--data', data);
  const url = await cloud.url();
  const database = databasePid(data);

  cloud.kill('SIGTERM');
  const code = await cloud.ended;

  expect(cloud.stdout).toEqual([`ready ${url}`]);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(code).toBe(0);
  expect(processIdentity(database)).toBeUndefined();
  expect(existsSync(join(data, 'lock'))).toBe(false);
});

test('a second local cloud on a data directory says so and ends', async () => {
  const data = temporaryDirectory();
  const first = run('--data', data);
  await first.url();

  const second = run('--data', data);
  const code = await second.ended;

  expect(code).toBe(1);
  expect(second.stderr).toEqual([
    expect.stringContaining(`Another local cloud (process ${first.pid}) runs on the data directory ${data}`),
  ]);
  expect(second.stdout).toEqual([]);
});

test('a database process that survived a kill does not block the next start, and nothing that was answered is lost', async () => {
  const data = temporaryDirectory();
  const first = run('--data', data);
  const url = await first.url();
  let answered = 0;
  const load = Promise.allSettled(
    Array.from({ length: 4 }, async () => {
      for (;;) answered = Math.max(answered, await count(url));
    }),
  );
  await until('there is some load', () => answered > 20);
  const survivor = databasePid(data);
  first.kill('SIGKILL');
  await load;

  const survived = processIdentity(survivor) !== undefined;
  const second = run('--data', data);

  expect(await count(await second.url())).toBeGreaterThan(answered);
  expect(survived).toBe(true);
  expect(processIdentity(survivor)).toBeUndefined();
  second.kill('SIGTERM');
  expect(await second.ended).toBe(0);
});

test('a kill of everything, the database included, loses nothing that was answered', async () => {
  const data = temporaryDirectory();
  const first = run('--data', data);
  const url = await first.url();
  let answered = 0;
  const load = Promise.allSettled(
    Array.from({ length: 4 }, async () => {
      for (;;) answered = Math.max(answered, await count(url));
    }),
  );
  await until('there is some load', () => answered > 20);
  process.kill(databasePid(data), 'SIGKILL');
  first.kill('SIGKILL');
  await load;

  const second = run('--data', data);

  expect(await count(await second.url())).toBeGreaterThan(answered);
  second.kill('SIGTERM');
  expect(await second.ended).toBe(0);
});

test.each([
  ['--prot', '2', 2],
  ['--seed', 'nowhere.json', 1],
])('the option %s %s is told on stderr', async (option, value, expected) => {
  const cloud = run(option, value);

  expect(await cloud.ended).toBe(expected);
  expect(cloud.stderr[0]).toContain(option);
  expect(cloud.stdout).toEqual([]);
});
