import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';

/** One request as it went to the database. */
interface CountedRequest {
  /** `GetItem`, `TransactWriteItems`, … */
  command: string;
  /** Without the prefix of the test database: `sessions`. Sorted. */
  tables: string[];
  index?: string;
  /** Moments of one common order. `ended` is absent while the request is under way. */
  began: number;
  ended?: number;
  /** Indexes and the price of transactions included. */
  writeUnits: number;
  readUnits: number;
  /** The name of the error that it met, a failed condition for example. */
  error?: string;
}

export interface RequestCount {
  requests: CountedRequest[];
  /** The commands in the order in which they began. */
  commands(): string[];
  /** How many requests the longest chain has in which each began only after the one before it had ended. */
  longestChain(): number;
  writeUnits(): number;
  readUnits(): number;
  /** Forgets what was counted so far. */
  forget(): void;
}

const read = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan', 'TransactGetItems']);

const consumed = z.object({ CapacityUnits: z.number() });
const output = z.object({ ConsumedCapacity: z.union([consumed.transform((one) => [one]), z.array(consumed)]) });

const input = z.object({
  TableName: z.string().optional(),
  IndexName: z.string().optional(),
  RequestItems: z.record(z.string(), z.unknown()).optional(),
  TransactItems: z.array(z.record(z.string(), z.object({ TableName: z.string() }).optional())).optional(),
});

/** Counts what goes through this client from now on. The requests still reach the database. */
export function countingClient(client: DynamoDBClient): RequestCount {
  const count: RequestCount = {
    requests: [],
    commands: () => count.requests.map(({ command }) => command),
    longestChain: () => longestChain(count.requests),
    writeUnits: () => count.requests.reduce((sum, { writeUnits }) => sum + writeUnits, 0),
    readUnits: () => count.requests.reduce((sum, { readUnits }) => sum + readUnits, 0),
    forget: () => {
      count.requests = [];
    },
  };
  let moment = 0;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const request: CountedRequest = {
        command: (context.commandName ?? '').replace(/Command$/, ''),
        ...targetOf(args.input),
        began: moment++,
        writeUnits: 0,
        readUnits: 0,
      };
      count.requests.push(request);
      try {
        const result = await next({
          ...args,
          input: Object.assign({}, args.input, { ReturnConsumedCapacity: 'TOTAL' }),
        });
        const units = unitsOf(result.output);
        if (read.has(request.command)) request.readUnits = units;
        else request.writeUnits = units;
        return result;
      } catch (error) {
        request.error = error instanceof Error ? error.name : 'unknown';
        throw error;
      } finally {
        request.ended = moment++;
      }
    },
    { step: 'initialize', priority: 'high', name: 'countRequests' },
  );
  return count;
}

const withoutPrefix = (table: string) => table.slice(table.lastIndexOf('-') + 1);

function targetOf(command: unknown): { tables: string[]; index?: string } {
  const { TableName, IndexName, RequestItems = {}, TransactItems = [] } = input.parse(command);
  const parts = TransactItems.flatMap((item) => Object.values(item)).flatMap((part) => part?.TableName ?? []);
  const names = [...(TableName === undefined ? [] : [TableName]), ...Object.keys(RequestItems), ...parts];
  return { tables: [...new Set(names.map(withoutPrefix))].sort(), index: IndexName };
}

function unitsOf(result: unknown): number {
  const parsed = output.safeParse(result);
  return parsed.success ? parsed.data.ConsumedCapacity.reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0) : 0;
}

/** A request that began after another had ended waited for it. */
function longestChain(requests: CountedRequest[]): number {
  const lengths: { ended: number; length: number }[] = [];
  for (const { began, ended } of requests) {
    const before = lengths.filter((other) => other.ended < began).map(({ length }) => length);
    lengths.push({ ended: ended ?? Number.POSITIVE_INFINITY, length: 1 + Math.max(0, ...before) });
  }
  return Math.max(0, ...lengths.map(({ length }) => length));
}
