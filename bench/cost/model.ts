import type { Behaviour } from './behaviours.ts';
import { bytesPerGb, bytesPerMib, prices } from './prices.ts';

/** What one message, one connecting, one command, or one look takes: from a measurement (`measured.ts`), in whole numbers. */
export interface Taken {
  /** Functions that run for it. */
  invocations: number;
  /** Their billed duration together, in microseconds at 256 MB. */
  billedMicros: number;
  readUnits: number;
  writeUnits: number;
  /** Messages of the gateway, both directions; a call of the HTTP API costs what one of them does. */
  messages: number;
  /** Messages of the queue of timers. */
  timers: number;
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
  storedBytesPerCommand: number;
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
  'FirmwareStatusNotification',
  'DiagnosticsStatusNotification',
  '$look',
  '$lookOver',
  '$command',
  '$commandLook',
] as const;

export type MessageName = (typeof messageNames)[number];

export const columns = ['gateway', 'lambda', 'writes', 'reads', 'storage', 'sqs', 'cloudFront', 's3', 'logs'] as const;

/** Pico-dollars of one charger in one month. */
export type Cost = Readonly<Record<(typeof columns)[number], bigint>>;

const monthsPerYear = 12n;
const hoursPerYear = 8760;
/** A month of AWS: 730 hours. */
const minutesPerMonth = BigInt((hoursPerYear / 12) * 60);
const memoryMb = 256n;
/** Logs are kept for six months in production (lib/settings.ts). */
const monthsOfLogs = 6n;
/** Heartbeats are written down once in five minutes at most (shared/domain/charger.ts). */
const heardPerHour = 12;
/** What chargers upload is kept for ninety days (lib/stacks/data.ts). */
const monthsOfUploads = 3n;
/** What one message of the queue is billed: sending, receiving and deleting it. */
const requestsPerTimer = 3n;

/**
 * Looks in vain for what a command has caused (test/functions/command-figures.test.ts): a session begins within five seconds, an update takes half an
 * hour, an upload five minutes. One more for the timer that sends a command with a link in it: it reads no more than a look does.
 */
export const looksInVain = { command: 2, update: 10 + 1, diagnostics: 8 + 1 } as const;

/** Downloading, Downloaded, Installing, Installed; Uploading, Uploaded. */
const statusesOf = { update: 4, diagnostics: 2 } as const;

/** What one charger costs in a month: a twelfth of its year. Every product is of whole numbers, and rounded up once, at its end. */
export function costOf(
  { messages, storedBytesPerSession, storedBytesPerCommand }: Measured,
  behaviour: Behaviour,
): Cost {
  const counts = countsOf(behaviour);
  const sum = (of: (taken: Taken) => number) =>
    messageNames.reduce((total, name) => total + whole(counts[name]) * whole(of(messages[name])), 0n);
  const monthly = (year: bigint, divisor = 1n) => upwards(year, divisor * monthsPerYear);

  const quietHeartbeats = whole(Math.max(0, behaviour.heartbeatsPerHour - heardPerHour) * hoursPerYear);
  const unwritten = quietHeartbeats * whole(messages.Heartbeat.writeUnits);
  const logBytes = sum(({ logBytes }) => logBytes);
  const kept =
    (whole(counts.StopTransaction) * whole(storedBytesPerSession) +
      whole(counts.$command) * whole(storedBytesPerCommand)) *
    whole(behaviour.monthsKept);
  const files = filesOf(behaviour);
  return {
    gateway:
      monthly(sum(({ messages: each }) => each) * prices.gatewayMessage) + minutesPerMonth * prices.gatewayMinute,
    lambda:
      monthly(sum(({ invocations }) => invocations) * prices.lambdaRequest) +
      monthly(sum(({ billedMicros }) => billedMicros) * memoryMb * prices.lambdaGbSecond, 1024n * 1_000_000n),
    writes: monthly((sum(({ writeUnits }) => writeUnits) - unwritten) * prices.writeUnit),
    reads: monthly(sum(({ readUnits }) => readUnits) * prices.readUnit),
    storage: monthly(kept * prices.storedGbMonth, bytesPerGb),
    sqs: monthly(sum(({ timers }) => timers) * requestsPerTimer * prices.queueRequest),
    cloudFront:
      monthly((whole(counts.$connect) + files.puts + files.gets + files.lists) * prices.edgeRequest) +
      monthly(
        (sum(({ outBytes }) => outBytes) + files.outBytes) * prices.edgeGbOut +
          (sum(({ inBytes }) => inBytes) + files.inBytes) * prices.edgeGbIn,
        bytesPerGb,
      ),
    s3:
      monthly((files.puts + files.lists) * prices.filePut + files.gets * prices.fileGet) +
      monthly(files.inBytes * monthsOfUploads * prices.fileGbMonth, bytesPerGb),
    logs: monthly(logBytes * (prices.logGb + prices.logGbMonth * monthsOfLogs), bytesPerGb),
  };
}

/** What goes through the door of the files in a year: each firmware is fetched once and whole, each upload is listed and fetched once by a person. */
function filesOf({ firmwareUpdatesPerYear, firmwareMib, diagnosticsPerYear, diagnosticsMib }: Behaviour) {
  const updates = whole(firmwareUpdatesPerYear);
  const uploads = whole(diagnosticsPerYear);
  const inBytes = uploads * whole(diagnosticsMib) * bytesPerMib;
  return {
    puts: uploads,
    lists: uploads,
    gets: updates + uploads,
    inBytes,
    outBytes: updates * whole(firmwareMib) * bytesPerMib + inBytes,
  };
}

/** How often each happens in a year. */
export function countsOf(behaviour: Behaviour): Record<MessageName, number> {
  const { firmwareUpdatesPerYear: updates, diagnosticsPerYear: diagnostics } = behaviour;
  const sessions = behaviour.sessionsPerDay * 365;
  const dials = behaviour.dialsPerDay * 365;
  const commands = behaviour.commandsPerMonth * 12;
  return {
    $connect: dials,
    $disconnect: dials,
    BootNotification: behaviour.bootsPerMonth * 12,
    StatusNotification: sessions * behaviour.statusesPerSession,
    Heartbeat: behaviour.heartbeatsPerHour * hoursPerYear,
    Authorize: sessions,
    StartTransaction: sessions,
    MeterValues: sessions * behaviour.samplesPerSession,
    StopTransaction: sessions,
    FirmwareStatusNotification: updates * statusesOf.update,
    DiagnosticsStatusNotification: diagnostics * statusesOf.diagnostics,
    $look: sessions * behaviour.looksPerSession,
    $lookOver: sessions,
    $command: commands + updates + diagnostics,
    $commandLook: commands * looksInVain.command + updates * looksInVain.update + diagnostics * looksInVain.diagnostics,
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
  /** Queues that Lambda polls. */
  queues: number;
  /** Of all that is kept for updates. */
  firmwareMib: number;
}

/** What it costs in a month, with the runs of the watch that find nothing to do, and the receives that find no message. */
export function installationCost({ series, alarms, secrets, keys, queues, firmwareMib }: Installation): bigint {
  return (
    whole(series) * prices.customMetric +
    whole(alarms) * prices.alarm +
    whole(secrets) * prices.secret +
    whole(keys) * prices.key +
    whole(queues) * emptyReceives * prices.queueRequest +
    upwards(whole(firmwareMib) * bytesPerMib * prices.fileGbMonth, bytesPerGb) +
    watchRuns * idleRun
  );
}

/** One run of the watch in five minutes. */
const watchRuns = minutesPerMonth / 5n;

/**
 * Of one queue without messages: Lambda reads with five processes, and AWS bills what they receive in vain as any request. That each waits for
 * twenty seconds, the longest there is, AWS does not say; what others counted, 15 in a minute, is just that. With little traffic it may be two
 * processes. (docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html; aws.amazon.com/premiumsupport/knowledge-center/sqs-high-charges;
 * github.com/getlift/lift/issues/132)
 */
const emptyReceives = minutesPerMonth * 5n * 3n;

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
