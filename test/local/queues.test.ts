import { join } from 'node:path';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { throttled } from '#local/lambda/throttling.ts';
import type { Functions, Invocation } from '#local/parts.ts';
import { MessageStore } from '#local/queues/message-store.ts';
import { type Queue, queuesOf } from '#local/queues/queue.ts';
import { type QueueMapping, queueMappings } from '#local/queues/queue-mapping.ts';
import { startQueueReaders } from '#local/queues/queue-readers.ts';
import { serveSqs } from '#local/queues/sqs-endpoint.ts';
import { assemblyOf, functionArn, resource } from '#test/support/gateway.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { until } from '#test/support/until.ts';

const urlOf = (name: string) => `https://sqs.eu-central-1.amazonaws.com/111122223333/${name}`;
const arnOf = (name: string) => `arn:aws:sqs:eu-central-1:111122223333:${name}`;

const due: Queue = {
  name: 'due',
  arn: arnOf('due'),
  delayMs: 0,
  visibilityMs: 30_000,
  retentionMs: 345_600_000,
  redrive: undefined,
};
const dead: Queue = { ...due, name: 'dead', arn: arnOf('dead') };

function storeIn(directory: string): MessageStore {
  return new MessageStore(join(directory, 'queues.sqlite'));
}

describe('the SQS API, as the unchanged SDK speaks it,', () => {
  async function client() {
    const store = storeIn(temporaryDirectory());
    const { url, stop } = await serveSqs(new Map([['due', due]]), store);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const sqs = new SQSClient({ endpoint: url, region: 'eu-central-1', credentials, maxAttempts: 1 });
    onTestFinished(async () => {
      sqs.destroy();
      await stop();
      store.close();
    });
    const QueueUrl = `${url}/111122223333/due`;
    const attributes = async () =>
      (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes;
    return { sqs, QueueUrl, attributes };
  }

  test('takes a message, gives it out with a receipt, and removes it', async () => {
    const { sqs, QueueUrl, attributes } = await client();

    const sent = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'stop CP001 ä' }));
    const before = await attributes();
    const received = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    const meanwhile = await attributes();
    const ReceiptHandle = received.Messages?.[0]?.ReceiptHandle;
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));

    expect(received.Messages).toMatchObject([{ MessageId: sent.MessageId, Body: 'stop CP001 ä' }]);
    expect(before).toMatchObject({ ApproximateNumberOfMessages: '1', QueueArn: due.arn });
    expect(meanwhile).toMatchObject({ ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '1' });
    expect(await attributes()).toMatchObject({ ApproximateNumberOfMessagesNotVisible: '0' });
  });

  test('takes several at once, each with its delay', async () => {
    const { sqs, QueueUrl, attributes } = await client();
    const Entries = [
      { Id: 'a', MessageBody: 'now' },
      { Id: 'b', MessageBody: 'later', DelaySeconds: 900 },
    ];

    const { Successful } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));

    expect(Successful?.map(({ Id }) => Id)).toEqual(['a', 'b']);
    expect(await attributes()).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesDelayed: '1',
    });
  });

  test('tells the URL of a queue by its name', async () => {
    const { sqs, QueueUrl } = await client();

    expect(await sqs.send(new GetQueueUrlCommand({ QueueName: 'due' }))).toMatchObject({ QueueUrl });
  });

  test.each([
    ['a queue that no template has', { QueueUrl: urlOf('other'), MessageBody: 'x' }, 'QueueDoesNotExist'],
    ['a delay of more than 15 minutes', { MessageBody: 'x', DelaySeconds: 901 }, 'InvalidParameterValue'],
    ['no text', { MessageBody: '' }, 'InvalidParameterValue'],
  ])('refuses %s', async (_, input, name) => {
    const { sqs, QueueUrl } = await client();

    await expect(sqs.send(new SendMessageCommand({ QueueUrl, ...input }))).rejects.toMatchObject({ name });
  });
});

describe('a message', () => {
  test('is seen when its delay is over, and again when nobody removed it in time', () => {
    const store = storeIn(temporaryDirectory());
    onTestFinished(() => store.close());
    store.send('due', 'x', '{}', 900_000, 1_000);
    const seenAt = (now: number) => store.receive(due, 10, 30_000, now).map(({ receiveCount }) => receiveCount);

    expect([900_999, 901_000, 930_999, 931_000].map(seenAt)).toEqual([[], [1], [], [2]]);
  });

  test('is removed by its newest receipt only', () => {
    const store = storeIn(temporaryDirectory());
    onTestFinished(() => store.close());
    store.send('due', 'x', '{}', 0, 0);
    const [first, second] = [0, 30_000].flatMap((now) => store.receive(due, 10, 30_000, now));

    store.remove('due', first?.receipt ?? '');
    const after = store.counts('due', 30_000);
    store.remove('due', second?.receipt ?? '');

    expect(after.inFlight).toBe(1);
    expect(store.counts('due', 30_000)).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
  });

  test('is gone after the time that its queue keeps messages', () => {
    const store = storeIn(temporaryDirectory());
    onTestFinished(() => store.close());
    store.send('due', 'x', '{}', 0, 0);

    expect(store.receive({ ...due, retentionMs: 60_000 }, 10, 0, 60_001)).toEqual([]);
  });

  test('that was taken is there although nobody closed the file', () => {
    const directory = temporaryDirectory();
    const killed = storeIn(directory);
    killed.send('due', 'kept', '{}', 60_000, 0);

    const store = storeIn(directory);
    onTestFinished(() => {
      store.close();
      killed.close();
    });

    expect(store.counts('due', 0)).toEqual({ visible: 0, delayed: 1, inFlight: 0 });
    expect(store.receive(due, 10, 0, 60_000)).toMatchObject([{ body: 'kept' }]);
  });
});

const eventShape = z.object({ Records: z.array(z.looseObject({ messageId: z.string(), body: z.string() })) });
type QueueEvent = z.output<typeof eventShape>;

/** A function that reads the queue `due`; the test says what it answers. */
function world(changes: Partial<QueueMapping> = {}) {
  const store = storeIn(temporaryDirectory());
  const events: QueueEvent[] = [];
  const reader = {
    answer: (_: QueueEvent): Invocation => ({ ok: true, payload: null }),
  };
  const functions: Functions = {
    invoke: async (_, event) => {
      const batch = eventShape.parse(JSON.parse(JSON.stringify(event)));
      events.push(batch);
      return reader.answer(batch);
    },
    usage: () => [],
    stop: async () => {},
  };
  const mapping: QueueMapping = {
    id: 'app/Mapping',
    queue: due,
    functionName: 'reader',
    batchSize: 10,
    concurrency: 1,
    reportsItemFailures: false,
    ...changes,
  };
  const log: string[] = [];
  const start = () => {
    const options = { store, region: 'eu-central-1', log: (line: string) => log.push(line) };
    const readers = startQueueReaders([mapping], functions, options);
    onTestFinished(async () => {
      await readers.stop();
      store.close();
    });
    return readers;
  };
  const left = () => Object.values(store.counts(mapping.queue.name, Date.now())).reduce((sum, count) => sum + count, 0);
  const seen = () => events.flatMap(({ Records }) => Records.map(({ body }) => body));
  return {
    store,
    events,
    reader,
    start,
    left,
    seen,
    log,
    send: (body: string) => store.send('due', body, '{}', 0, Date.now()),
  };
}

const failure: Invocation = { ok: false, error: { errorType: 'Error', errorMessage: 'broken' } };

describe('a function that reads a queue', () => {
  test('is given what is sent, shaped as AWS shapes it, and what it took is removed', async () => {
    const { store, start, events, left } = world();
    start();
    const attributes = JSON.stringify({ kind: { DataType: 'String', StringValue: 'stop' } });

    const id = store.send('due', 'ä', attributes, 0, Date.now());

    await until('it was taken', () => events.length === 1 && left() === 0);
    expect(events[0]?.Records).toEqual([
      {
        messageId: id,
        receiptHandle: expect.any(String),
        body: 'ä',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: expect.stringMatching(/^\d{13}$/),
          SenderId: 'local',
          ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
        },
        messageAttributes: {
          kind: { dataType: 'String', stringValue: 'stop', stringListValues: [], binaryListValues: [] },
        },
        md5OfBody: '8419b71c87a225a2c70b50486fbee545',
        eventSource: 'aws:sqs',
        eventSourceARN: due.arn,
        awsRegion: 'eu-central-1',
      },
    ]);
  });

  test('has at most its batch size at once', async () => {
    const { start, events, send, left } = world({ batchSize: 2 });
    for (const body of ['a', 'b', 'c']) send(body);

    start();

    await until('all were taken', () => left() === 0);
    expect(events.map(({ Records }) => Records.length)).toEqual([2, 1]);
  });

  test('sees again what it failed at, and after enough receipts it is a dead letter', async () => {
    const queue = { ...due, visibilityMs: 1, redrive: { deadLetters: 'dead', maxReceiveCount: 3 } };
    const { store, start, send, reader, seen, left, log } = world({ queue });
    reader.answer = () => failure;
    send('bad');

    start();

    await until('it is a dead letter', () => store.counts('dead', Date.now()).visible === 1);
    expect(seen()).toEqual(['bad', 'bad', 'bad']);
    expect(left()).toBe(0);
    expect(store.receive(dead, 10, 0, Date.now())).toMatchObject([{ body: 'bad' }]);
    expect(log).toEqual(Array(3).fill('app/Mapping: broken'));
  });

  test('sees again only what it reports as failed', async () => {
    const { start, send, reader, seen, left, events } = world({
      queue: { ...due, visibilityMs: 1 },
      reportsItemFailures: true,
    });
    reader.answer = ({ Records }) => {
      const failed = events.length === 1 ? Records.filter(({ body }) => body === 'b') : [];
      return {
        ok: true,
        payload: { batchItemFailures: failed.map(({ messageId: itemIdentifier }) => ({ itemIdentifier })) },
      };
    };
    for (const body of ['a', 'b', 'c']) send(body);

    start();

    await until('all were taken', () => events.length > 1 && left() === 0);
    expect(seen()).toEqual(['a', 'b', 'c', 'b']);
  });

  test('sees all again when its report names a stranger', async () => {
    const { start, send, reader, seen, left, events } = world({
      queue: { ...due, visibilityMs: 1 },
      reportsItemFailures: true,
    });
    reader.answer = () => ({
      ok: true,
      payload: { batchItemFailures: events.length === 1 ? [{ itemIdentifier: 'nobody' }] : [] },
    });
    send('a');

    start();

    await until('it was taken', () => events.length > 1 && left() === 0);
    expect(seen()).toEqual(['a', 'a']);
  });

  test('is tried again where Lambda does not take the invocation, without another receipt', async () => {
    const { start, send, reader, events, left } = world();
    reader.answer = () => (events.length === 1 ? throttled : { ok: true, payload: null });
    send('a');

    start();

    await until('it was taken', () => left() === 0);
    expect(events.map(({ Records }) => Records[0]?.attributes)).toMatchObject(
      Array(2).fill({ ApproximateReceiveCount: '1' }),
    );
  });

  test('ends what it began when the local cloud stops', async () => {
    const { start, send, reader, events, left } = world();
    const { promise: ended, resolve: end } = Promise.withResolvers<Invocation>();
    Object.assign(reader, { answer: () => ended });
    send('a');
    const readers = start();
    await until('it runs', () => events.length === 1);

    const stopped = readers.stop();
    end({ ok: true, payload: null });
    await stopped;

    expect(left()).toBe(0);
  });
});

describe('the templates', () => {
  const queueOf = (properties: Record<string, unknown>) => resource('AWS::SQS::Queue', urlOf('due'), properties);
  const reader = resource('AWS::Lambda::Function', 'reader', { Timeout: 10 });
  const mappingOf = (properties: Record<string, unknown>) =>
    resource('AWS::Lambda::EventSourceMapping', 'Mapping', {
      EventSourceArn: arnOf('due'),
      FunctionName: functionArn('reader'),
      ...properties,
    });

  test('say how a queue is and who reads it', () => {
    const assembly = assemblyOf(
      queueOf({
        DelaySeconds: 5,
        VisibilityTimeout: 60,
        RedrivePolicy: { deadLetterTargetArn: arnOf('dead'), maxReceiveCount: 3 },
      }),
      resource('AWS::SQS::Queue', urlOf('dead'), {}),
      reader,
      mappingOf({ BatchSize: 1, FunctionResponseTypes: ['ReportBatchItemFailures'] }),
    );
    const queues = queuesOf(assembly);

    expect([...queues.values()]).toEqual([
      { ...due, delayMs: 5_000, visibilityMs: 60_000, redrive: { deadLetters: 'dead', maxReceiveCount: 3 } },
      dead,
    ]);
    expect(queueMappings(assembly, queues)).toEqual([
      {
        id: 'test/Mapping',
        queue: queues.get('due'),
        functionName: functionArn('reader'),
        batchSize: 1,
        concurrency: 5,
        reportsItemFailures: true,
      },
    ]);
  });

  test.each([
    ['a FIFO queue', { FifoQueue: true }, {}, /only standard queues/],
    [
      'dead letters that no template has',
      { RedrivePolicy: { deadLetterTargetArn: arnOf('x'), maxReceiveCount: 1 } },
      {},
      /is not one of the templates/,
    ],
    ['a queue that no template has', {}, { EventSourceArn: arnOf('x') }, /is not a queue of the templates/],
    ['a function that no template has', {}, { FunctionName: 'x' }, /x is not a function of the templates/],
    [
      'less visibility than the function takes',
      { VisibilityTimeout: 9 },
      {},
      /the visibility timeout of due is shorter/,
    ],
    ['a setting that is not known', {}, { FilterCriteria: {} }, /FilterCriteria/],
  ])('with %s are refused at start', (_, queue, mapping, message) => {
    const assembly = assemblyOf(queueOf(queue), reader, mappingOf(mapping));

    expect(() => queueMappings(assembly, queuesOf(assembly))).toThrow(message);
  });
});
