import { Duration } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { startCloud } from '#local/cloud.ts';
import { dynamoDb } from '#local/database/dynamodb.ts';
import { fixtureCloud } from '#test/support/fixture-cloud.ts';
import { until } from '#test/support/until.ts';

let fixture: ReturnType<typeof fixtureCloud>;

beforeAll(() => {
  fixture = fixtureCloud({
    handlers: {
      disconnect: `
        import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
        const client = new SQSClient({});
        export const handler = async ({ reason }) => {
          const MessageBody = reason + ' ' + process.env.WORD;
          await client.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE, MessageBody, DelaySeconds: 1 }));
        }`,
      fallback: `
        import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
        const client = new DynamoDBClient({});
        export const handler = async ({ Records }) => {
          for (const { body } of Records) {
            await client.send(new PutItemCommand({ TableName: process.env.TABLE, Item: { pk: { S: body }, sk: { S: '-' } } }));
          }
        }`,
    },
    change: ({ stack, functions: { disconnect, fallback } }) => {
      const queue = new Queue(stack, 'Due', { visibilityTimeout: Duration.seconds(30) });
      disconnect.addEnvironment('QUEUE', queue.queueUrl).addEnvironment('WORD', 'template');
      queue.grantSendMessages(disconnect);
      fallback.addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true }));
      new CfnSchedule(stack, 'Often', {
        scheduleExpression: 'rate(1 hour)',
        flexibleTimeWindow: { mode: 'OFF' },
        target: { arn: disconnect.functionArn, roleArn: disconnect.role?.roleArn ?? '', input: '{"reason":"hourly"}' },
      });
    },
  });
  return () => fixture.remove();
}, 120_000);

const stored = z.object({ Item: z.unknown().optional() });

test('a schedule invokes a function, whose delayed message another function takes, each by its template', async () => {
  const cloud = await startCloud({
    assembly: fixture.directory,
    host: '127.0.0.1',
    port: 0,
    data: undefined,
    tickMs: 50,
    variables: { WORD: 'set' },
    log: () => {},
  });
  onTestFinished(() => cloud.stop());

  const call = dynamoDb(cloud.databaseEndpoint, 'us-east-1');
  const Key = { pk: { S: 'hourly set' }, sk: { S: '-' } };
  await until(
    'the message was taken',
    async () => stored.parse(await call('GetItem', { TableName: 'fixture-things', Key })).Item,
  );

  expect(cloud.functions.usage()).toContainEqual({
    functionId: expect.stringMatching(/^disconnect/),
    action: 'sqs:SendMessage',
    resource: expect.stringMatching(/Due/),
    count: expect.any(Number),
  });
}, 60_000);
