import * as z from 'zod';
import { readProperties, refuse } from '#local/assembly/template-resource.ts';
import type { Assembly, Resource } from '#local/parts.ts';
import { type Queue, queueNameIn } from '#local/queues/queue.ts';

/** How a function reads a queue. */
export interface QueueMapping {
  id: string;
  queue: Queue;
  /** The function's name or ARN. */
  functionName: string;
  batchSize: number;
  /** Batches under way at the same time. */
  concurrency: number;
  reportsItemFailures: boolean;
}

// Strict: a setting that changes what is delivered must not be passed over in silence.
const shape = z.strictObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  BatchSize: z.coerce.number().int().min(1).default(10),
  Enabled: z.coerce.boolean().default(true),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  ScalingConfig: z.object({ MaximumConcurrency: z.coerce.number().int().min(2) }).optional(),
  // These only say how long AWS may wait, and what it may show.
  MaximumBatchingWindowInSeconds: z.coerce.number().optional(),
  MetricsConfig: z.unknown().optional(),
  Tags: z.unknown().optional(),
});

/** With how many batches at a time AWS begins. */
const defaultConcurrency = 5;

/** The mappings of queues that are enabled. Throws on what is not emulated. */
export function queueMappings(assembly: Assembly, queues: ReadonlyMap<string, Queue>): QueueMapping[] {
  return assembly
    .ofType('AWS::Lambda::EventSourceMapping')
    .filter(({ properties }) => isQueueArn(properties.EventSourceArn))
    .flatMap((resource) => {
      const mapping = readProperties(resource, shape);
      const queue = queues.get(queueNameIn(mapping.EventSourceArn));
      if (!queue) refuse(resource, `${mapping.EventSourceArn} is not a queue of the templates`);
      refuseShortVisibility(assembly, resource, mapping.FunctionName, queue);
      if (!mapping.Enabled) return [];
      return [
        {
          id: `${resource.stack}/${resource.logicalId}`,
          queue,
          functionName: mapping.FunctionName,
          batchSize: mapping.BatchSize,
          concurrency: mapping.ScalingConfig?.MaximumConcurrency ?? defaultConcurrency,
          reportsItemFailures: mapping.FunctionResponseTypes.length > 0,
        },
      ];
    });
}

export function isQueueArn(arn: unknown): boolean {
  return typeof arn === 'string' && /^arn:[^:]+:sqs:/.test(arn);
}

/** As AWS does when the mapping is made: a message would come again while it is still being worked on. */
function refuseShortVisibility(assembly: Assembly, mapping: Resource, functionName: string, queue: Queue): void {
  const name = functionName.replace(/^.*:function:/, '');
  const target = assembly.ofType('AWS::Lambda::Function').find(({ physicalId }) => physicalId === name);
  if (!target) refuse(mapping, `${functionName} is not a function of the templates`);
  const { Timeout } = readProperties(target, z.object({ Timeout: z.coerce.number().default(3) }));
  if (queue.visibilityMs < Timeout * 1000) {
    refuse(mapping, `the visibility timeout of ${queue.name} is shorter than the timeout of ${name}`);
  }
}
