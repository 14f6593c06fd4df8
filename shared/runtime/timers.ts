import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Timers } from '#shared/domain/send-commands.ts';
import { lazily, variable } from './app.ts';

/** The longest delay of SQS. */
const LONGEST_S = 900;

const client = lazily(() => new SQSClient({}));

/** Timers that are delayed messages of a queue. A longer time than the queue can wait is cut: whoever is called back looks whether it is time. */
export const deployedTimers: Timers = {
  async after(ms, call) {
    await client().send(
      new SendMessageCommand({
        QueueUrl: variable('COMMAND_TIMERS_QUEUE'),
        MessageBody: JSON.stringify(call),
        // Never early: a call back that comes before its time would find nothing to do.
        DelaySeconds: Math.min(LONGEST_S, Math.ceil(ms / 1000)),
      }),
    );
  },
};
