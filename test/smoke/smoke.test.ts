import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import * as z from 'zod';
import { localCloud } from '#test/support/local-cloud.ts';

const main = join(import.meta.dirname, '../../smoke/main.ts');
const report = z.object({
  ok: z.boolean(),
  checks: z.array(z.object({ name: z.string(), reliedUpon: z.string(), seen: z.string(), as: z.string() })),
});
const list = z.object({ items: z.array(z.unknown()) });

/** Names of what the options leave out. */
const optional = [
  'an identity that a URL must encode',
  'the way past CloudFront, ?id=',
  'a connection with pings and nothing else',
  'client certificates (mTLS) with WebSocket',
];

describe('against an installation', () => {
  const cloud = localCloud({ context: { entrance: 'both' } });
  const password = 'smoke-password-1';
  const base = () => `${cloud.url.replace(/^http/, 'ws')}/ocpp`;

  /** Sessions, violations, and evidence: of the one boot. */
  const left = (chargerId: string) =>
    Promise.all(
      (['listChargerSessions', 'listChargerViolations', 'listChargerEvidence'] as const).map(async (what) =>
        list.parse(await cloud.api.ask(what, { params: { chargerId } })),
      ),
    );

  test('all is as relied upon, and the charger has no session, no violation and no evidence more', async () => {
    const charger = await cloud.charger({ password });
    await (await charger.boot()).close();
    const before = await left(charger.id);

    const { json, code } = await smoke(['--url', base(), '--id', charger.id, '--password', password]);

    expect(json.checks.filter(({ as }) => as === 'otherwise')).toEqual([]);
    expect(json.checks.filter(({ as }) => as === 'not checked').map(({ name }) => name)).toEqual([
      'a boot',
      ...optional,
    ]);
    expect(code).toBe(0);
    expect(await left(charger.id)).toEqual(before);
    expect(before.map(({ items }) => items.length)).toEqual([0, 0, 1]);
  }, 120_000);

  test('a key in place of a password, an identity that needs encoding and the direct way are checked when asked for', async () => {
    const authorizationKeyHex = '00ff'.repeat(10);
    const charger = await cloud.charger({ authorizationKeyHex });
    const odd = await cloud.charger({ id: `CP ü&=+${charger.id.slice(-8)}`, authorizationKeyHex });

    const { json } = await smoke([
      ...['--url', `${base()}/`, '--id', charger.id, '--key-hex', authorizationKeyHex, '--boot'],
      ...['--encoded-id', odd.id, '--direct-url', `${base()}?id=`],
      ...['--idle', '--idle-limit', '0.2', '--ping-interval', '0.1'],
    ]);

    expect(json.checks.filter(({ name }) => optional.includes(name)).map(({ name, as }) => [name, as])).toEqual([
      ['an identity that a URL must encode', 'relied upon'],
      ['the way past CloudFront, ?id=', 'relied upon'],
      ['a connection with pings and nothing else', 'told'],
      ['client certificates (mTLS) with WebSocket', 'not checked'],
    ]);
  }, 120_000);

  test('a charger that was never accepted is seen as that, in words, and is not booted unasked', async () => {
    const charger = await cloud.charger({ password });

    const { stdout, code } = await run(['--url', base(), '--id', charger.id, '--password', password]);

    expect(code).toBe(1);
    expect(stdout).toContain('not checked     a boot: without --boot');
    expect(stdout).toMatch(/^OTHERWISE +the authorizer’s context on messages: CALLERROR SecurityError: .*--boot/m);
    expect(stdout).toMatch(/^as relied upon +a wrong password: HTTP 401$/m);
    expect(stdout).toMatch(/Not everything is as relied upon\.\n$/);
    expect(await charger.read()).toMatchObject({ acceptedAt: null });
  }, 120_000);
});

describe('against a server that is wrong', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  test('each check fails when nobody is let in, and says with what', async () => {
    const url = await serve((server) => {
      server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 503 Busy\r\nConnection: close\r\n\r\n'));
    });

    const { json, code } = await smoke(['--url', url, ...everything]);

    const others = json.checks.filter(({ as }) => as !== 'otherwise').map(({ name }) => name);
    expect(others).toEqual(['client certificates (mTLS) with WebSocket']);
    expect(new Set(json.checks.slice(0, -1).map(({ seen }) => seen))).toEqual(
      new Set(['HTTP 503', 'no connection: connect ECONNREFUSED 127.0.0.1:9']),
    );
    expect(code).toBe(1);
  });

  test('each check but the handshake fails when everybody is let in and hears an echo', async () => {
    const url = await serve((server) => {
      new WebSocketServer({ server, handleProtocols: ([first]) => first ?? false }).on('connection', (socket) => {
        socket.on('message', (data) => socket.send(String(data)));
        socket.on('ping', () => socket.close(1001));
      });
    });

    const { json, code } = await smoke(['--url', url, ...everything]);

    const others = json.checks.filter(({ as }) => as !== 'otherwise').map(({ name, seen }) => [name, seen]);
    expect(others).toEqual([
      ['the handshake', "let in with 'ocpp1.6'"],
      ['an identity that a URL must encode', "let in with 'ocpp1.6'"],
      ['a connection with pings and nothing else', expect.stringMatching(/^closed with 1001 after 0 s/)],
      ['client certificates (mTLS) with WebSocket', 'security profile 3 is refused'],
    ]);
    expect(code).toBe(1);
  });

  test('the handshake fails with another subprotocol, and a silent server is not waited for longer than told', async () => {
    const url = await serve((server) => {
      new WebSocketServer({ server, handleProtocols: () => false });
    });

    const { json } = await smoke(['--url', url, ...everything]);

    const handshake = json.checks.find(({ name }) => name === 'the handshake');
    expect(handshake).toMatchObject({ as: 'otherwise', seen: 'no connection: Server sent no subprotocol' });
  });

  const everything = [
    ...['--id', 'CP001', '--password', 'a-password', '--boot', '--timeout', '1'],
    ...['--encoded-id', 'CP 1', '--direct-url', 'ws://127.0.0.1:9/?id=', '--idle', '--ping-interval', '0.05'],
  ];

  async function serve(prepare: (server: Server) => void): Promise<string> {
    const server = createServer();
    servers.push(server);
    prepare(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }
});

describe('an option that cannot be used is named, with exit code 2:', () => {
  test.each([
    [[], '--url is needed'],
    [['--url', 'http://x', '--id', 'A', '--password', 'p'], '--url wants a ws:// or wss:// URL'],
    [['--url', 'wss://x', '--password', 'p'], '--id is needed'],
    [['--url', 'wss://x', '--id', 'A'], '--password or --key-hex is needed'],
    [['--url', 'wss://x', '--id', 'A:B', '--password', 'p'], '--id cannot hold a colon'],
    [
      ['--url', 'wss://x', '--id', 'A', '--password', 'p', '--key-hex', 'ab'],
      '--key-hex and --password exclude each other',
    ],
    [['--url', 'wss://x', '--id', 'A', '--key-hex', 'abc'], '--key-hex wants up to 40 hexadecimal digits'],
    [['--url', 'wss://x', '--id', 'A', '--password', 'p', '--timeout', '0'], '--timeout wants more than 0 seconds'],
    [['--nonsense'], "Unknown option '--nonsense'"],
  ])('%j', async (options, message) => {
    const { stderr, code } = await run(options);

    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('and --help tells them all', async () => {
    const { stdout, code } = await run(['--help']);

    expect(code).toBe(0);
    expect(stdout).toContain('--encoded-id ID');
  });
});

async function smoke(options: string[]) {
  const { stdout, stderr, code } = await run([...options, '--json']);
  expect(stderr).toBe('');
  return { json: report.parse(JSON.parse(stdout)), code };
}

function run(options: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...options], (_, stdout, stderr) => {
      resolve({ stdout, stderr, code: child.exitCode ?? -1 });
    });
  });
}
