import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { countingProxy } from '#bench/cloud/counting-proxy.ts';
import { LocalCloud } from '#bench/cloud/local-cloud.ts';
import type { Consumption } from '#bench/cloud/recording.ts';
import { Charger } from '#bench/load/charger.ts';
import { each, fleetOf } from '#bench/load/fleet.ts';
import { boot } from '#bench/load/frames.ts';
import { percentile } from '#bench/load/latencies.ts';
import { startDatabase } from '#local/database/database.ts';

export interface CommandsSetting {
  chargers: number;
  /** How many commands each charger gets. */
  rounds: number;
  log(line: string): void;
}

export interface CommandsResult {
  chargers: number;
  commands: number;
  commandsPerSecond: number;
  /** From the API call to the frame at the charger. */
  toCharger: { p50: number; p99: number };
  /** From the charger's answer to whoever waits. */
  toCaller: { p50: number; p99: number };
  /** Of one command, from the request to the recorded answer. */
  consumption: Consumption;
  /** What a charger that nobody commands costs: of its connection, boot and heartbeat, the requests to the table of commands. */
  idle: Consumption;
}

/** How many commands are under way at the same time: each caller waits for its outcome. */
const width = 8;

const outcome = z.object({ commandId: z.string(), state: z.string() });

/** Commands to many connected chargers, each answered at once; then one by one, for what each consumes. */
export async function commands({ chargers, rounds, log }: CommandsSetting): Promise<CommandsResult> {
  const fleet = fleetOf(chargers);
  log(`Loading ${chargers} chargers …`);
  const cloud = await LocalCloud.start({ seed: fleet.seed, readyWithinMs: 900_000 });
  try {
    log('Connecting …');
    const online = await each(fleet.identities, width, async (identity) => {
      const charger = await Charger.dial(identity, { url: cloud.chargerUrl });
      await boot(charger);
      return { id: identity.id, charger };
    });
    const send = await sender(cloud.url);
    log('Warming up …');
    await each(online.slice(0, 200), width, (it) => send(it));
    log(`Measuring ${chargers * rounds} commands …`);
    const began = performance.now();
    const all = await each(Array.from({ length: rounds }, () => online).flat(), width, (it) => send(it));
    const seconds = (performance.now() - began) / 1000;
    for (const { charger } of online) charger.terminate();
    log('Counting requests through a proxy …');
    return {
      chargers,
      commands: all.length,
      commandsPerSecond: all.length / seconds,
      toCharger: summary(all.map(({ toChargerMs }) => toChargerMs)),
      toCaller: summary(all.map(({ toCallerMs }) => toCallerMs)),
      ...(await count()),
    };
  } finally {
    await cloud.stop();
  }
}

const summary = (times: number[]) => ({ p50: percentile(times, 50), p99: percentile(times, 99) });

/** Sends a command and waits for its outcome, as an operator does. */
async function sender(url: string) {
  const { token } = z.object({ token: z.string() }).parse(
    await (
      await fetch(`${url}/local/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"email":"bench@chargeline.invalid","role":"operator"}',
      })
    ).json(),
  );

  return async ({ id, charger }: { id: string; charger: Charger }) => {
    const began = performance.now();
    let heardAt = 0;
    charger.onCall = () => {
      heardAt = performance.now();
      return { status: 'Accepted' };
    };
    const response = await fetch(`${url}/api/chargers/${id}/commands/ClearCache?wait=25`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    });
    const { state } = outcome.parse(await response.json());
    if (state !== 'answered') throw new Error(`The command of ${id} is ${state}`);
    return { toChargerMs: heardAt - began, toCallerMs: performance.now() - heardAt };
  };
}

/** Requests and units of one command, and of a charger that gets none. */
async function count(): Promise<{ consumption: Consumption; idle: Consumption }> {
  const directory = mkdtempSync(join(tmpdir(), 'chargeline-bench-'));
  const database = await startDatabase({ directory, region: 'us-east-1' });
  const proxy = await countingProxy(database.endpoint);
  const fleet = fleetOf(1);
  const [identity] = fleet.identities;
  if (!identity) throw new Error('there is no charger');
  try {
    const cloud = await LocalCloud.start({ seed: fleet.seed, databaseEndpoint: proxy.url });
    try {
      await proxy.quiet();
      proxy.take();
      const charger = await Charger.dial(identity, { url: cloud.chargerUrl });
      await boot(charger);
      await charger.call('Heartbeat', {});
      await proxy.quiet();
      const idle = proxy.takeOf(/commands/i);
      const send = await sender(cloud.url);
      await send({ id: identity.id, charger });
      await proxy.quiet();
      proxy.take();
      await send({ id: identity.id, charger });
      await proxy.quiet();
      const consumption = proxy.take();
      charger.terminate();
      return { consumption, idle };
    } finally {
      await cloud.stop();
    }
  } finally {
    await proxy.stop();
    await database.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
