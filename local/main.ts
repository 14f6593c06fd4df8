import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { synthesise } from '#local/assembly/synth.ts';
import { type Cloud, startCloud } from '#local/cloud.ts';
import { isLoopbackHost } from '#local/gateway/loopback.ts';
import { apiClient } from '#local/start/api-client.ts';
import { demoPasswords, demoSeed, describeDemo, runDemo } from '#local/start/demo.ts';
import { help, type Options, readOptions } from '#local/start/options.ts';
import { applySeed, readSeed } from '#local/start/seed.ts';
import { UserError } from '#local/start/user-error.ts';

/** `npm start`. Stdout has the line `ready http://…` and nothing else; what is meant for people goes to stderr. */

// As on Lambda, whose functions share this process's clock.
process.env.TZ = 'UTC';

/** How long the demo charger may take to end its session. */
const DEMO_GRACE_MS = 5_000;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Whoever asks twice does not want to wait.
    if (stopping.signal.aborted) process.exit(1);
    stopping.abort();
  });
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(help);
  else await run(options);
} catch (cause) {
  print(
    cause instanceof UserError
      ? cause.message
      : cause instanceof Error
        ? (cause.stack ?? cause.message)
        : String(cause),
  );
  process.exitCode = cause instanceof UserError ? cause.exitCode : 1;
}

async function run(options: Options): Promise<void> {
  const given = options.seed === undefined ? undefined : readSeed(options.seed);
  const assembly = options.assembly ?? (await synthesise(join(import.meta.dirname, '..'), print));
  if (stopping.signal.aborted) return;

  const cloud = await startCloud({
    assembly,
    host: options.host,
    port: options.port,
    data: options.data,
    databaseEndpoint: process.env.AWS_ENDPOINT_URL_DYNAMODB,
    region: process.env.AWS_REGION,
    variables: options.variables,
    tickMs: options.tickMs,
    faults: options.faults,
    instances: options.instances,
    quotas: {
      idleMs: options.idleMs,
      connectionMs: options.connectionMs,
      connectsPerS: options.connectsPerS,
    },
    log: print,
    onLoss: (why) => {
      print(why);
      process.exit(1);
    },
  });
  try {
    const call = apiClient(cloud.ownUrl, operatorToken(cloud));
    const socketUrl = `${cloud.ownUrl.replace(/^http/, 'ws')}/ocpp`;
    const passwords = given ? {} : demoPasswords(join(cloud.dataDirectory, 'demo.json'));
    // Faults are for what comes after; a seed is loaded whole.
    cloud.faults?.hold();
    const keys = await applySeed(given ?? demoSeed(passwords), call);
    cloud.faults?.release();
    if (given) {
      const { chargers, idTags } = given;
      print(`${chargers.length} chargers and ${idTags.length} tags are loaded; chargers dial ${socketUrl}/<id>`);
    }
    for (const { id, authorizationKeyHex } of keys) {
      print(
        `${id}: a key was made, shown only now: ${authorizationKeyHex} (npm run charger -- --id ${id} --key-hex …)`,
      );
    }
    if (!isLoopbackHost(options.host)) {
      print(
        'Others can reach this: /local/token is off. A token made on 127.0.0.1 with the same --data is good for an hour.',
      );
    }
    process.stdout.write(`ready ${cloud.url}\n`);

    if (!given) print(describeDemo(passwords, socketUrl));
    const demo = options.demo ? runDemo({ socketUrl, passwords, call, print, signal: stopping.signal }) : undefined;
    demo?.catch((cause: unknown) => print(`The demo failed: ${cause instanceof Error ? cause.message : cause}`));
    await aborted(stopping.signal);
    await Promise.race([demo?.catch(() => {}), setTimeout(DEMO_GRACE_MS, undefined, { ref: false })]);
  } finally {
    await cloud.stop();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Renewed before it expires: a demo may be left alone for long. */
function operatorToken({ mintToken }: Cloud): () => Promise<string> {
  let current: { token: string; expiresAt: string } | undefined;
  return async () => {
    if (!current || Date.parse(current.expiresAt) < Date.now() + 60_000) {
      current = await mintToken({ email: 'local@chargeline.invalid', role: 'operator' });
    }
    return current.token;
  };
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}
