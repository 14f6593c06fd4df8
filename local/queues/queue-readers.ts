import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { isThrottled } from '#local/lambda/throttling.ts';
import type { Functions, Invocation } from '#local/parts.ts';
import type { Message, MessageStore } from '#local/queues/message-store.ts';
import type { QueueMapping } from '#local/queues/queue-mapping.ts';
import { md5 } from '#local/queues/sqs-endpoint.ts';

export interface QueueReaders {
  /** What a function has under way comes to its end. */
  stop(): Promise<void>;
}

export interface QueueReadersOptions {
  store: MessageStore;
  region: string;
  log(line: string): void;
}

/** Delivers messages to the functions whose event source mappings ask for them. */
export function startQueueReaders(
  mappings: readonly QueueMapping[],
  functions: Functions,
  options: QueueReadersOptions,
): QueueReaders {
  const stopping = new AbortController();
  const readers = mappings.flatMap((mapping) =>
    Array.from({ length: mapping.concurrency }, () => read(mapping, functions, options, stopping.signal)),
  );
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(readers);
    },
  };
}

/** How long to wait for a message at most; one that is sent, or whose time has come, ends the wait. */
const longestWaitMs = 60_000;

async function read(mapping: QueueMapping, functions: Functions, options: QueueReadersOptions, stopping: AbortSignal) {
  const { store } = options;
  const { name, visibilityMs } = mapping.queue;
  while (!stopping.aborted) {
    try {
      const messages = store.receive(mapping.queue, mapping.batchSize, visibilityMs, Date.now());
      if (messages.length === 0) await store.wait(name, longestWaitMs, stopping, Date.now());
      else await deliver(mapping, messages, functions, options, stopping);
    } catch (cause) {
      options.log(`${mapping.id}: ${cause instanceof Error ? cause.message : cause}`);
      await pause(1000, undefined, { signal: stopping }).catch(() => {});
    }
  }
}

/** What is not removed afterwards is seen again when its visibility timeout is over. */
async function deliver(
  mapping: QueueMapping,
  messages: readonly Message[],
  functions: Functions,
  options: QueueReadersOptions,
  stopping: AbortSignal,
): Promise<void> {
  const event = { Records: messages.map((message) => recordOf(mapping, message, options.region)) };
  const outcome = await invoke(mapping, functions, event, stopping);
  if (!outcome.ok && !isThrottled(outcome)) options.log(`${mapping.id}: ${outcome.error.errorMessage}`);
  const failed = failedIn(outcome, messages, mapping.reportsItemFailures);
  for (const { id, receipt } of messages) if (!failed.has(id)) options.store.remove(mapping.queue.name, receipt);
}

/** Where Lambda is throttled its queue poller tries again, until the messages would be seen by others. */
async function invoke(
  { functionName, queue }: QueueMapping,
  functions: Functions,
  event: unknown,
  stopping: AbortSignal,
): Promise<Invocation> {
  const deadline = Date.now() + queue.visibilityMs;
  for (let waitMs = 100; ; waitMs *= 2) {
    const outcome = await functions.invoke(functionName, event);
    if (!isThrottled(outcome) || Date.now() + waitMs >= deadline) return outcome;
    await pause(waitMs, undefined, { signal: stopping }).catch(() => {});
    if (stopping.aborted) return outcome;
  }
}

const failuresShape = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).nullish(),
});

/** The ids of those that come again. A report that makes no sense, or names a stranger, fails all. */
function failedIn(outcome: Invocation, messages: readonly Message[], reportsItemFailures: boolean): Set<string> {
  const all = new Set(messages.map(({ id }) => id));
  if (!outcome.ok) return all;
  if (!reportsItemFailures) return new Set();
  const report = failuresShape.nullable().safeParse(outcome.payload);
  if (!report.success) return all;
  const failed = (report.data?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
  return failed.every((id) => all.has(id)) ? new Set(failed) : all;
}

const sentAttributes = z.record(
  z.string(),
  z.object({ DataType: z.string(), StringValue: z.string().optional(), BinaryValue: z.string().optional() }),
);

function recordOf({ queue }: QueueMapping, message: Message, region: string) {
  const attributes = Object.entries(sentAttributes.parse(JSON.parse(message.attributes)));
  return {
    messageId: message.id,
    receiptHandle: message.receipt,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAt),
      SenderId: 'local',
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    },
    messageAttributes: Object.fromEntries(
      attributes.map(([name, { DataType: dataType, StringValue: stringValue, BinaryValue: binaryValue }]) => [
        name,
        { dataType, stringValue, binaryValue, stringListValues: [], binaryListValues: [] },
      ]),
    ),
    md5OfBody: md5(message.body),
    eventSource: 'aws:sqs',
    eventSourceARN: queue.arn,
    awsRegion: region,
  };
}
