import type { SessionsResult } from '#bench/scenarios/sessions.ts';
import { type Measured, type MessageName, messageNames, type Taken } from './model.ts';

/** What stands between a measurement on one machine and a bill, and is no measurement. docs/cost.md names each. */
const assumptions = {
  /** Lambda gives 256 MB this share of a core: 256 of 1,769 MB. */
  coreShare: 256 / 1769,
  /** One request to DynamoDB, or to the queue, from Lambda, as AWS describes it: single-digit milliseconds. All of an invocation count as if one after the other. */
  requestMs: 5,
  /** A start in so many invocations; its initialisation is billed, at the same share of a core. */
  invocationsPerStart: 200,
  /** START, END and REPORT of one invocation as plain text, with the 26 bytes that CloudWatch adds to each line. */
  lambdaLogBytes: 390,
  /** What CloudWatch adds to each event. */
  eventBytes: 26,
  /** A line of the stage's access log (lib/constructs/charger-gateway.ts). */
  accessLogBytes: 480,
  /** Indexes of the sessions table hold keys only: as much again as a fifth of what they index. */
  indexShare: 0.2,
  /** Headers of one handshake, there and back. */
  handshakeBytes: { in: 900, out: 500 },
  /** Whoever sends a command waits for its outcome, and looks for it in ever longer pauses: for a charger that takes a second to answer. */
  waitedFor: { ms: 1000, looks: 8 },
} as const;

/** What the watch takes for one session (test/functions/figures.test.ts); an index whose key changes is written twice. */
const watch = {
  $look: { requests: 5, readUnits: 4, writeUnits: 3, sentBytes: 0, receivedBytes: 0 },
  $lookOver: { requests: 4, readUnits: 8, writeUnits: 2, sentBytes: 0, receivedBytes: 0 },
} as const;

/**
 * What a remote start takes whose session is seen, and each look for it in vain (test/functions/command-figures.test.ts): all units and messages of the
 * queue, until its last timer has passed; of a charger that has had ten sessions at least. A command without an effect to look for takes less; an
 * Idempotency-Key is two write units more. Each item that is written is smaller than a kilobyte.
 */
export const command = {
  $command: { requests: 18, readUnits: 22.5, writeUnits: 18, timers: 3, sentBytes: 64, receivedBytes: 101 },
  $commandLook: { requests: 4, readUnits: 12.5, writeUnits: 0, timers: 1, sentBytes: 0, receivedBytes: 0 },
} as const;

const storedBytesPerCommand = 1024;

/** What files make a charger say (test/functions/figures.test.ts). */
const progress = {
  FirmwareStatusNotification: { requests: 1, readUnits: 0, writeUnits: 1, sentBytes: 65, receivedBytes: 10 },
  DiagnosticsStatusNotification: { requests: 1, readUnits: 0, writeUnits: 1, sentBytes: 65, receivedBytes: 10 },
} as const;

/** The alarms of the ops stack; a query counts as the metrics that it finds, one at least. Of firmware, ten files of 64 MiB. */
export const installation = { alarms: 174, secrets: 4, keys: 1, queues: 1, firmwareMib: 640 } as const;

/** The functions that it runs, the messages of the gateway that it is, and the lines in its access logs. */
interface Route {
  functions: readonly string[];
  messages: number;
  accessLines: number;
}

/** Of what is no message of a charger. The watch looks at many sessions in one run. A command is a call, a frame and its answer. */
const routesBeside: Partial<Record<MessageName, Route>> = {
  $connect: { functions: ['authorize', 'connect'], messages: 0, accessLines: 1 },
  $disconnect: { functions: ['disconnect'], messages: 0, accessLines: 1 },
  $look: { functions: [], messages: 0, accessLines: 0 },
  $lookOver: { functions: [], messages: 0, accessLines: 0 },
  $command: {
    functions: ['sendCommand', 'answer', 'commandTimer', 'commandTimer', 'commandTimer'],
    messages: 3,
    accessLines: 2,
  },
  $commandLook: { functions: ['commandTimer'], messages: 0, accessLines: 0 },
};

const routeOf = (name: MessageName): Route => routesBeside[name] ?? { functions: [name], messages: 2, accessLines: 1 };

interface Found extends Pick<Taken, 'readUnits' | 'writeUnits'> {
  requests: number;
  timers?: number;
  sentBytes: number;
  receivedBytes: number;
}

/** A measurement in the whole numbers that the model multiplies. */
export function measuredBy({ consumption, functions, storedBytesPerSession }: SessionsResult): Measured {
  const known: Readonly<Record<string, Found | undefined>> = { ...consumption, ...watch, ...command, ...progress };
  const taken = (name: MessageName): Taken => {
    const found = known[name];
    if (!found) throw new Error(`${name} was not measured`);
    const { coreShare, requestMs, invocationsPerStart, handshakeBytes, lambdaLogBytes, eventBytes } = assumptions;
    const { timers = 0 } = found;
    const { functions: names, messages, accessLines } = routeOf(name);
    const parts = names.map((each) => functions.find(({ functionId }) => functionId === each));
    const look = names.length === 0 ? typicalMs(functions) : 0;
    const cpuMs = parts.reduce((sum, part) => sum + (part?.cpuMsPerInvocation || typicalMs(functions)), look);
    const initMs = parts.reduce((sum, part) => sum + (part?.initCpuMs ?? typicalInitMs(functions)), 0);
    const logBytes = parts.reduce((sum, part) => sum + (part?.logBytesPerInvocation || typicalLogBytes(functions)), 0);
    const waited = name === '$command' ? assumptions.waitedFor : { ms: 0, looks: 0 };
    const requests = found.requests + timers;
    const ms = (cpuMs + initMs / invocationsPerStart) / coreShare + requests * requestMs + waited.ms;
    const handshake = name === '$connect';
    return {
      invocations: names.length,
      billedMicros: Math.ceil(ms * 1000),
      readUnits: Math.ceil(found.readUnits + waited.looks),
      writeUnits: Math.ceil(found.writeUnits),
      messages,
      timers,
      inBytes: found.sentBytes + (handshake ? handshakeBytes.in : 0),
      outBytes: found.receivedBytes + (handshake ? handshakeBytes.out : 0),
      logBytes: Math.ceil(
        logBytes +
          names.length * (lambdaLogBytes + eventBytes) +
          accessLines * (assumptions.accessLogBytes + eventBytes),
      ),
    };
  };
  const stored = Math.ceil(storedBytesPerSession * (1 + assumptions.indexShare));
  const messages = messageNames.map((name) => [name, taken(name)] as const);
  return {
    messages: Object.fromEntries(messages) as Record<MessageName, Taken>,
    storedBytesPerSession: stored,
    storedBytesPerCommand,
  };
}

/** Of functions that the measured windows did not invoke: as much as the average of those that they did. */
function typicalMs(functions: SessionsResult['functions']): number {
  const used = functions.filter(({ invocations }) => invocations > 0);
  return used.reduce((sum, { cpuMsPerInvocation }) => sum + cpuMsPerInvocation, 0) / Math.max(1, used.length);
}

function typicalInitMs(functions: SessionsResult['functions']): number {
  return functions.reduce((sum, { initCpuMs }) => sum + initCpuMs, 0) / Math.max(1, functions.length);
}

function typicalLogBytes(functions: SessionsResult['functions']): number {
  return functions.reduce((sum, each) => sum + each.logBytesPerInvocation, 0) / Math.max(1, functions.length);
}

/** Count and Latency of each function that a charger's messages and its commands run, and some refusals: what the journal's metrics are billed as. */
export const metricSeries = new Set(messageNames.flatMap((name) => routeOf(name).functions)).size * 2 + 10 + 4;
