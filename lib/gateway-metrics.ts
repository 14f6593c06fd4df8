import { Duration } from 'aws-cdk-lib';
import type { WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';

const period = Duration.minutes(5);

/** What API Gateway counts of the chargers' stage. */
export function chargerMetric({ api, stageName }: WebSocketStage, metricName: string, statistic: string): Metric {
  const dimensionsMap = { ApiId: api.apiId, Stage: stageName };
  return new Metric({ namespace: 'AWS/ApiGateway', metricName, dimensionsMap, statistic, period });
}

/** What CloudFront counts; to be read in us-east-1 only. */
export function entranceMetric({ distributionId }: Distribution, metricName: string, statistic: string): Metric {
  const dimensionsMap = { DistributionId: distributionId, Region: 'Global' };
  return new Metric({ namespace: 'AWS/CloudFront', metricName, dimensionsMap, statistic, period });
}
