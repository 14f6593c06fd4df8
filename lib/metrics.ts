import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Settings } from '#lib/settings.ts';

/** Where the journal (shared/runtime/journal.ts) publishes: it hears of it by the environment of each function. */
export const journalNamespace = 'Chargeline';

/** The dimension that keeps the metrics of two installations in one account apart. */
export function serviceName({ environment }: Settings): string {
  return `chargeline-${environment}`;
}

interface Reading {
  /** `Sum`, `Maximum`, `p95` … */
  statistic: string;
  period?: Duration;
}

/** What the journal counts of one action, operation or function. */
export function journalMetric(settings: Settings, action: string, metricName: string, reading: Reading): Metric {
  return new Metric({
    namespace: journalNamespace,
    metricName,
    dimensionsMap: { service: serviceName(settings), action },
    statistic: reading.statistic,
    period: reading.period ?? Duration.minutes(5),
  });
}

/**
 * What the journal counts, summed over every action that has such a metric: a Metrics Insights query, because metric math takes ten metrics at
 * most and an alarm cannot SEARCH. It finds what was written within the last three hours.
 */
export function journalSum(settings: Settings, metricName: string): IMetric {
  return insight(
    `SELECT SUM("${metricName}") FROM SCHEMA("${journalNamespace}", action, service) WHERE service = '${serviceName(settings)}'`,
    metricName,
  );
}

/** What DynamoDB counts of one table and of its indexes, whatever the operation. */
export function tableSum(tableName: string, metricName: string): IMetric {
  return insight(`SELECT SUM("${metricName}") FROM "AWS/DynamoDB" WHERE TableName = '${tableName}'`, metricName);
}

function insight(expression: string, label: string): IMetric {
  return new MathExpression({ expression, label, usingMetrics: {}, period: Duration.minutes(5) });
}
