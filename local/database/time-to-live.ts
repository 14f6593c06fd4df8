import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { readProperties } from '#local/assembly/template-resource.ts';
import { type DynamoDb, DynamoDbError } from '#local/database/dynamodb.ts';
import type { Expiries } from '#local/database/expiries.ts';
import type { Resource } from '#local/parts.ts';

export interface TimeToLive {
  stop(): Promise<void>;
}

export interface TimeToLiveOptions {
  call: DynamoDb;
  /** Where deletions are noted, so that streams can tell them from those of functions. */
  expiries: Expiries;
  /** Between two looks at a table. AWS takes minutes to days. */
  intervalMs?: number | undefined;
  log(line: string): void;
  /** Something was deleted from this table. */
  onDelete?(table: string): void;
}

const tableShape = z.object({
  KeySchema: z.array(z.object({ AttributeName: z.string() })),
  TimeToLiveSpecification: z.object({ AttributeName: z.string().optional(), Enabled: z.boolean() }).optional(),
});

interface Table {
  name: string;
  keys: string[];
  attribute: string;
}

/** Deletes what has expired from the tables with a time to live, as DynamoDB does in the background. */
export function startTimeToLive(tables: readonly Resource[], options: TimeToLiveOptions): TimeToLive {
  const stopping = new AbortController();
  const sweeps = tables.map(tableOf).flatMap((table) => (table ? [sweepOn(table, options, stopping.signal)] : []));
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(sweeps);
    },
  };
}

function tableOf(resource: Resource): Table | undefined {
  const { KeySchema, TimeToLiveSpecification: ttl } = readProperties(resource, tableShape);
  if (!ttl?.Enabled || ttl.AttributeName === undefined) return undefined;
  const keys = KeySchema.map(({ AttributeName }) => AttributeName);
  return { name: resource.physicalId, keys, attribute: ttl.AttributeName };
}

async function sweepOn(table: Table, options: TimeToLiveOptions, stopping: AbortSignal): Promise<void> {
  let tookMs = 0;
  for (;;) {
    // A long table is read for a twentieth of the time at most.
    const waitMs = Math.max(options.intervalMs ?? 60_000, tookMs * 20);
    await pause(waitMs, undefined, { signal: stopping }).catch(() => {});
    if (stopping.aborted) return;
    const began = performance.now();
    try {
      await sweep(table, options, stopping);
    } catch (cause) {
      options.log(`Time to live of ${table.name}: ${cause instanceof Error ? cause.message : cause}`);
    }
    tookMs = performance.now() - began;
  }
}

const item = z.record(z.string(), z.unknown());
const page = z.object({ Items: z.array(item), LastEvaluatedKey: item.optional() });

/** What expired more than five years ago is kept, as on AWS: it is taken for a mistake. */
const fiveYearsS = 5 * 365 * 86_400;

async function sweep(table: Table, options: TimeToLiveOptions, stopping: AbortSignal): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const expired = {
    ExpressionAttributeNames: { '#ttl': table.attribute },
    ExpressionAttributeValues: {
      ':now': { N: String(now) },
      ':ancient': { N: String(now - fiveYearsS) },
      ':number': { S: 'N' },
    },
  };
  const condition = 'attribute_type(#ttl, :number) AND #ttl < :now AND #ttl > :ancient';
  let from: z.output<typeof item> | undefined;
  do {
    const { Items, LastEvaluatedKey } = page.parse(
      await options.call('Scan', {
        TableName: table.name,
        Limit: 1000,
        FilterExpression: condition,
        ...expired,
        ...(from && { ExclusiveStartKey: from }),
      }),
    );
    for (const each of Items) {
      if (stopping.aborted) return;
      const Key = Object.fromEntries(table.keys.map((name) => [name, each[name]]));
      await expire(table, Key, { ConditionExpression: condition, ...expired }, options);
    }
    from = LastEvaluatedKey;
  } while (from && !stopping.aborted);
}

/** On the condition that it is still over: it may have been renewed since it was read. */
async function expire(
  { name }: Table,
  Key: Record<string, unknown>,
  condition: object,
  { call, expiries, onDelete }: TimeToLiveOptions,
): Promise<void> {
  // Noted first: the stream may be quicker than the answer.
  expiries.note(name, Key);
  try {
    await call('DeleteItem', { TableName: name, Key, ...condition });
  } catch (cause) {
    expiries.forget(name, Key);
    if (cause instanceof DynamoDbError && cause.type === 'ConditionalCheckFailedException') return;
    throw cause;
  }
  onDelete?.(name);
}
