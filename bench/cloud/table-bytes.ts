import * as z from 'zod';
import { type DynamoDb, dynamoDb } from '#local/database/dynamodb.ts';

const tableNames = z.object({ TableNames: z.array(z.string()) });
const page = z.object({
  Items: z.array(z.record(z.string(), z.record(z.string(), z.unknown()))).default([]),
  LastEvaluatedKey: z.unknown().optional(),
});

/** What AWS adds to each item when it bills storage. */
const perItemBytes = 100;

/** All that is in the tables, as DynamoDB bills it, without indexes. The local database does not tell. */
export async function tableBytes(endpoint: string): Promise<number> {
  const call = dynamoDb(endpoint, 'us-east-1');
  const { TableNames } = tableNames.parse(await call('ListTables', {}));
  let bytes = 0;
  for (const name of TableNames) bytes += await bytesOf(call, name);
  return bytes;
}

async function bytesOf(call: DynamoDb, TableName: string): Promise<number> {
  let bytes = 0;
  let ExclusiveStartKey: unknown;
  do {
    const { Items, LastEvaluatedKey } = page.parse(await call('Scan', { TableName, ExclusiveStartKey }));
    for (const item of Items) bytes += perItemBytes + attributesOf(item);
    ExclusiveStartKey = LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return bytes;
}

/** Names and values; a text counts as its bytes, anything else about as its JSON does. */
function attributesOf(item: Record<string, Record<string, unknown>>): number {
  return Object.entries(item).reduce((sum, [name, value]) => {
    const [text] = Object.values(value);
    return sum + Buffer.byteLength(name) + Buffer.byteLength(typeof text === 'string' ? text : JSON.stringify(text));
  }, 0);
}
