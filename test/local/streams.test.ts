import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { type Database, startDatabase } from '#local/database/database.ts';
import { type DynamoDb, dynamoDb } from '#local/database/dynamodb.ts';
import { type Streams, startStreams } from '#local/database/streams.ts';
import { bringTables } from '#local/database/tables.ts';
import { throttled } from '#local/lambda/throttling.ts';
import type { Functions, Invocation, Resource } from '#local/parts.ts';
import { assemblyOf } from '#test/support/gateway.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { until } from '#test/support/until.ts';

let call: DynamoDb;

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'chargeline-streams-'));
  const database: Database = await startDatabase({ directory, region: 'us-east-1' });
  call = dynamoDb(database.endpoint, 'us-east-1');
  return async () => {
    await database.stop();
    rmSync(directory, { recursive: true });
  };
});

const eventShape = z.object({
  Records: z.array(
    z.looseObject({
      eventName: z.string(),
      dynamodb: z.looseObject({
        SequenceNumber: z.string(),
        Keys: z.object({ pk: z.object({ S: z.string() }) }),
      }),
    }),
  ),
});
const readShape = z.object({ Records: z.array(z.unknown()) });

type StreamEvent = z.output<typeof eventShape>;

/** A function that keeps what it is given, and answers what the test says. */
class Reader implements Functions {
  readonly events: StreamEvent[] = [];
  answer: (event: StreamEvent) => Invocation = () => ({ ok: true, payload: null });

  async invoke(_: string, event: unknown): Promise<Invocation> {
    const batch = eventShape.parse(JSON.parse(JSON.stringify(event)));
    this.events.push(batch);
    return this.answer(batch);
  }
  usage = () => [];
  cpu = async () => [];
  stop = async () => {};

  /** What came, as `INSERT a`. */
  get seen(): string[] {
    return this.events.flatMap(({ Records }) => Records.map((r) => `${r.eventName} ${r.dynamodb.Keys.pk.S}`));
  }
}

const failure: Invocation = { ok: false, error: { errorType: 'Error', errorMessage: 'broken' } };

let count = 0;

/** A table of its own, and a function that reads it. */
async function world(mappingProperties: Record<string, unknown> = {}) {
  const table = `streams-${count++}`;
  const streamArn = `arn:aws:dynamodb:us-east-1:000000000000:table/${table}/stream/2026-01-01T00:00:00.000`;
  const resource = (type: string, physicalId: string, properties: Record<string, unknown>): Resource => ({
    stack: 'app',
    logicalId: physicalId,
    type,
    properties,
    physicalId,
  });
  const things = resource('AWS::DynamoDB::Table', table, {
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
  });
  const assembly = assemblyOf(
    things,
    resource('AWS::SQS::Queue', 'https://sqs.us-east-1.amazonaws.com/000000000000/unread', {}),
    resource('AWS::Lambda::EventSourceMapping', 'Mapping', {
      EventSourceArn: streamArn,
      FunctionName: 'reader',
      StartingPosition: 'TRIM_HORIZON',
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:000000000000:unread' } },
      ...mappingProperties,
    }),
  );
  await bringTables(call, [things]);

  const dataDirectory = temporaryDirectory();
  const reader = new Reader();
  const reads: number[] = [];
  const observed: DynamoDb = async (operation, input) => {
    const output = await call(operation, input);
    if (operation === 'Streams.GetRecords') reads.push(readShape.parse(output).Records.length);
    return output;
  };
  const start = (): Streams => {
    const streams = startStreams(assembly, reader, {
      call: observed,
      region: 'us-east-1',
      dataDirectory,
      log: () => {},
      idleMs: 5,
    });
    onTestFinished(() => streams.stop());
    return streams;
  };
  const deadLetters = join(dataDirectory, 'queues', 'unread.jsonl');
  return {
    reader,
    start,
    /** How many records each look at the stream brought. */
    reads,
    streamArn,
    put: (pk: string, value = 'x') =>
      call('PutItem', { TableName: table, Item: { pk: { S: pk }, value: { S: value } } }),
    remove: (pk: string) => call('DeleteItem', { TableName: table, Key: { pk: { S: pk } } }),
    deadLetters: (): unknown[] =>
      existsSync(deadLetters)
        ? readFileSync(deadLetters, 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line))
        : [],
  };
}

test('what was passed over is not read again after a stop', async () => {
  const filters = { Filters: [{ Pattern: JSON.stringify({ eventName: ['REMOVE'] }) }] };
  const { reader, start, put, remove, reads } = await world({ FilterCriteria: filters });
  const haveRead = (records: number) => () => reads.at(-1) === 0 && reads.reduce((sum, each) => sum + each) === records;
  const streams = start();
  await put('a');
  await remove('a');
  await until('the removal was delivered', haveRead(2));
  await put('b');
  await until('the next record was passed over', haveRead(3));
  await streams.stop();

  const before = reads.length;
  start();
  await until('the stream was looked at again', () => reads.length > before + 1);

  expect(reader.seen).toEqual(['REMOVE a']);
  expect(haveRead(3)()).toBe(true);
});

test('changes are delivered in their order, shaped as AWS shapes them', async () => {
  const { reader, start, put, remove, streamArn } = await world();
  start();

  await put('a', '1');
  await put('a', '2');
  await remove('a');

  await until('all three came', () => reader.seen.length === 3);
  expect(reader.seen).toEqual(['INSERT a', 'MODIFY a', 'REMOVE a']);
  expect(reader.events.flatMap(({ Records }) => Records)[1]).toEqual({
    eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventName: 'MODIFY',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    eventSourceARN: streamArn,
    dynamodb: {
      ApproximateCreationDateTime: expect.any(Number),
      Keys: { pk: { S: 'a' } },
      NewImage: { pk: { S: 'a' }, value: { S: '2' } },
      OldImage: { pk: { S: 'a' }, value: { S: '1' } },
      SequenceNumber: expect.any(String),
      SizeBytes: expect.any(Number),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  });
});

test('a write that changed nothing is not delivered', async () => {
  const { reader, start, put } = await world();

  await put('a', 'same');
  await put('a', 'same');
  await put('b');
  start();

  await until('the last one came', () => reader.seen.includes('INSERT b'));
  expect(reader.seen).toEqual(['INSERT a', 'INSERT b']);
});

test('only what the filter criteria match is delivered', async () => {
  const Pattern = JSON.stringify({ eventName: ['INSERT'], dynamodb: { Keys: { pk: { S: [{ prefix: 'yes' }] } } } });
  const { reader, start, put, remove } = await world({ FilterCriteria: { Filters: [{ Pattern }] } });

  await put('yes-1');
  await put('no-1');
  await remove('yes-1');
  await put('yes-2');
  start();

  await until('the last one came', () => reader.seen.includes('INSERT yes-2'));
  expect(reader.seen).toEqual(['INSERT yes-1', 'INSERT yes-2']);
});

test('a batch has at most its size', async () => {
  const { reader, start, put } = await world({ BatchSize: 2 });

  for (const pk of ['a', 'b', 'c']) await put(pk);
  start();

  await until('all came', () => reader.seen.length === 3);
  expect(reader.events.map(({ Records }) => Records.length)).toEqual([2, 1]);
});

test('a batch that failed is delivered again before anything that came later', async () => {
  const { reader, start, put } = await world({ BatchSize: 1 });
  reader.answer = () => (reader.events.length === 1 ? failure : { ok: true, payload: null });

  await put('a');
  await put('b');
  start();

  await until('the second one came', () => reader.seen.includes('INSERT b'));
  expect(reader.seen).toEqual(['INSERT a', 'INSERT a', 'INSERT b']);
});

test('after the last retry a batch is a dead letter, and the next one is delivered', async () => {
  const { reader, start, put, deadLetters, streamArn } = await world({ BatchSize: 1, MaximumRetryAttempts: 2 });
  reader.answer = ({ Records }) => (Records[0]?.dynamodb.Keys.pk.S === 'a' ? failure : { ok: true, payload: null });

  await put('a');
  await put('b');
  start();

  await until('the second one came', () => reader.seen.includes('INSERT b'));
  expect(reader.seen).toEqual(['INSERT a', 'INSERT a', 'INSERT a', 'INSERT b']);
  expect(deadLetters()).toEqual([
    expect.objectContaining({
      requestContext: expect.objectContaining({ condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 }),
      DDBStreamBatchInfo: expect.objectContaining({
        startSequenceNumber: '1',
        endSequenceNumber: '1',
        batchSize: 1,
        streamArn,
      }),
    }),
  ]);
});

test('a batch that Lambda does not take costs no retry', async () => {
  const { reader, start, put, deadLetters } = await world({ MaximumRetryAttempts: 0 });
  reader.answer = () => (reader.events.length <= 2 ? throttled : { ok: true, payload: null });

  await put('a');
  start();

  await until('it came a third time', () => reader.seen.length === 3);
  expect(deadLetters()).toEqual([]);
});

test('a batch that failed is halved where the mapping says so, and only the bad record is lost', async () => {
  const { reader, start, put, deadLetters } = await world({
    MaximumRetryAttempts: 0,
    BisectBatchOnFunctionError: true,
  });
  const taken: string[] = [];
  reader.answer = ({ Records }) => {
    const keys = Records.map(({ dynamodb }) => dynamodb.Keys.pk.S);
    if (keys.includes('bad')) return failure;
    taken.push(...keys);
    return { ok: true, payload: null };
  };

  for (const pk of ['a', 'bad', 'b', 'c']) await put(pk);
  start();

  await until('the last one was taken', () => taken.includes('c'));
  expect(taken).toEqual(['a', 'b', 'c']);
  expect(deadLetters()).toHaveLength(1);
});

test('a report of failed items delivers again from the first of them', async () => {
  const { reader, start, put } = await world({ FunctionResponseTypes: ['ReportBatchItemFailures'] });
  reader.answer = ({ Records }) => {
    const itemIdentifier = Records[1]?.dynamodb.SequenceNumber ?? '';
    const batchItemFailures = reader.events.length === 1 ? [{ itemIdentifier }] : [];
    return { ok: true, payload: { batchItemFailures } };
  };

  for (const pk of ['a', 'b', 'c']) await put(pk);
  start();

  await until('the rest came again', () => reader.seen.length === 5);
  expect(reader.seen).toEqual(['INSERT a', 'INSERT b', 'INSERT c', 'INSERT b', 'INSERT c']);
});

test('after a restart nothing is skipped, and nothing that was taken comes again', async () => {
  const { reader, start, put } = await world();
  const before = start();
  await put('a');
  await until('the first one came', () => reader.seen.length === 1);
  await before.stop();
  await put('b');

  start();

  await until('the second one came', () => reader.seen.includes('INSERT b'));
  expect(reader.seen).toEqual(['INSERT a', 'INSERT b']);
});

test('a batch whose end nobody saw comes again after a restart', async () => {
  const { reader, start, put } = await world();
  const { promise: killed, resolve: kill } = Promise.withResolvers<void>();
  const invoke = reader.invoke.bind(reader);
  reader.invoke = async (target, event) => {
    await invoke(target, event);
    await killed;
    return failure;
  };
  const before = start();
  await put('a');
  await until('it came', () => reader.seen.length === 1);
  const stopped = before.stop();
  kill();
  await stopped;
  reader.invoke = invoke;

  start();

  await until('it came again', () => reader.seen.length === 2);
  expect(reader.seen).toEqual(['INSERT a', 'INSERT a']);
});

test('a reader that starts at the latest change sees what is written while it is down', async () => {
  const { reader, start, put } = await world({ StartingPosition: 'LATEST' });
  await put('old');
  const before = start();
  await until('it has begun', async () => {
    await put('probe', String(Math.random()));
    return reader.seen.length > 0;
  });
  await before.stop();
  await put('new');

  start();

  await until('the new one came', () => reader.seen.includes('INSERT new'));
  expect(reader.seen).not.toContain('INSERT old');
});

test.each([
  ['a setting that is not known', { TumblingWindowInSeconds: 5 }, /TumblingWindowInSeconds/],
  [
    'a pattern that is not known',
    { FilterCriteria: { Filters: [{ Pattern: '{"a":[{"numeric":["=",1]}]}' }] } },
    /numeric/,
  ],
  [
    'a source of another kind',
    { EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/s' },
    /is not the stream of a table/,
  ],
  [
    'a destination that no template has',
    { DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:000000000000:q' } } },
    /is not a queue/,
  ],
])('a mapping with %s is refused at start', async (_, properties, message) => {
  const { start } = await world(properties);

  expect(start).toThrow(message);
  expect(start).toThrow('app/Mapping (AWS::Lambda::EventSourceMapping)');
});
