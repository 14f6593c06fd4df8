import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { type Replay, type Replayed, startReplay } from '#bench/baseline/replay.ts';
import { bundleSizes } from '#bench/cloud/bundle-sizes.ts';
import { type CountingProxy, countingProxy } from '#bench/cloud/counting-proxy.ts';
import { type CpuMicros, difference, LocalCloud, total } from '#bench/cloud/local-cloud.ts';
import type { Consumption } from '#bench/cloud/recording.ts';
import { tableBytes } from '#bench/cloud/table-bytes.ts';
import { Charger } from '#bench/load/charger.ts';
import { each, type Fleet, fleetOf } from '#bench/load/fleet.ts';
import { boot, fourValues, messagesPerSession, session } from '#bench/load/frames.ts';
import { Latencies, type Latency, median } from '#bench/load/latencies.ts';
import { startDatabase } from '#local/database/database.ts';

export interface SessionsSetting {
  chargers: number;
  /** Windows that are measured, each of one session per charger. */
  rounds: number;
  warmUpRounds: number;
  log(line: string): void;
}

/** CPU in milliseconds per message. */
interface CpuPerMessage {
  gateway: number;
  handlers: number;
  runtime: number;
  database: number;
  total: number;
}

interface MessageCost extends Consumption {
  /** The frame of the charger, and the answer. */
  sentBytes: number;
  receivedBytes: number;
}

export interface SessionsResult {
  chargers: number;
  rounds: number;
  messages: number;
  messagesPerSecond: number;
  latencies: Latency[];
  /** The median of the windows. */
  cpuMsPerMessage: CpuPerMessage;
  /** The same requests through the bare AWS SDK. */
  baseline: { requestsPerMessage: number; clientMsPerMessage: number; databaseMsPerMessage: number };
  /** All of ours over all of the baseline's, each window over the replay that followed it; and their median. */
  ratiosToBaseline: number[];
  ratioToBaseline: number;
  /** Of each message, and of `$connect` and `$disconnect`. */
  consumption: Record<string, MessageCost>;
  /** What a session leaves in the tables, as DynamoDB counts it, without indexes. */
  storedBytesPerSession: number;
  functions: {
    functionId: string;
    invocations: number;
    cpuMsPerInvocation: number;
    initCpuMs: number;
    /** Its own lines; what Lambda adds is not in it. */
    logBytesPerInvocation: number;
    bundleBytes: number;
  }[];
  memory: { endMiB: number; peakMiB: number };
}

/**
 * Chargers in a closed loop: each sends its next message when the last was answered. After each window, the same requests go through the bare SDK: what
 * else the machine does at the time slows both.
 */
export async function sessions(setting: SessionsSetting): Promise<SessionsResult> {
  const { log, chargers, rounds } = setting;
  const fleet = fleetOf(chargers);
  log('Counting requests through a proxy …');
  const { recording, consumption, storedBytesPerSession } = await count(fleet, setting);
  log('Warming up the bare SDK …');
  const replay = await startReplay(recording);
  const { windows, ...measured } = await measure(fleet, setting, replay).finally(() => replay.stop());

  const bare = windows.map(({ bare }) => bare);
  const ratios = windows.map(({ ratio }) => ratio);
  const messages = chargers * messagesPerSession;
  const perMessage = (of: (bare: Replayed) => number) => median(bare.map(of)) / 1000 / messages;
  return {
    chargers,
    rounds,
    ...measured,
    baseline: {
      requestsPerMessage: (bare[0]?.requests ?? 0) / messages,
      clientMsPerMessage: perMessage(({ clientMicros }) => clientMicros),
      databaseMsPerMessage: perMessage(({ databaseMicros }) => databaseMicros),
    },
    ratiosToBaseline: ratios,
    ratioToBaseline: median(ratios),
    consumption,
    storedBytesPerSession,
  };
}

/** What a window leaves to do, as looking at streams, is part of it. */
const settlingMs = 300;

interface Window {
  cpu: CpuMicros;
  seconds: number;
  bare: Replayed;
  /** All that it took over all that its replay took. */
  ratio: number;
}

async function measure(fleet: Fleet, { chargers, rounds, warmUpRounds, log }: SessionsSetting, replay: Replay) {
  log('Starting the local cloud …');
  const cloud = await LocalCloud.start({ seed: fleet.seed });
  try {
    const connected = await connect(fleet, cloud.chargerUrl);
    log(`Warming up: ${warmUpRounds} sessions of ${chargers} chargers …`);
    for (let round = 0; round < warmUpRounds; round++) await aSessionEach(connected, fleet, round, new Latencies());

    const latencies = new Latencies();
    const windows: Window[] = [];
    const before = await cloud.cpu();
    for (let round = 0; round < rounds; round++) {
      log(`Measuring window ${round + 1} of ${rounds}, and the same requests through the bare SDK …`);
      const start = await cloud.cpu();
      const began = performance.now();
      await aSessionEach(connected, fleet, warmUpRounds + round, latencies);
      const seconds = (performance.now() - began) / 1000;
      await pause(settlingMs);
      const cpu = difference((await cloud.cpu()).micros, start.micros);
      const bare = await replay.window();
      windows.push({ cpu, seconds, bare, ratio: total(cpu) / (bare.clientMicros + bare.databaseMicros) });
    }
    const after = await cloud.cpu();
    const memory = cloud.memory();
    for (const charger of connected) charger.terminate();

    const sizes = bundleSizes();
    const messages = chargers * messagesPerSession;
    const perMessage = (of: (cpu: CpuMicros) => number) => median(windows.map(({ cpu }) => of(cpu))) / 1000 / messages;
    return {
      windows,
      messages: latencies.count,
      messagesPerSecond: latencies.count / windows.reduce((sum, { seconds }) => sum + seconds, 0),
      latencies: latencies.summary(),
      cpuMsPerMessage: {
        gateway: perMessage(({ gateway }) => gateway),
        handlers: perMessage(({ handlers }) => handlers),
        runtime: perMessage(({ runtime }) => runtime),
        database: perMessage(({ database }) => database),
        total: perMessage(total),
      },
      functions: after.functions.map(({ functionId, invocations, cpuMicros, initCpuMicros }) => {
        const earlier = before.functions.find((each) => each.functionId === functionId);
        const fresh = invocations - (earlier?.invocations ?? 0);
        return {
          functionId,
          invocations: fresh,
          cpuMsPerInvocation: fresh === 0 ? 0 : (cpuMicros - (earlier?.cpuMicros ?? 0)) / 1000 / fresh,
          initCpuMs: median(initCpuMicros) / 1000,
          logBytesPerInvocation: invocations === 0 ? 0 : cloud.logBytes(functionId) / invocations,
          bundleBytes: sizes.get(functionId) ?? 0,
        };
      }),
      memory: { endMiB: memory.nowMiB, peakMiB: memory.peakMiB },
    };
  } finally {
    await cloud.stop();
  }
}

/** Every charger is accepted before it dials for good: its messages need not look that up. */
async function connect({ identities }: Fleet, url: string): Promise<Charger[]> {
  return each(identities, 8, async (identity) => {
    const first = await Charger.dial(identity, { url });
    await boot(first);
    await first.close();
    return Charger.dial(identity, { url });
  });
}

async function aSessionEach(chargers: Charger[], { idTags }: Fleet, round: number, latencies: Latencies) {
  await Promise.all(
    chargers.map((charger, index) => session(charger, { idTag: idTags[index] ?? '', round, latencies })),
  );
}

const started = z.object({ transactionId: z.int() });

/** An instance looks once in half a minute for the chargers that are traced, whatever the messages: it is not a message's. */
const variables = { TRACE_LOOK_S: '86400' };

/** The same once more with a proxy in front of the database; then one action at a time, for what each consumes. */
async function count(fleet: Fleet, { rounds, warmUpRounds }: SessionsSetting) {
  const directory = mkdtempSync(join(tmpdir(), 'chargeline-bench-'));
  const database = await startDatabase({ directory, region: 'us-east-1' });
  const proxy = await countingProxy(database.endpoint);
  try {
    const cloud = await LocalCloud.start({ seed: fleet.seed, databaseEndpoint: proxy.url, variables });
    try {
      const connected = await connect(fleet, cloud.chargerUrl);
      proxy.enter('warm-up');
      for (let round = 0; round < warmUpRounds; round++) await aSessionEach(connected, fleet, round, new Latencies());
      const before = await tableBytes(database.endpoint);
      for (let round = 0; round < rounds; round++) {
        proxy.enter('measured');
        await aSessionEach(connected, fleet, warmUpRounds + round, new Latencies());
      }
      const recording = { events: [...proxy.recording.events] };
      const grown = (await tableBytes(database.endpoint)) - before;
      const storedBytesPerSession = grown / (fleet.identities.length * rounds);
      for (const charger of connected) charger.terminate();
      const consumption = await oneByOne(fleet, cloud.chargerUrl, proxy);
      return { recording, consumption, storedBytesPerSession };
    } finally {
      await cloud.stop();
    }
  } finally {
    await proxy.stop();
    await database.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

type Measure = <T>(name: string, work: () => Promise<T>, charger?: Charger) => Promise<T>;

/** Requests, units and bytes of each action, and of connecting, by a charger that nobody else disturbs. */
async function oneByOne(fleet: Fleet, url: string, proxy: CountingProxy): Promise<Record<string, MessageCost>> {
  const found: Record<string, MessageCost> = {};
  // By another charger, where there is one: each function has asked then what it asks once.
  await everyMessage(fleet, fleet.identities.length - 1, url, (_, work) => work());
  await everyMessage(fleet, 0, url, async (name, work, charger) => {
    await proxy.quiet();
    proxy.take();
    const result = await work();
    await proxy.quiet();
    const { sent = 0, received = 0 } = charger?.lastBytes ?? {};
    found[name] = { ...proxy.take(), sentBytes: sent, receivedBytes: received };
    return result;
  });
  return found;
}

async function everyMessage(
  { identities, idTags }: Fleet,
  index: number,
  url: string,
  consumed: Measure,
): Promise<void> {
  const [identity, idTag] = [identities[index], idTags[index]];
  if (!identity) throw new Error('there is no charger');
  const charger = await consumed('$connect', () => Charger.dial(identity, { url }));
  const say = (action: string, payload: object) => consumed(action, () => charger.call(action, payload), charger);
  const now = () => new Date().toISOString();
  await consumed('BootNotification', () => boot(charger), charger);
  await say('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available', timestamp: now() });
  await say('Heartbeat', {});
  await say('Authorize', { idTag });
  const { transactionId } = started.parse(
    await say('StartTransaction', { connectorId: 1, idTag, meterStart: 1, timestamp: now() }),
  );
  const meterValue = [{ timestamp: now(), sampledValue: fourValues(1_234_567) }];
  await say('MeterValues', { connectorId: 1, transactionId, meterValue });
  await say('StopTransaction', { transactionId, meterStop: 9, timestamp: now() });
  await consumed('$disconnect', () => charger.close());
}
