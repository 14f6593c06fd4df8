import type { SessionsResult } from '#bench/scenarios/sessions.ts';
import { type Measured, type MessageName, messageNames, type Taken } from './model.ts';

/** What stands between a measurement on one machine and a bill, and is no measurement. docs/cost.md names each. */
const assumptions = {
  /** Lambda gives 256 MB this share of a core: 256 of 1,769 MB. */
  coreShare: 256 / 1769,
  /** One request to DynamoDB from Lambda, as AWS describes it: single-digit milliseconds. All of an invocation count as if one after the other. */
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
} as const;

/** What the watch takes for one session (test/functions/figures.test.ts); an index whose key changes is written twice. */
const watch = {
  $look: { requests: 5, readUnits: 4, writeUnits: 3, sentBytes: 0, receivedBytes: 0 },
  $lookOver: { requests: 4, readUnits: 8, writeUnits: 2, sentBytes: 0, receivedBytes: 0 },
} as const;

/** The alarms of the ops stack; a query counts as the metrics that it finds, one at least. */
export const installation = { alarms: 174, secrets: 4, keys: 1 } as const;

/** Each message's functions: connecting runs two, and the watch looks at many sessions in one run. */
const functionsOf = (name: MessageName): string[] =>
  name.startsWith('$look')
    ? []
    : name === '$connect'
      ? ['authorize', 'connect']
      : [name === '$disconnect' ? 'disconnect' : name];

/** A measurement in the whole numbers that the model multiplies. */
export function measuredBy({ consumption, functions, storedBytesPerSession }: SessionsResult): Measured {
  const known: Partial<typeof consumption> = { ...consumption, ...watch };
  const taken = (name: MessageName): Taken => {
    const found = known[name];
    if (!found) throw new Error(`${name} was not measured`);
    const names = functionsOf(name);
    const parts = names.map((each) => functions.find(({ functionId }) => functionId === each));
    const look = names.length === 0 ? typicalMs(functions) : 0;
    const cpuMs = parts.reduce((sum, part) => sum + (part?.cpuMsPerInvocation || typicalMs(functions)), look);
    const initMs = parts.reduce((sum, part) => sum + (part?.initCpuMs ?? typicalInitMs(functions)), 0);
    const logBytes = parts.reduce((sum, part) => sum + (part?.logBytesPerInvocation || typicalLogBytes(functions)), 0);
    const { coreShare, requestMs, invocationsPerStart, handshakeBytes, lambdaLogBytes, eventBytes } = assumptions;
    const ms = (cpuMs + initMs / invocationsPerStart) / coreShare + found.requests * requestMs;
    const handshake = name === '$connect';
    const isMessage = !name.startsWith('$');
    return {
      invocations: names.length,
      billedMicros: Math.ceil(ms * 1000),
      readUnits: Math.ceil(found.readUnits),
      writeUnits: Math.ceil(found.writeUnits),
      messages: isMessage ? 2 : 0,
      inBytes: found.sentBytes + (handshake ? handshakeBytes.in : 0),
      outBytes: found.receivedBytes + (handshake ? handshakeBytes.out : 0),
      logBytes: Math.ceil(
        logBytes +
          names.length * (lambdaLogBytes + eventBytes) +
          (names.length > 0 ? assumptions.accessLogBytes + eventBytes : 0),
      ),
    };
  };
  const stored = Math.ceil(storedBytesPerSession * (1 + assumptions.indexShare));
  const messages = messageNames.map((name) => [name, taken(name)] as const);
  return { messages: Object.fromEntries(messages) as Record<MessageName, Taken>, storedBytesPerSession: stored };
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

/** Count and Latency of each function that a charger's messages run, and some refusals: what the journal's metrics are billed as. */
export const metricSeries = messageNames.filter((name) => !name.startsWith('$look')).length * 2 + 2 + 10 + 4;
