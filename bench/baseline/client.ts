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
import type { Phase, RecordedEvent } from '#bench/cloud/recording.ts';

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

type Step = { phase: Phase } | { request: number; begin: () => Promise<unknown> } | { request: number };

const recorded: RecordedEvent[] = JSON.parse(readFileSync(file, 'utf8')).events;
const steps = recorded.map((event): Step => {
  if (event.kind === 'phase') return { phase: event.phase };
  if (event.kind === 'end') return { request: event.request };
  const sender = senders[event.operation];
  if (!sender) throw new Error(`${event.operation} cannot be replayed`);
  return { request: event.request, begin: sender(event.input) };
});

const own = () => {
  const { user, system } = process.cpuUsage();
  return { client: user + system, database: cpuMicrosOf(Number(databasePid)) };
};

const underWay = new Map<number, Promise<unknown>>();
const goes = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
let failures = 0;
let requests = 0;
let window: ReturnType<typeof own> | undefined;

/** The last window is over. */
async function tell(): Promise<void> {
  await Promise.all(underWay.values());
  const now = own();
  const took = window && {
    requests,
    failures,
    clientMicros: now.client - window.client,
    databaseMicros: now.database - window.database,
  };
  process.stdout.write(`${JSON.stringify(took ?? {})}\n`);
}

for (const step of steps) {
  if ('phase' in step) {
    if (step.phase !== 'measured') continue;
    await tell();
    await goes.next();
    [failures, requests, window] = [0, 0, own()];
  } else if ('begin' in step) {
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
await tell();
process.exit();
