import { readFileSync } from 'node:fs';
import {
  type BatchGetItemCommandInput,
  type BatchWriteItemCommandInput,
  type CreateTableCommandInput,
  type DeleteItemCommandInput,
  DynamoDB,
  type GetItemCommandInput,
  type PutItemCommandInput,
  type QueryCommandInput,
  type TransactWriteItemsCommandInput,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { cpuMicrosOf } from '#bench/cloud/processes.ts';
import type { Phase, RecordedEvent } from '#bench/cloud/recording.ts';

/**
 * A process of its own that sends recorded requests through the bare AWS SDK: `client.ts RECORDING ENDPOINT DATABASE-PID`. Each request begins
 * when those are answered that were answered before it when it was recorded. Prints what the measured ones took as a line of JSON.
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
let failures = 0;
let requests = 0;
let before = own();
for (const step of steps) {
  if ('phase' in step) {
    await Promise.all(underWay.values());
    [failures, requests, before] = [0, 0, own()];
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
await Promise.all(underWay.values());
const after = own();
process.stdout.write(
  `${JSON.stringify({
    requests,
    failures,
    clientMicros: after.client - before.client,
    databaseMicros: after.database - before.database,
  })}\n`,
);
client.destroy();
