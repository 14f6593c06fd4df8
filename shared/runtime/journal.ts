import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/** One line per event: what happened, and the metrics of it (CloudWatch's embedded metric format). Never a secret. */
export interface Entry {
  /** The dimension of the metrics: an action, an operation or the name of a function. */
  action: string;
  latencyMs: number;
  /** The code of a refusal, counted under its own name. */
  refusal?: string;
  /** How much there is of something at the moment. */
  gauges?: Record<string, number>;
  /** To find the line by: charger, message, connection, person. */
  about: Record<string, string | undefined>;
}

const metrics = new Metrics();

export function writeEntry({ action, latencyMs, refusal, gauges = {}, about }: Entry): void {
  metrics.addDimension('action', action);
  metrics.addMetric('Count', MetricUnit.Count, 1);
  metrics.addMetric('Latency', MetricUnit.Milliseconds, latencyMs);
  if (refusal !== undefined) metrics.addMetric(`Refused.${refusal}`, MetricUnit.Count, 1);
  for (const [name, value] of Object.entries(gauges)) metrics.addMetric(name, MetricUnit.Count, value);
  for (const [name, value] of Object.entries(about)) {
    if (value !== undefined) metrics.addMetadata(name, value);
  }
  metrics.publishStoredMetrics();
}
