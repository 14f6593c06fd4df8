import { setTimeout as pause } from 'node:timers/promises';
import { LocalCloud } from '#bench/cloud/local-cloud.ts';
import { Charger } from '#bench/load/charger.ts';
import { each, fleetOf } from '#bench/load/fleet.ts';
import { boot } from '#bench/load/frames.ts';
import { Latencies, type Latency } from '#bench/load/latencies.ts';

export interface ConnectedSetting {
  chargers: number;
  /** How often each sends a heartbeat. */
  heartbeatS: number;
  /** How many heartbeats of each charger are measured. */
  heartbeats: number;
  log(line: string): void;
}

export interface ConnectedResult {
  chargers: number;
  heartbeatS: number;
  connectingSeconds: number;
  latency: Latency;
  unanswered: number;
  /** Of the local cloud and its database, the load generator not counted. */
  memory: {
    endMiB: number;
    /** Since the first of them connected. */
    peakMiB: number;
    /** Before that, while each was loaded and booted. */
    bootingMiB: number;
  };
  cpuMsPerHeartbeat: number;
}

/** How many dial at a time: the connecting is not what is measured. */
const width = 8;

/** Many chargers that are connected and say little. The first of five minutes' heartbeats is written down, so that both kinds are in it. */
export async function connected(setting: ConnectedSetting): Promise<ConnectedResult> {
  const { chargers, heartbeatS, heartbeats, log } = setting;
  const fleet = fleetOf(chargers);
  log(`Loading ${chargers} chargers …`);
  const cloud = await LocalCloud.start({ seed: fleet.seed, readyWithinMs: 900_000 });
  try {
    log('Each boots once …');
    await each(fleet.identities, width, async (identity) => {
      const charger = await Charger.dial(identity, { url: cloud.chargerUrl });
      await boot(charger);
      await charger.close();
    });

    const { peakMiB: bootingMiB } = cloud.memory();
    log('Waiting until nobody boots any more …');
    await restOf(cloud, 'BootNotification');
    cloud.forgetPeak();

    log('Connecting, paced …');
    const began = performance.now();
    const fleetOnline = await each(fleet.identities, width, (identity) =>
      Charger.dial(identity, { url: cloud.chargerUrl }),
    );
    const connectingSeconds = (performance.now() - began) / 1000;

    const warmUp = new Latencies();
    await spread(fleetOnline.slice(0, 1000), 10_000, (charger) => heartbeat(charger, warmUp));
    log(`Heartbeats every ${heartbeatS} s, ${heartbeats} of each …`);
    const latencies = new Latencies();
    const before = await cloud.cpu();
    let unanswered = 0;
    for (let round = 0; round < heartbeats; round++) {
      await spread(fleetOnline, heartbeatS * 1000, (charger) =>
        heartbeat(charger, latencies).catch(() => {
          unanswered++;
        }),
      );
    }
    const after = await cloud.cpu();
    const { nowMiB, peakMiB } = cloud.memory();
    for (const charger of fleetOnline) charger.terminate();
    const took = Object.values(after.micros).reduce((sum, micros) => sum + micros, 0);
    const had = Object.values(before.micros).reduce((sum, micros) => sum + micros, 0);
    const [latency = { action: 'Heartbeat', count: 0, p50: 0, p95: 0, p99: 0 }] = latencies.summary();
    return {
      chargers,
      heartbeatS,
      connectingSeconds,
      latency,
      unanswered,
      memory: { endMiB: nowMiB, peakMiB, bootingMiB },
      cpuMsPerHeartbeat: (took - had) / 1000 / latency.count,
    };
  } finally {
    await cloud.stop();
  }
}

/** Until a function has no instances: each ends when it was not asked for anything for a while. */
async function restOf(cloud: LocalCloud, functionId: string): Promise<void> {
  for (;;) {
    const { functions } = await cloud.cpu();
    if (!functions.some((each) => each.functionId === functionId && each.instances > 0)) return;
    await pause(1000);
  }
}

async function heartbeat(charger: Charger, latencies: Latencies): Promise<void> {
  await latencies.time('Heartbeat', () => charger.call('Heartbeat', {}));
}

/** Begins the work of each evenly over a time, whether or not earlier work has ended; resolves when all has. */
async function spread<T>(items: readonly T[], overMs: number, work: (item: T) => Promise<void>): Promise<void> {
  const began = performance.now();
  const all: Promise<void>[] = [];
  await new Promise<void>((resolve) => {
    const tick = setInterval(() => {
      const due = Math.min(items.length, Math.ceil(((performance.now() - began) / overMs) * items.length));
      while (all.length < due) {
        const item = items[all.length];
        all.push(item === undefined ? Promise.resolve() : work(item));
      }
      if (all.length < items.length) return;
      clearInterval(tick);
      resolve();
    }, 5);
  });
  await Promise.all(all);
}
