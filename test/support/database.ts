import { randomBytes } from 'node:crypto';
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { databaseClient } from '#shared/store/database-client.ts';
import { dynamoStores, type Stores } from '#shared/store/stores.ts';
import { type TableDesign, type TableName, tableNames, tables } from '#shared/store/tables.ts';
import { refuseLikeAws } from './aws-limits.ts';

const region = 'eu-central-1';

interface TestDatabase {
  endpoint: string;
  region: string;
  client: DynamoDBClient;
  /** `<random>-chargers` and so on: nobody else's. */
  tableNames: Record<TableName, string>;
  stores: Stores;
}

/** Tables of its own for whoever asks, in the database of the run (one-database.ts). */
export async function testDatabase(): Promise<TestDatabase> {
  const endpoint = inject('dynamoDbEndpoint');
  const client = databaseClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    // Tests put steps of their own between.
    cacheMiddleware: false,
  });
  refuseLikeAws(client);
  const prefix = randomBytes(6).toString('hex');
  const names = Object.fromEntries(tableNames.map((name) => [name, `${prefix}-${name}`])) as Record<TableName, string>;
  for (const name of tableNames) await createTable(client, names[name], tables[name]);
  return {
    endpoint,
    region,
    client,
    tableNames: names,
    stores: dynamoStores(client, names),
  };
}

const keySchema = (partitionKey: string, sortKey: string) => [
  { AttributeName: partitionKey, KeyType: 'HASH' as const },
  { AttributeName: sortKey, KeyType: 'RANGE' as const },
];

async function createTable(client: DynamoDBClient, name: string, design: TableDesign): Promise<void> {
  const { partitionKey, sortKey, stream } = design;
  const indexes = Object.entries(design.indexes);
  const attributes = new Set([partitionKey, sortKey, ...indexes.flatMap(([, keys]) => Object.values(keys))]);
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [...attributes].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keySchema(partitionKey, sortKey),
      GlobalSecondaryIndexes:
        indexes.length === 0
          ? undefined
          : indexes.map(([IndexName, keys]) => ({
              IndexName,
              KeySchema: keySchema(keys.partitionKey, keys.sortKey),
              Projection: { ProjectionType: 'KEYS_ONLY' },
            })),
      StreamSpecification: stream ? { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } : undefined,
    }),
  );
}
