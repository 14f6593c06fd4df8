import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { startDatabase } from '#local/database/database.ts';
import { type DynamoDb, dynamoDb } from '#local/database/dynamodb.ts';
import { Expiries } from '#local/database/expiries.ts';
import { startStreams } from '#local/database/streams.ts';
import { bringTables } from '#local/database/tables.ts';
import { startTimeToLive } from '#local/database/time-to-live.ts';
import type { Functions } from '#local/parts.ts';
import { assemblyOf, resource } from '#test/support/gateway.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { until } from '#test/support/until.ts';

let call: DynamoDb;

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'chargeline-ttl-'));
  const database = await startDatabase({ directory, region: 'us-east-1' });
  call = dynamoDb(database.endpoint, 'us-east-1');
  return async () => {
    await database.stop();
    rmSync(directory, { recursive: true });
  };
}, 30_000);

const nowS = Math.floor(Date.now() / 1000);
const anHour = 3_600;
const aYear = 365 * 86_400;
const scanned = z.object({ Items: z.array(z.object({ pk: z.object({ S: z.string() }) })) });

let count = 0;

/** A table of its own with a time to live. */
async function world() {
  const TableName = `expiring-${count++}`;
  const table = resource('AWS::DynamoDB::Table', TableName, {
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  });
  await bringTables(call, [table]);
  const expiries = new Expiries();
  return {
    table,
    TableName,
    expiries,
    put: (pk: string, expiresAt?: object) =>
      call('PutItem', { TableName, Item: { pk: { S: pk }, sk: { S: '-' }, ...(expiresAt && { expiresAt }) } }),
    remove: (pk: string) => call('DeleteItem', { TableName, Key: { pk: { S: pk }, sk: { S: '-' } } }),
    kept: async () =>
      scanned
        .parse(await call('Scan', { TableName }))
        .Items.map(({ pk }) => pk.S)
        .sort(),
    sweep: (through: DynamoDb = call) => {
      const timeToLive = startTimeToLive([table], { call: through, expiries, intervalMs: 5, log: () => {} });
      onTestFinished(() => timeToLive.stop());
    },
  };
}

test('what has expired is deleted, and nothing else', async () => {
  const { put, kept, sweep } = await world();
  await put('over', { N: String(nowS - anHour) });
  await put('not yet', { N: String(nowS + anHour) });
  await put('no time');
  await put('no number', { S: String(nowS - anHour) });
  await put('more than five years ago', { N: String(nowS - 6 * aYear) });

  sweep();

  await until('what is over is gone', async () => !(await kept()).includes('over'));
  expect(await kept()).toEqual(['more than five years ago', 'no number', 'no time', 'not yet']);
});

test('what is renewed after it was seen to be over stays', async () => {
  const { put, kept, sweep } = await world();
  await put('renewed', { N: String(nowS - anHour) });
  await put('over', { N: String(nowS - anHour) });
  const deletions: unknown[] = [];

  sweep(async (operation, input) => {
    if (operation === 'DeleteItem') {
      deletions.push(input);
      await put('renewed', { N: String(nowS + anHour) });
    }
    return call(operation, input);
  });

  await until('what is over is gone', async () => !(await kept()).includes('over'));
  expect(deletions.length).toBeGreaterThan(0);
  expect(await kept()).toEqual(['renewed']);
});

test('the stream tells a deletion by time from one by a function', async () => {
  const { table, TableName, expiries, put, remove, sweep } = await world();
  const records: Record<string, unknown>[] = [];
  const seen = z.object({ Records: z.array(z.record(z.string(), z.unknown())) });
  const reader: Functions = {
    invoke: async (_, event) => {
      records.push(...seen.parse(event).Records);
      return { ok: true, payload: null };
    },
    usage: () => [],
    stop: async () => {},
  };
  const mapping = resource('AWS::Lambda::EventSourceMapping', 'Mapping', {
    EventSourceArn: `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}/stream/2026-01-01T00:00:00.000`,
    FunctionName: 'reader',
    StartingPosition: 'TRIM_HORIZON',
    FilterCriteria: { Filters: [{ Pattern: '{"eventName":["REMOVE"]}' }] },
  });
  const dataDirectory = temporaryDirectory();
  const options = { call, region: 'us-east-1', dataDirectory, expiries, log: () => {}, idleMs: 5 };
  const streams = startStreams(assemblyOf(table, mapping), reader, options);
  onTestFinished(() => streams.stop());

  await put('by a function');
  await remove('by a function');
  await put('by time', { N: String(nowS - anHour) });
  sweep();

  await until('both came', () => records.length === 2);
  expect(records).toMatchObject([
    { dynamodb: { Keys: { pk: { S: 'by a function' } } } },
    {
      dynamodb: { Keys: { pk: { S: 'by time' } } },
      userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
    },
  ]);
  expect(records[0]).not.toHaveProperty('userIdentity');
});
