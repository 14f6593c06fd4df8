import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import type { MessageStore } from '#local/queues/message-store.ts';
import { type Queue, queueNameIn } from '#local/queues/queue.ts';

export interface SqsEndpoint {
  url: string;
  stop(): Promise<void>;
}

/** Longest message, its attributes not counted here. */
const bodyBytes = 1024 * 1024;
const body = z
  .string()
  .min(1)
  .refine((each) => Buffer.byteLength(each) <= bodyBytes, `at most ${bodyBytes} bytes`);
const attributes = z.record(z.string(), z.unknown()).default({});
const delay = z.int().min(0).max(900).optional();
const message = { MessageBody: body, DelaySeconds: delay, MessageAttributes: attributes };
const sendMessage = z.object(message);
const sendBatch = z.object({
  Entries: z
    .array(z.object({ Id: z.string(), ...message }))
    .min(1)
    .max(10),
});
const receiveMessage = z.object({
  MaxNumberOfMessages: z.int().min(1).max(10).default(1),
  VisibilityTimeout: z.int().min(0).max(43_200).optional(),
  WaitTimeSeconds: z.int().min(0).max(20).default(0),
});
const deleteMessage = z.object({ ReceiptHandle: z.string() });
const getAttributes = z.object({ AttributeNames: z.array(z.string()).default([]) });

type Operation = (queue: Queue, input: unknown) => unknown;

/** The SQS API, as far as functions use it, at a port that only this machine reaches; the unmodified AWS SDK is pointed to it. */
export async function serveSqs(queues: ReadonlyMap<string, Queue>, store: MessageStore): Promise<SqsEndpoint> {
  const stopping = new AbortController();
  const operations = operationsOn(store, stopping.signal);
  const server = createServer(async (request, response) => {
    const target = String(request.headers['x-amz-target']);
    const { status, output } = await answer(target, await text(request));
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() };
    response.writeHead(status, headers).end(JSON.stringify(output));
  });

  async function answer(target: string, json: string): Promise<{ status: number; output: unknown }> {
    const operation = operations.get(target);
    if (!operation) return failure('UnknownOperationException', `${target} is not emulated`);
    try {
      const input = z
        .looseObject({ QueueUrl: z.string().optional(), QueueName: z.string().optional() })
        .parse(JSON.parse(json));
      const queue = queues.get(input.QueueName ?? queueNameIn(input.QueueUrl ?? ''));
      if (!queue) return failure('QueueDoesNotExist', 'The specified queue does not exist.');
      return { status: 200, output: await operation(queue, input) };
    } catch (cause) {
      const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
      return failure('InvalidParameterValue', why);
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the queues have no port');
  const url = `http://127.0.0.1:${address.port}`;
  operations.set('AmazonSQS.GetQueueUrl', ({ name, arn }) => ({ QueueUrl: `${url}/${arn.split(':')[4]}/${name}` }));
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        stopping.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function operationsOn(store: MessageStore, stopping: AbortSignal): Map<string, Operation> {
  const send = (queue: Queue, { MessageBody, DelaySeconds, MessageAttributes }: z.output<typeof sendMessage>) => {
    const delayMs = DelaySeconds === undefined ? queue.delayMs : DelaySeconds * 1000;
    const MessageId = store.send(queue.name, MessageBody, JSON.stringify(MessageAttributes), delayMs, Date.now());
    return { MessageId, MD5OfMessageBody: md5(MessageBody) };
  };
  return new Map<string, Operation>([
    ['AmazonSQS.SendMessage', (queue, input) => send(queue, sendMessage.parse(input))],
    [
      'AmazonSQS.SendMessageBatch',
      (queue, input) => ({
        Successful: sendBatch.parse(input).Entries.map((entry) => ({ Id: entry.Id, ...send(queue, entry) })),
        Failed: [],
      }),
    ],
    [
      'AmazonSQS.ReceiveMessage',
      async (queue, input) => {
        const { MaxNumberOfMessages: max, VisibilityTimeout, WaitTimeSeconds } = receiveMessage.parse(input);
        const visibilityMs = VisibilityTimeout === undefined ? queue.visibilityMs : VisibilityTimeout * 1000;
        const deadline = Date.now() + WaitTimeSeconds * 1000;
        let messages = store.receive(queue, max, visibilityMs, Date.now());
        while (messages.length === 0 && Date.now() < deadline && !stopping.aborted) {
          await store.wait(queue.name, deadline - Date.now(), stopping, Date.now());
          if (!stopping.aborted) messages = store.receive(queue, max, visibilityMs, Date.now());
        }
        return {
          Messages: messages.map((each) => ({
            MessageId: each.id,
            ReceiptHandle: each.receipt,
            Body: each.body,
            MD5OfBody: md5(each.body),
            Attributes: {
              ApproximateReceiveCount: String(each.receiveCount),
              SentTimestamp: String(each.sentAt),
              ApproximateFirstReceiveTimestamp: String(each.firstReceivedAt),
            },
            MessageAttributes: attributes.parse(JSON.parse(each.attributes)),
          })),
        };
      },
    ],
    [
      'AmazonSQS.DeleteMessage',
      (queue, input) => {
        store.remove(queue.name, deleteMessage.parse(input).ReceiptHandle);
        return {};
      },
    ],
    [
      'AmazonSQS.GetQueueAttributes',
      (queue, input) => {
        const { AttributeNames } = getAttributes.parse(input);
        const asked = ([name]: [string, string]) => AttributeNames.includes('All') || AttributeNames.includes(name);
        return { Attributes: Object.fromEntries(Object.entries(attributesOf(queue, store)).filter(asked)) };
      },
    ],
  ]);
}

function attributesOf(queue: Queue, store: MessageStore): Record<string, string> {
  const { visible, delayed, inFlight } = store.counts(queue.name, Date.now());
  return {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    DelaySeconds: String(queue.delayMs / 1000),
    VisibilityTimeout: String(queue.visibilityMs / 1000),
    MessageRetentionPeriod: String(queue.retentionMs / 1000),
  };
}

function failure(type: string, message: string): { status: number; output: unknown } {
  return { status: 400, output: { __type: `com.amazonaws.sqs#${type}`, message } };
}

/** The SDK checks it. */
export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
