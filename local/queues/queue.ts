import * as z from 'zod';
import { readProperties, refuse } from '#local/assembly/template-resource.ts';
import type { Assembly, Resource } from '#local/parts.ts';

/** A queue of the templates. */
export interface Queue {
  name: string;
  arn: string;
  /** Of a message that says nothing about it. */
  delayMs: number;
  visibilityMs: number;
  retentionMs: number;
  redrive: Redrive | undefined;
}

interface Redrive {
  /** The queue's name. */
  deadLetters: string;
  /** How often a message is received before it is a dead letter. */
  maxReceiveCount: number;
}

const shape = z.object({
  FifoQueue: z.literal(false, 'only standard queues are emulated').optional(),
  DelaySeconds: z.coerce.number().int().min(0).max(900).default(0),
  VisibilityTimeout: z.coerce.number().int().min(0).max(43_200).default(30),
  MessageRetentionPeriod: z.coerce.number().int().min(60).max(1_209_600).default(345_600),
  RedrivePolicy: z
    .object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number().int().min(1) })
    .optional(),
});

/** By name. Throws on what is not emulated. */
export function queuesOf(assembly: Assembly): Map<string, Queue> {
  const resources = assembly.ofType('AWS::SQS::Queue');
  const queues = resources.map((resource): Queue => {
    const read = readProperties(resource, shape);
    return {
      name: queueNameIn(resource.physicalId),
      arn: arnOf(resource),
      delayMs: read.DelaySeconds * 1000,
      visibilityMs: read.VisibilityTimeout * 1000,
      retentionMs: read.MessageRetentionPeriod * 1000,
      redrive: read.RedrivePolicy && redriveOf(resources, resource, read.RedrivePolicy),
    };
  });
  return new Map(queues.map((queue) => [queue.name, queue]));
}

/** The last part of a queue's URL or ARN. */
export function queueNameIn(urlOrArn: string): string {
  return urlOrArn.replace(/^.*[/:]/, '');
}

function redriveOf(
  all: readonly Resource[],
  queue: Resource,
  policy: { deadLetterTargetArn: string; maxReceiveCount: number },
) {
  const target = all.find((each) => queueNameIn(each.physicalId) === queueNameIn(policy.deadLetterTargetArn));
  if (!target) refuse(queue, `its dead-letter queue ${policy.deadLetterTargetArn} is not one of the templates`);
  return { deadLetters: queueNameIn(target.physicalId), maxReceiveCount: policy.maxReceiveCount };
}

function arnOf({ physicalId }: Resource): string {
  const [, region = 'us-east-1', account = '000000000000'] =
    /^https:\/\/sqs\.([\w-]+)\.[^/]+\/(\d+)\//.exec(physicalId) ?? [];
  return `arn:aws:sqs:${region}:${account}:${queueNameIn(physicalId)}`;
}
