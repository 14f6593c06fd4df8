import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import * as z from 'zod';
import type { Role } from '#shared/http/route.ts';
import { Api } from './api.ts';
import { synthesised } from './assembly.ts';
import { type Dialling, RawCharger } from './raw-charger.ts';
import { TestCharger } from './test-charger.ts';
import { until } from './until.ts';

const root = join(import.meta.dirname, '../..');
const readyLine = /^ready (http:\/\/\S+)$/m;
const tokenAnswer = z.object({ token: z.string() });
const usageAnswer = z.object({
  items: z.array(z.object({ functionId: z.string(), action: z.string(), resource: z.string(), count: z.int() })),
});

interface Setting {
  /** What `--seed` loads. */
  seed?: { chargers?: object[]; idTags?: object[] };
  /** `cdk synth -c name=value`: the settings of the cloud. */
  context?: Record<string, string>;
  /** An assembly that is run as it is. */
  assembly?: string;
  /** What is kept across restarts; in memory unless given. */
  data?: string;
  /** A DynamoDB that runs already. */
  databaseEndpoint?: string;
  /** In the place of what the templates give functions in these environment variables. */
  variables?: Record<string, string>;
  /** How often every schedule fires. */
  tickS?: number;
  /** Further ones, as `npm start` has them. */
  options?: string[];
}

interface Running {
  child: ChildProcess;
  url: string;
}

/**
 * The whole system in a process of its own, started as `npm start` does; only the assembly is made beforehand, since several test files start
 * at once. One for each test file: `const cloud = localCloud()` at its top starts it before the first test and stops it after the last. What
 * it printed is shown when a test fails.
 */
export function localCloud(setting: Setting = {}): LocalCloud {
  const cloud = new LocalCloud();
  beforeAll(() => cloud.start(setting), 330_000);
  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => console.error(`The local cloud printed:\n${cloud.printed}`));
  });
  // Those that are still connected are disconnected one by one.
  afterAll(() => cloud.stop(), 120_000);
  return cloud;
}

export class LocalCloud {
  /** What it wrote to stderr. */
  printed = '';
  #running: Running | undefined;
  readonly #directory = mkdtempSync(join(tmpdir(), 'chargeline-journey-'));
  readonly #sockets = new Set<RawCharger>();
  readonly #tokens = new Map<string, Promise<string>>();

  async start(setting: Setting): Promise<void> {
    const { seed = {}, context, assembly, data, databaseEndpoint, variables = {}, tickS } = setting;
    const run = assembly ?? (await synthesised(context));
    const seedFile = join(this.#directory, 'seed.json');
    writeFileSync(seedFile, JSON.stringify(seed));
    const kept = data === undefined ? ['--memory'] : ['--data', data];
    const options = [
      ...['--port', '0', ...kept, '--no-demo', '--seed', seedFile, '--assembly', run],
      ...Object.entries(variables).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
      ...(tickS === undefined ? [] : ['--tick', String(tickS)]),
      ...(setting.options ?? []),
    ];
    const child = spawn(process.execPath, ['local/main.ts', ...options], {
      cwd: root,
      env: { ...process.env, ...(databaseEndpoint && { AWS_ENDPOINT_URL_DYNAMODB: databaseEndpoint }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const endWithUs = () => child.kill();
    process.once('exit', endWithUs);
    child.once('exit', () => process.off('exit', endWithUs));
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.printed += text;
    });
    const url = await until(
      'the local cloud is ready',
      () => {
        if (child.exitCode !== null) throw new Error(`The local cloud ended with ${child.exitCode}:\n${this.printed}`);
        return readyLine.exec(stdout)?.[1];
      },
      300_000,
    );
    this.#running = { child, url };
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    const child = this.#running?.child;
    child?.kill();
    await this.ended();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  kill(signal: NodeJS.Signals): void {
    this.#running?.child.kill(signal);
  }

  /** Resolves when the process has ended, for whatever reason; it may be started again then. */
  async ended(): Promise<void> {
    const child = this.#running?.child;
    if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  /** `http://127.0.0.1:<port>` */
  get url(): string {
    if (!this.#running) throw new Error('The local cloud has not started');
    return this.#running.url;
  }

  get pid(): number {
    const pid = this.#running?.child.pid;
    if (pid === undefined) throw new Error('The local cloud has not started');
    return pid;
  }

  /** `127.0.0.1:<port>` */
  get authority(): string {
    return new URL(this.url).host;
  }

  /** An ID token as the user pool gives it; without an organisation, for somebody who looks after the whole installation. */
  token(role: Role, organisationId?: string): Promise<string> {
    const who = `${role} ${organisationId ?? ''}`;
    const token = this.#tokens.get(who) ?? this.#askForToken(role, organisationId);
    this.#tokens.set(who, token);
    return token;
  }

  async #askForToken(role: Role, organisationId: string | undefined): Promise<string> {
    const response = await fetch(`${this.url}/local/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'journey@example.com', role, organisationId }),
    });
    if (response.status !== 200) throw new Error(`no token: ${response.status} ${await response.text()}`);
    return tokenAnswer.parse(await response.json()).token;
  }

  /** Which function has used which action on which resource, and how often. */
  async usage(): Promise<z.output<typeof usageAnswer>['items']> {
    return usageAnswer.parse(await (await fetch(`${this.url}/local/usage`)).json()).items;
  }

  /** The app API, as an operator of the installation sees it. */
  get api(): Api {
    return this.apiFor('operator');
  }

  apiFor(role: Role, organisationId?: string): Api {
    return this.#apiWith(() => this.token(role, organisationId));
  }

  /** As whoever shows this token sees it; '' shows none. */
  apiWith(token: string): Api {
    return this.#apiWith(async () => token);
  }

  #apiWith(token: () => Promise<string>): Api {
    return new Api(() => this.url, token);
  }

  /** A WebSocket as a charger opens it. Rejects with `Refusal` when it is not let in. */
  async dial(path: string, dialling: Dialling = {}): Promise<RawCharger> {
    const socket = await RawCharger.dial(`${this.url.replace(/^http/, 'ws')}${path}`, dialling);
    this.#sockets.add(socket);
    return socket;
  }

  /** A charger that no other test knows, with a key of its own unless the plan has a password or needs neither. */
  async charger(plan: Record<string, unknown> = {}, api = this.api): Promise<TestCharger> {
    const id = `CP-${randomBytes(6).toString('hex')}`;
    const needsNone = plan.securityProfile === 0 || plan.password !== undefined;
    const key = needsNone ? {} : { authorizationKeyHex: randomBytes(20).toString('hex') };
    const charger = new TestCharger(this, api, { id, ...key, ...plan });
    await charger.put();
    return charger;
  }

  /** An idTag that no other test knows. */
  async tag(plan: Record<string, unknown> = {}, api = this.api): Promise<string> {
    const idTag = `TAG-${randomBytes(6).toString('hex').toUpperCase()}`;
    await api.ask('putIdTag', { params: { idTag }, body: { idTag, status: 'Accepted', ...plan } });
    return idTag;
  }
}
