import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LocalCloud, total } from '#bench/cloud/local-cloud.ts';
import { Charger, type Identity, Refused } from '#bench/load/charger.ts';
import { each, type Fleet, fleetOf } from '#bench/load/fleet.ts';
import { boot } from '#bench/load/frames.ts';
import { percentile } from '#bench/load/latencies.ts';

export interface OutageSetting {
  chargers: number;
  /** After that it is given up. */
  withinS: number;
  log(line: string): void;
}

export interface OutageResult {
  chargers: number;
  /** Until the last was connected and its BootNotification answered; the others were waiting no longer. */
  seconds: { half: number; all: number };
  connectionsPerSecond: number;
  dials: number;
  /** Refusals and failures, by status or error code. */
  refusals: Record<string, number>;
  booted: number;
  /** Answers that nobody was waiting for. */
  strays: number;
  /** Handlers invoked for BootNotification beyond one for each that was sent. */
  servedTwice: number;
  memory: { endMiB: number; peakMiB: number };
  cpuMsPerConnection: number;
}

/** What AWS lets in per second, in an account that never asked for more. */
export const cloudConnectionsPerSecond = 500;

/** A charger gives a handshake so long. */
const handshakeMs = 30_000;
const firstBackOffMs = 1000;
const longestBackOffMs = 30_000;

/**
 * The morning after: a central system that has just been started, and chargers that are long in service dial all at once, and again with a growing,
 * random back-off, until each is booted.
 */
export async function outage({ chargers, withinS, log }: OutageSetting): Promise<OutageResult> {
  const fleet = fleetOf(chargers);
  const data = mkdtempSync(join(tmpdir(), 'chargeline-bench-'));
  try {
    await theDayBefore(fleet, data, log);
    return await theMorningAfter(fleet, data, { chargers, withinS, log });
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

async function theDayBefore(fleet: Fleet, data: string, log: (line: string) => void): Promise<void> {
  log(`Loading ${fleet.identities.length} chargers; each boots for the first time …`);
  const cloud = await LocalCloud.start({ seed: fleet.seed, data, readyWithinMs: 900_000 });
  try {
    await each(fleet.identities, 8, async (identity) => {
      const charger = await Charger.dial(identity, { url: cloud.chargerUrl });
      await boot(charger);
      await charger.close();
    });
  } finally {
    await cloud.stop();
  }
}

async function theMorningAfter(
  fleet: Fleet,
  data: string,
  { chargers, withinS, log }: OutageSetting,
): Promise<OutageResult> {
  const cloud = await LocalCloud.start({ seed: {}, data });
  try {
    log('All dial at once …');
    const before = await cloud.cpu();
    const began = performance.now();
    const deadline = began + withinS * 1000;
    const tally = { dials: 0, boots: 0, refusals: new Map<string, number>(), bootedAt: [] as number[] };
    const online = await Promise.all(
      fleet.identities.map((identity) => untilBooted(identity, cloud.chargerUrl, deadline, began, tally)),
    );
    const after = await cloud.cpu();
    const { nowMiB, peakMiB } = cloud.memory();
    const strays = online.reduce((sum, charger) => sum + (charger?.strays ?? 0), 0);
    for (const charger of online) charger?.terminate();

    const invoked = after.functions.find(({ functionId }) => functionId === 'BootNotification')?.invocations ?? 0;
    const seconds = tally.bootedAt.map((ms) => ms / 1000);
    const all = Math.max(0, ...seconds);
    return {
      chargers,
      seconds: { half: percentile(seconds, 50), all },
      connectionsPerSecond: all === 0 ? 0 : seconds.length / all,
      dials: tally.dials,
      refusals: Object.fromEntries(tally.refusals),
      booted: seconds.length,
      strays,
      servedTwice: Math.max(0, invoked - tally.boots),
      memory: { endMiB: nowMiB, peakMiB },
      cpuMsPerConnection: (total(after.micros) - total(before.micros)) / 1000 / Math.max(1, seconds.length),
    };
  } finally {
    await cloud.stop();
  }
}

interface Tally {
  dials: number;
  boots: number;
  refusals: Map<string, number>;
  bootedAt: number[];
}

/** Undefined when the time was up. */
async function untilBooted(
  identity: Identity,
  url: string,
  deadline: number,
  began: number,
  tally: Tally,
): Promise<Charger | undefined> {
  for (
    let backOffMs = firstBackOffMs;
    performance.now() < deadline;
    backOffMs = Math.min(backOffMs * 2, longestBackOffMs)
  ) {
    let charger: Charger | undefined;
    try {
      tally.dials++;
      charger = await Charger.dial(identity, { url, timeoutMs: handshakeMs });
      tally.boots++;
      await boot(charger);
      tally.bootedAt.push(performance.now() - began);
      return charger;
    } catch (cause) {
      charger?.terminate();
      const why = reasonOf(cause);
      tally.refusals.set(why, (tally.refusals.get(why) ?? 0) + 1);
      await pause(backOffMs * (0.5 + Math.random()));
    }
  }
  return undefined;
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Refused) return String(cause.status);
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return cause instanceof Error ? cause.message : String(cause);
}
