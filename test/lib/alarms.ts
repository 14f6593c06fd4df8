import * as z from 'zod';
import type { Part } from '#test/lib/cloud.ts';

const metricShape = z.object({
  MetricName: z.string(),
  Namespace: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]),
});
const alarmShape = z.object({
  AlarmDescription: z.string(),
  Threshold: z.number(),
  TreatMissingData: z.string(),
  ComparisonOperator: z.string(),
  AlarmActions: z.array(z.unknown()),
  Metrics: z.tuple([z.object({ Expression: z.unknown(), Period: z.number() })]).optional(),
  Period: z.number().optional(),
  EvaluationPeriods: z.number(),
});

export interface SeenAlarm extends z.output<typeof alarmShape> {
  logicalId: string;
  /** `namespace name dimension=value …`, or the query. */
  watches: string;
}

/** What the alarms say, in order of what they watch. */
export function alarmsOf(part: Part): SeenAlarm[] {
  return part
    .ofType('AWS::CloudWatch::Alarm')
    .map(({ logicalId, Properties }) => {
      const alarm = alarmShape.parse(Properties);
      return { ...alarm, logicalId, watches: watchedBy(part, alarm, Properties) };
    })
    .sort((a, b) => (a.watches < b.watches ? -1 : 1));
}

function watchedBy(part: Part, { Metrics }: z.output<typeof alarmShape>, properties: object): string {
  if (Metrics) return part.text(Metrics[0].Expression);
  const { Namespace, MetricName, Dimensions } = metricShape.parse(properties);
  const dimensions = Dimensions.map(({ Name, Value }) => `${Name}=${part.text(Value)}`);
  return [Namespace, MetricName, ...dimensions].join(' ');
}
