import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { startDatabase } from '#local/database/database.ts';
import { type DynamoDb, dynamoDb } from '#local/database/dynamodb.ts';
import { bringTables } from '#local/database/tables.ts';
import type { Resource } from '#local/parts.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const index = (IndexName: string, AttributeName: string) => ({
  IndexName,
  KeySchema: [{ AttributeName, KeyType: 'HASH' }],
  Projection: { ProjectionType: 'KEYS_ONLY' },
});

function things(properties: Record<string, unknown> = {}): Resource {
  return {
    stack: 'data',
    logicalId: 'Things',
    type: 'AWS::DynamoDB::Table',
    physicalId: 'things',
    properties: {
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        ...('GlobalSecondaryIndexes' in properties ? [{ AttributeName: 'colour', AttributeType: 'S' }] : []),
      ],
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      ...properties,
    },
  };
}

async function start(directory: string): Promise<{ call: DynamoDb; stop(): Promise<void> }> {
  const { endpoint, stop } = await startDatabase({ directory, region: 'us-east-1' });
  onTestFinished(stop);
  return { call: dynamoDb(endpoint, 'us-east-1'), stop };
}

async function put(call: DynamoDb, pk: string): Promise<void> {
  await call('PutItem', { TableName: 'things', Item: { pk: { S: pk }, colour: { S: 'red' } } });
}

test('tables and what is in them are kept across restarts', async () => {
  const directory = temporaryDirectory();
  const before = await start(directory);
  await bringTables(before.call, [things()]);
  await put(before.call, 'a');
  await before.stop();

  const { call } = await start(directory);
  await bringTables(call, [things()]);

  const answer = await call('GetItem', { TableName: 'things', Key: { pk: { S: 'a' } } });
  expect(answer).toEqual({ Item: { pk: { S: 'a' }, colour: { S: 'red' } } });
});

test('an index that a template gained is added to the kept table, with what is in it', async () => {
  const { call } = await start(temporaryDirectory());
  await bringTables(call, [things()]);
  await put(call, 'a');

  await bringTables(call, [things({ GlobalSecondaryIndexes: [index('byColour', 'colour')] })]);

  const answer = await call('Query', {
    TableName: 'things',
    IndexName: 'byColour',
    KeyConditionExpression: 'colour = :red',
    ExpressionAttributeValues: { ':red': { S: 'red' } },
  });
  expect(answer).toMatchObject({ Count: 1 });
});

test.each([
  ['another key', { KeySchema: [{ AttributeName: 'colour', KeyType: 'HASH' }] }],
  ['another index byColour', { GlobalSecondaryIndexes: [index('byColour', 'pk')] }],
])('a kept table that has %s is refused', async (what, properties) => {
  const { call } = await start(temporaryDirectory());
  await bringTables(call, [things({ GlobalSecondaryIndexes: [index('byColour', 'colour')] })]);

  const change = bringTables(call, [things(properties)]);

  await expect(change).rejects.toThrow(`The kept table things (data/Things) has ${what}, which cannot be changed`);
});

const plan = z.array(z.object({ detail: z.string() }));

test("a stream's last sequence number is found by an index, however many records there are", async () => {
  const directory = temporaryDirectory();
  await start(directory);
  const file = new DatabaseSync(join(directory, 'dynamodb.sqlite'));
  onTestFinished(() => file.close());

  // dynoxide runs it at each write.
  const steps = file
    .prepare(
      `EXPLAIN QUERY PLAN
      SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = 'things'`,
    )
    .all();

  expect(plan.parse(steps).map(({ detail }) => detail)).toEqual([
    expect.stringMatching(/^SEARCH .* USING (COVERING )?INDEX chargeline_stream_sequence/),
  ]);
});

test.each([
  ['are older than a day', 'UPDATE _stream_records SET created_at = created_at - 86401'],
  ['are 100,000 behind', "UPDATE _stream_records SET sequence_number = '100004' WHERE sequence_number = '4'"],
])('stream records that %s go, the newest stays, and numbers go on', async (_, change) => {
  const directory = temporaryDirectory();
  const { call } = await start(directory);
  await bringTables(call, [things()]);
  for (const pk of ['a', 'b', 'c', 'd']) await put(call, pk);
  const file = new DatabaseSync(join(directory, 'dynamodb.sqlite'), { timeout: 5000 });
  onTestFinished(() => file.close());
  file.exec(change);

  await put(call, 'e');
  await put(call, 'f');

  const numbers = z
    .array(z.object({ number: z.number() }))
    .parse(file.prepare('SELECT CAST(sequence_number AS INTEGER) AS number FROM _stream_records ORDER BY id').all())
    .map(({ number }) => number);
  expect(numbers.at(-1)).toBe((numbers.at(-2) ?? 0) + 1);
  expect(numbers).not.toContain(1);
  expect(numbers).not.toContain(3);
});

test('a process that has the id of a former database process is left alone', async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'dynamodb.pid'), String(process.pid));

  const { call } = await start(directory);

  expect(await call('ListTables', {})).toEqual({ TableNames: [] });
});

test('a stopped database leaves no pid file', async () => {
  const directory = temporaryDirectory();
  const { stop } = await start(directory);
  const pid = Number(readFileSync(join(directory, 'dynamodb.pid'), 'utf8'));

  await stop();

  expect(pid).toBeGreaterThan(0);
  expect(existsSync(join(directory, 'dynamodb.pid'))).toBe(false);
});
