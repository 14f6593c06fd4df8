import * as z from 'zod';
import { readProperties, refuse } from '#local/assembly/template-resource.ts';
import { compilePattern, type Matches } from '#local/database/event-pattern.ts';
import type { Assembly, Resource } from '#local/parts.ts';
import { isQueueArn } from '#local/queues/queue-mapping.ts';

/** How a function reads the stream of a table. */
export interface EventSourceMapping {
  id: string;
  table: string;
  streamArn: string;
  /** The function's name or ARN. */
  functionName: string;
  batchSize: number;
  fromLatest: boolean;
  /** Infinity: until it succeeds. */
  retries: number;
  bisect: boolean;
  reportsItemFailures: boolean;
  /** The queue's name. */
  deadLetters: string | undefined;
  matches: Matches;
}

// Strict: a setting that changes what is delivered must not be passed over in silence.
const shape = z.strictObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']),
  BatchSize: z.coerce.number().default(100),
  Enabled: z.coerce.boolean().default(true),
  MaximumRetryAttempts: z.coerce.number().default(-1),
  BisectBatchOnFunctionError: z.boolean().default(false),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  FilterCriteria: z.object({ Filters: z.array(z.strictObject({ Pattern: z.string() })) }).optional(),
  DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.string() }) }).optional(),
  // These only say how long AWS may wait, how much it may do at once, and what it may show.
  MaximumBatchingWindowInSeconds: z.coerce.number().optional(),
  MaximumRecordAgeInSeconds: z.coerce.number().optional(),
  ParallelizationFactor: z.coerce.number().optional(),
  MetricsConfig: z.unknown().optional(),
  Tags: z.unknown().optional(),
});

/** The mappings of streams that are enabled; those of queues have a room of their own. Throws on what is not emulated. */
export function eventSourceMappings(assembly: Assembly): EventSourceMapping[] {
  return assembly.ofType('AWS::Lambda::EventSourceMapping').flatMap((resource) => {
    if (isQueueArn(resource.properties.EventSourceArn)) return [];
    const mapping = readProperties(resource, shape);
    if (!mapping.Enabled) return [];
    const [, table] = /:dynamodb:.*:table\/([^/]+)\/stream\//.exec(mapping.EventSourceArn) ?? [];
    if (!table) return refuse(resource, `${mapping.EventSourceArn} is not the stream of a table`);
    return [
      {
        id: `${resource.stack}/${resource.logicalId}`,
        table,
        streamArn: mapping.EventSourceArn,
        functionName: mapping.FunctionName,
        batchSize: mapping.BatchSize,
        fromLatest: mapping.StartingPosition === 'LATEST',
        retries: mapping.MaximumRetryAttempts < 0 ? Number.POSITIVE_INFINITY : mapping.MaximumRetryAttempts,
        bisect: mapping.BisectBatchOnFunctionError,
        reportsItemFailures: mapping.FunctionResponseTypes.length > 0,
        deadLetters: deadLettersOf(assembly, resource, mapping.DestinationConfig?.OnFailure.Destination),
        matches: filter(resource, mapping.FilterCriteria?.Filters.map(({ Pattern }) => Pattern) ?? []),
      },
    ];
  });
}

function deadLettersOf(assembly: Assembly, mapping: Resource, arn: string | undefined): string | undefined {
  if (arn === undefined) return undefined;
  const [, name] = /^arn:[^:]+:sqs:[^:]*:[^:]*:(.+)$/.exec(arn) ?? [];
  const queue = assembly.ofType('AWS::SQS::Queue').find(({ physicalId }) => physicalId.endsWith(`/${name}`));
  return queue ? name : refuse(mapping, `the destination ${arn} is not a queue of the templates`);
}

function filter(mapping: Resource, patterns: string[]): Matches {
  if (patterns.length === 0) return () => true;
  try {
    const compiled = patterns.map((pattern) => compilePattern(JSON.parse(pattern)));
    return (record) => compiled.some((matches) => matches(record));
  } catch (cause) {
    return refuse(mapping, cause instanceof Error ? cause.message : String(cause));
  }
}
