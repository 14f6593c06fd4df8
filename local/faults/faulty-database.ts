import { randomUUID } from 'node:crypto';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import * as z from 'zod';
import type { Faults } from '#local/faults/faults.ts';

export interface FaultyDatabase {
  url: string;
  stop(): Promise<void>;
}

/** Stands before the database of the functions, and now and then refuses a request as DynamoDB does; nothing of it is done then. */
export async function faultyDatabase(endpoint: string, faults: Faults): Promise<FaultyDatabase> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer(async (req, res) => {
    try {
      const body = await buffer(req);
      const refusal = refusalOf(operationOf(req), body, faults);
      if (refusal) refuse(res, refusal);
      else forward(new URL(endpoint), agent, req, body, res);
    } catch {
      res.destroy();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the faulty database has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        agent.destroy();
      }),
  };
}

function forward({ hostname, port }: URL, agent: Agent, req: IncomingMessage, body: Buffer, res: ServerResponse): void {
  const { method, url: path, headers } = req;
  const outgoing = request({ hostname, port, agent, method, path, headers }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(res);
  });
  outgoing.on('error', () => res.destroy());
  outgoing.end(body);
}

interface Refusal {
  __type: string;
  message: string;
  CancellationReasons?: { Code: string; Message?: string }[];
}

function refuse(res: ServerResponse, refusal: Refusal): void {
  const __type = `com.amazonaws.dynamodb.v20120810#${refusal.__type}`;
  res
    .writeHead(400, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() })
    .end(JSON.stringify({ ...refusal, __type }));
}

function operationOf({ headers }: IncomingMessage): string {
  return String(headers['x-amz-target']).split('.')[1] ?? '';
}

const writes = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);
const others = new Set(['GetItem', 'BatchGetItem', 'BatchWriteItem', 'Query', 'Scan']);
const transactions = new Set(['TransactWriteItems', 'TransactGetItems']);

function refusalOf(operation: string, body: Buffer, faults: Faults): Refusal | undefined {
  const isTransaction = transactions.has(operation);
  if ((isTransaction || writes.has(operation)) && faults.strikes('conflict')) {
    const message = 'Transaction is ongoing for the item';
    if (isTransaction) return cancelled(body, faults, 'conflict', { Code: 'TransactionConflict', Message: message });
    return { __type: 'TransactionConflictException', message };
  }
  if ((isTransaction || writes.has(operation) || others.has(operation)) && faults.strikes('throttle-db')) {
    const [exception, Code, Message] = oneOf(throttlings, faults, 'throttle-db');
    if (isTransaction) return cancelled(body, faults, 'throttle-db', { Code, Message });
    return { __type: exception, message: Message };
  }
  return undefined;
}

/** As an exception, as the reason of a cancelled transaction, and in words. */
const throttlings = [
  [
    'ProvisionedThroughputExceededException',
    'ProvisionedThroughputExceeded',
    'The level of configured provisioned throughput for the table was exceeded.',
  ],
  ['ThrottlingException', 'ThrottlingError', 'Throughput exceeds the current capacity of your table or index.'],
] as const;

const items = z.object({ TransactItems: z.array(z.unknown()).min(1) });

/** One of its items, by chance, is why. */
function cancelled(
  body: Buffer,
  faults: Faults,
  kind: 'conflict' | 'throttle-db',
  reason: { Code: string; Message: string },
): Refusal {
  const indexes = items.parse(JSON.parse(body.toString())).TransactItems.map((_, index) => index);
  const struck = oneOf(indexes, faults, kind);
  const CancellationReasons = indexes.map((index) => (index === struck ? reason : { Code: 'None' }));
  const codes = CancellationReasons.map(({ Code }) => Code).join(', ');
  return {
    __type: 'TransactionCanceledException',
    message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    CancellationReasons,
  };
}

function oneOf<T>(values: readonly T[], faults: Faults, kind: 'conflict' | 'throttle-db'): T {
  const value = values[Math.floor(faults.share(kind, values.length))];
  if (value === undefined) throw new Error('there is nothing to choose from');
  return value;
}
