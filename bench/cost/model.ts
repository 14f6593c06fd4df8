import type { Behaviour } from './behaviours.ts';
import { bytesPerGb, prices } from './prices.ts';

/** What one message, one connecting, or one look of the watch takes: from a measurement (`measured.ts`), in whole numbers. */
export interface Taken {
  /** Functions that run for it. */
  invocations: number;
  /** Their billed duration together, in microseconds at 256 MB. */
  billedMicros: number;
  readUnits: number;
  writeUnits: number;
  /** Messages of the gateway, both directions. */
  messages: number;
  /** Bytes from and to the charger. */
  inBytes: number;
  outBytes: number;
  /** Journal lines, Lambda's own lines, and the access log's. */
  logBytes: number;
}

export interface Measured {
  messages: Readonly<Record<MessageName, Taken>>;
  /** What a session leaves in the tables, indexes included. */
  storedBytesPerSession: number;
}

export const messageNames = [
  '$connect',
  '$disconnect',
  'BootNotification',
  'StatusNotification',
  'Heartbeat',
  'Authorize',
  'StartTransaction',
  'MeterValues',
  'StopTransaction',
  '$look',
  '$lookOver',
] as const;

export type MessageName = (typeof messageNames)[number];

export const columns = ['gateway', 'lambda', 'writes', 'reads', 'storage', 'cloudFront', 'logs'] as const;

/** Pico-dollars of one charger in one month. */
export type Cost = Readonly<Record<(typeof columns)[number], bigint>>;

/** A month of AWS: 730 hours. */
const hoursPerMonth = 730;
const memoryMb = 256n;
/** Logs are kept for six months in production (lib/settings.ts). */
const monthsOfLogs = 6n;
/** Heartbeats are written down once in five minutes at most (shared/domain/charger.ts). */
const heardPerHour = 12;

/** What one charger costs in a month. Every product is of whole numbers, and rounded up once, at its end. */
export function costOf({ messages, storedBytesPerSession }: Measured, behaviour: Behaviour): Cost {
  const counts = countsOf(behaviour);
  const sum = (of: (taken: Taken) => number) =>
    messageNames.reduce((total, name) => total + whole(counts[name]) * whole(of(messages[name])), 0n);

  const quietHeartbeats = whole(Math.max(0, behaviour.heartbeatsPerHour - heardPerHour) * hoursPerMonth);
  const unwritten = quietHeartbeats * whole(messages.Heartbeat.writeUnits);
  const logBytes = sum(({ logBytes }) => logBytes);
  const kept = whole(storedBytesPerSession) * whole(counts.StopTransaction) * whole(behaviour.monthsKept);
  return {
    gateway:
      sum(({ messages: each }) => each) * prices.gatewayMessage + whole(hoursPerMonth * 60) * prices.gatewayMinute,
    lambda:
      sum(({ invocations }) => invocations) * prices.lambdaRequest +
      upwards(sum(({ billedMicros }) => billedMicros) * memoryMb * prices.lambdaGbSecond, 1024n * 1_000_000n),
    writes: (sum(({ writeUnits }) => writeUnits) - unwritten) * prices.writeUnit,
    reads: sum(({ readUnits }) => readUnits) * prices.readUnit,
    storage: upwards(kept * prices.storedGbMonth, bytesPerGb),
    cloudFront:
      whole(counts.$connect) * prices.edgeRequest +
      upwards(
        sum(({ outBytes }) => outBytes) * prices.edgeGbOut + sum(({ inBytes }) => inBytes) * prices.edgeGbIn,
        bytesPerGb,
      ),
    logs: upwards(logBytes * (prices.logGb + prices.logGbMonth * monthsOfLogs), bytesPerGb),
  };
}

/** How often each happens in a month. */
export function countsOf(behaviour: Behaviour): Record<MessageName, number> {
  const perMonth = (perDay: number) => Math.round((perDay * hoursPerMonth) / 24);
  const sessions = perMonth(behaviour.sessionsPerDay);
  const dials = perMonth(behaviour.dialsPerDay);
  return {
    $connect: dials,
    $disconnect: dials,
    BootNotification: behaviour.bootsPerMonth,
    StatusNotification: sessions * behaviour.statusesPerSession,
    Heartbeat: behaviour.heartbeatsPerHour * hoursPerMonth,
    Authorize: sessions,
    StartTransaction: sessions,
    MeterValues: sessions * behaviour.samplesPerSession,
    StopTransaction: sessions,
    $look: sessions * behaviour.looksPerSession,
    $lookOver: sessions,
  };
}

export const totalOf = (cost: Cost): bigint => columns.reduce((sum, column) => sum + cost[column], 0n);

/** What an installation has, whatever it has of chargers. */
export interface Installation {
  /** Metrics of the journal with different dimensions. */
  series: number;
  /** Of the ops stack, each over one metric. */
  alarms: number;
  secrets: number;
  /** Keys of its own: the alarms' topic has one. */
  keys: number;
}

/** What it costs in a month, the runs of the watch that find nothing to do included. */
export function installationCost({ series, alarms, secrets, keys }: Installation): bigint {
  return (
    whole(series) * prices.customMetric +
    whole(alarms) * prices.alarm +
    whole(secrets) * prices.secret +
    whole(keys) * prices.key +
    watchRuns * idleRun
  );
}

/** One run of the watch in five minutes. */
const watchRuns = BigInt((hoursPerMonth * 60) / 5);

/** A run that finds nothing: nine requests that read half a unit each, in half a second at 256 MB. */
const idleRun = prices.lambdaRequest + prices.lambdaGbSecond / 8n + (9n * prices.readUnit) / 2n;

function whole(count: number): bigint {
  return BigInt(count);
}

function upwards(amount: bigint, divisor: bigint): bigint {
  return (amount + divisor - 1n) / divisor;
}

/** `$0.0110`: rounded half up to a hundredth of a cent. */
export function dollars(pico: bigint): string {
  const hundredths = (pico + 50_000_000n) / 100_000_000n;
  return `$${hundredths / 10_000n}.${String(hundredths % 10_000n).padStart(4, '0')}`;
}
