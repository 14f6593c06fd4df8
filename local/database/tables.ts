import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { readProperties } from '#local/assembly/template-resource.ts';
import { type DynamoDb, DynamoDbError } from '#local/database/dynamodb.ts';
import type { Resource } from '#local/parts.ts';
import { UserError } from '#local/start/user-error.ts';

const keySchema = z.array(z.object({ AttributeName: z.string(), KeyType: z.string() }));
const projection = z.object({
  ProjectionType: z.string().optional(),
  NonKeyAttributes: z.array(z.string()).optional(),
});
const index = z.object({ IndexName: z.string(), KeySchema: keySchema, Projection: projection });
const tableShape = z.object({
  KeySchema: keySchema,
  AttributeDefinitions: z.array(z.object({ AttributeName: z.string(), AttributeType: z.string() })),
  GlobalSecondaryIndexes: z.array(index).default([]),
  LocalSecondaryIndexes: z.array(index).default([]),
  StreamSpecification: z.object({ StreamViewType: z.string() }).optional(),
  TimeToLiveSpecification: z.object({ AttributeName: z.string().optional(), Enabled: z.boolean() }).optional(),
});
const described = z.object({ Table: tableShape.omit({ TimeToLiveSpecification: true }) });

type Table = z.output<typeof tableShape>;
type Index = z.output<typeof index>;

/** Makes the database have the templates' tables. What is kept stays; a difference that cannot be made up is an error. */
export async function bringTables(call: DynamoDb, tables: readonly Resource[]): Promise<void> {
  await Promise.all(
    tables.map(async (resource) => {
      const wanted = readProperties(resource, tableShape);
      const kept = await describeTable(call, resource.physicalId);
      if (kept) await bringUpToDate(call, resource, wanted, kept);
      else await create(call, resource.physicalId, wanted);
      await setTimeToLive(call, resource.physicalId, wanted);
    }),
  );
}

async function describeTable(call: DynamoDb, TableName: string) {
  try {
    return described.parse(await call('DescribeTable', { TableName })).Table;
  } catch (cause) {
    if (cause instanceof DynamoDbError && cause.type === 'ResourceNotFoundException') return undefined;
    throw cause;
  }
}

async function create(call: DynamoDb, TableName: string, table: Table): Promise<void> {
  const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, LocalSecondaryIndexes } = table;
  await call('CreateTable', {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema,
    AttributeDefinitions,
    ...(GlobalSecondaryIndexes.length > 0 && { GlobalSecondaryIndexes }),
    ...(LocalSecondaryIndexes.length > 0 && { LocalSecondaryIndexes }),
    ...streamOf(table),
  });
}

async function bringUpToDate(
  call: DynamoDb,
  { stack, logicalId, physicalId: TableName }: Resource,
  wanted: Table,
  kept: Omit<Table, 'TimeToLiveSpecification'>,
): Promise<void> {
  const refuse = (what: string): never => {
    throw new UserError(
      `The kept table ${TableName} (${stack}/${logicalId}) has ${what}, which cannot be changed: start with another --data directory, or remove this one.`,
    );
  };
  const typeOf = (table: Pick<Table, 'AttributeDefinitions'>, name: string) =>
    table.AttributeDefinitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType;
  const sameKeys = (a: Index['KeySchema'], b: Index['KeySchema']) =>
    isDeepStrictEqual(a, b) && a.every(({ AttributeName: name }) => typeOf(wanted, name) === typeOf(kept, name));
  if (!sameKeys(wanted.KeySchema, kept.KeySchema)) refuse('another key');
  if (!sameIndexes(wanted.LocalSecondaryIndexes, kept.LocalSecondaryIndexes, sameKeys)) refuse('other local indexes');

  for (const index of wanted.GlobalSecondaryIndexes) {
    const existing = kept.GlobalSecondaryIndexes.find(({ IndexName }) => IndexName === index.IndexName);
    if (existing && !sameIndexes([index], [existing], sameKeys)) refuse(`another index ${index.IndexName}`);
    if (existing) continue;
    await call('UpdateTable', {
      TableName,
      AttributeDefinitions: wanted.AttributeDefinitions,
      GlobalSecondaryIndexUpdates: [{ Create: index }],
    });
  }

  const view = wanted.StreamSpecification?.StreamViewType;
  const keptView = kept.StreamSpecification?.StreamViewType;
  if (view && !keptView) await call('UpdateTable', { TableName, ...streamOf(wanted) });
  else if (view && view !== keptView) refuse(`a stream of ${keptView}`);
}

function sameIndexes(
  wanted: Index[],
  kept: Index[],
  sameKeys: (a: Index['KeySchema'], b: Index['KeySchema']) => boolean,
): boolean {
  return (
    wanted.length === kept.length &&
    wanted.every(({ IndexName, KeySchema, Projection }) => {
      const other = kept.find((each) => each.IndexName === IndexName);
      return (
        other !== undefined &&
        sameKeys(KeySchema, other.KeySchema) &&
        Projection.ProjectionType === other.Projection.ProjectionType &&
        isDeepStrictEqual(Projection.NonKeyAttributes?.toSorted(), other.Projection.NonKeyAttributes?.toSorted())
      );
    })
  );
}

function streamOf({ StreamSpecification }: Table) {
  return StreamSpecification && { StreamSpecification: { StreamEnabled: true, ...StreamSpecification } };
}

async function setTimeToLive(call: DynamoDb, TableName: string, { TimeToLiveSpecification }: Table): Promise<void> {
  if (!TimeToLiveSpecification?.Enabled) return;
  try {
    await call('UpdateTimeToLive', { TableName, TimeToLiveSpecification });
  } catch (cause) {
    // As AWS does, dynoxide refuses to turn on what is on.
    if (!(cause instanceof DynamoDbError && cause.type === 'ValidationException')) throw cause;
  }
}
