import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import type { ApiClient } from '#local/start/api-client.ts';
import type { Seed } from '#local/start/seed.ts';

const passwordsShape = z.record(z.string(), z.string());
type Passwords = z.output<typeof passwordsShape>;

/** Made once per data directory: whoever wrote them down can go on using them. */
export function demoPasswords(file: string): Passwords {
  if (existsSync(file)) return passwordsShape.parse(JSON.parse(readFileSync(file, 'utf8')));
  const passwords = { CP001: newPassword(), CP002: newPassword() };
  writeFileSync(file, JSON.stringify(passwords, undefined, 2), { mode: 0o600 });
  return passwords;
}

function newPassword(): string {
  return randomBytes(12).toString('base64url');
}

export function demoSeed(passwords: Passwords): Seed {
  return {
    chargers: [
      {
        id: 'CP001',
        password: passwords.CP001,
        connectors: [
          { id: 1, type: 'Type2', maxPowerW: 22_000 },
          { id: 2, type: 'Type2', maxPowerW: 22_000 },
        ],
      },
      { id: 'CP002', password: passwords.CP002, connectors: [{ id: 1, type: 'CCS2', maxPowerW: 50_000 }] },
    ],
    idTags: [
      { idTag: 'DEMO', status: 'Accepted' },
      { idTag: 'FAMILY', status: 'Accepted', parentIdTag: 'DEMO' },
      { idTag: 'BLOCKED', status: 'Blocked' },
      { idTag: 'EXPIRED', status: 'Expired' },
      { idTag: 'INVALID', status: 'Invalid' },
    ],
  };
}

export function describeDemo(passwords: Passwords, socketUrl: string): string {
  const { chargers, idTags } = demoSeed(passwords);
  return [
    'The demo set is loaded. Its chargers (Basic auth, the identity is the user name):',
    ...chargers.map(({ id }) => `  ${socketUrl}/${id}  password ${passwords[id]}`),
    `Its tags: ${idTags.map(({ idTag, status }) => `${idTag} (${status})`).join(', ')}`,
  ].join('\n');
}

export interface DemoRun {
  socketUrl: string;
  passwords: Passwords;
  call: ApiClient;
  print(line: string): void;
  /** Lets the charger end its session early, and go. */
  signal: AbortSignal;
}

const sessionsShape = z.object({ items: z.array(z.record(z.string(), z.unknown())) });

/** The simulated charger runs through one session, which is then read over the API. */
export async function runDemo({ socketUrl, passwords, call, print, signal }: DemoRun): Promise<void> {
  const settings = {
    '--url': socketUrl,
    '--id': 'CP001',
    '--password': passwords.CP001 ?? '',
    '--tag': 'DEMO',
    '--sessions': '1',
    '--power': '7200',
    '--interval': '10',
    '--speed': '60',
    '--connector': '1',
  };
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, '..', 'charger', 'main.ts'),
      ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
    ],
    // A group of its own: a terminal's Ctrl-C must reach it once, from here.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  signal.addEventListener('abort', () => child.kill('SIGINT'));
  const quit = () => child.kill('SIGKILL');
  process.once('exit', quit);
  for (const output of [child.stdout, child.stderr]) {
    createInterface(output).on('line', (line) => print(`demo │ ${line}`));
  }
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  process.off('exit', quit);
  if (signal.aborted) return;
  if (code !== 0) print(`demo │ the charger ended with ${code}`);

  const { items } = sessionsShape.parse(await call('GET', '/api/chargers/CP001/sessions?limit=1'));
  print(`demo │ GET /api/chargers/CP001/sessions → ${JSON.stringify(items[0], undefined, 2)}`);
}
