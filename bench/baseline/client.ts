import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import {
  type BatchGetItemCommandInput,
  type BatchWriteItemCommandInput,
  type CreateTableCommandInput,
  type DeleteItemCommandInput,
  DynamoDB,
  type GetItemCommandInput,
  type PutItemCommandInput,
  type QueryCommandInput,
  type ScanCommandInput,
  type TransactWriteItemsCommandInput,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { cpuMicrosOf } from '#bench/cloud/processes.ts';
import type { RecordedEvent, Recording } from '#bench/cloud/recording.ts';

/**
 * A process of its own that sends recorded requests through the bare AWS SDK: `client.ts RECORDING ENDPOINT DATABASE-PID`. Each request begins
 * when those are answered that were answered before it when it was recorded. Before each measured window it prints a line, `{}` or what the last one
 * took as JSON, and waits for a line.
 */

const [file = '', endpoint = '', databasePid = ''] = process.argv.slice(2);

const client = new DynamoDB({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});

/** Parsed before it is measured: only the client's own work is. */
const prepared =
  <Input>(send: (input: Input) => Promise<unknown>) =>
  (text: string) => {
    const input: Input = JSON.parse(text);
    return () => send(input);
  };

const senders: Record<string, (input: string) => () => Promise<unknown>> = {
  CreateTable: prepared((input: CreateTableCommandInput) => client.createTable(input)),
  GetItem: prepared((input: GetItemCommandInput) => client.getItem(input)),
  PutItem: prepared((input: PutItemCommandInput) => client.putItem(input)),
  UpdateItem: prepared((input: UpdateItemCommandInput) => client.updateItem(input)),
  DeleteItem: prepared((input: DeleteItemCommandInput) => client.deleteItem(input)),
  Query: prepared((input: QueryCommandInput) => client.query(input)),
  // Of the watch, which comes round every five minutes.
  Scan: prepared((input: ScanCommandInput) => client.scan(input)),
  BatchGetItem: prepared((input: BatchGetItemCommandInput) => client.batchGetItem(input)),
  BatchWriteItem: prepared((input: BatchWriteItemCommandInput) => client.batchWriteItem(input)),
  TransactWriteItems: prepared((input: TransactWriteItemsCommandInput) => client.transactWriteItems(input)),
};

type Step = { request: number; begin: () => Promise<unknown> } | { request: number };

/** The events of the set-up and the warm-up, then those of each measured window. */
function parts(events: readonly RecordedEvent[]): RecordedEvent[][] {
  const found: RecordedEvent[][] = [[]];
  for (const event of events) {
    if (event.kind === 'phase' && event.phase === 'measured') found.push([]);
    else found.at(-1)?.push(event);
  }
  return found;
}

function stepsOf(events: readonly RecordedEvent[]): Step[] {
  return events.flatMap((event): Step[] => {
    if (event.kind === 'phase') return [];
    if (event.kind === 'end') return [{ request: event.request }];
    const sender = senders[event.operation];
    if (!sender) throw new Error(`${event.operation} cannot be replayed`);
    return [{ request: event.request, begin: sender(event.input) }];
  });
}

const own = () => {
  const { user, system } = process.cpuUsage();
  return { client: user + system, database: cpuMicrosOf(Number(databasePid)) };
};

/** The number of requests, and of those that failed. */
async function send(steps: readonly Step[]): Promise<{ requests: number; failures: number }> {
  const underWay = new Map<number, Promise<unknown>>();
  let requests = 0;
  let failures = 0;
  for (const step of steps) {
    if ('begin' in step) {
      requests++;
      underWay.set(
        step.request,
        step.begin().catch(() => failures++),
      );
    } else {
      await underWay.get(step.request);
      underWay.delete(step.request);
    }
  }
  await Promise.all(underWay.values());
  return { requests, failures };
}

const recording: Recording = JSON.parse(readFileSync(file, 'utf8'));
const [before = [], ...windows] = parts(recording.events);
await send(stepsOf(before));

const goes = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`);
let took = {};
for (const events of windows) {
  const steps = stepsOf(events);
  say(took);
  await goes.next();
  const began = own();
  const sent = await send(steps);
  const ended = own();
  took = {
    ...sent,
    recordedFailures: events.filter((event) => event.kind === 'end' && event.failed).length,
    clientMicros: ended.client - began.client,
    databaseMicros: ended.database - began.database,
  };
}
say(took);
process.exit();
