import { Aws, CfnCondition, Duration, Fn } from 'aws-cdk-lib';
import type { HttpStage, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type Duty, Watched } from '#lib/constructs/watched.ts';
import { chargerMetric, entranceMetric } from '#lib/gateway-metrics.ts';

export interface Gateways {
  chargers: WebSocketStage;
  entrance: Distribution | undefined;
  app: HttpStage;
}

/** What answers before a function does, or instead of it. */
export class GatewayAlarms extends Construct {
  constructor(scope: Construct, id: string, duty: Duty, { chargers, entrance, app }: Gateways) {
    super(scope, id);
    // Not IntegrationError: it counts every charger that is refused at the door, and each function has an alarm of its own.
    new Watched(this, 'ChargersExecutionError', duty, {
      metric: chargerMetric(chargers, 'ExecutionError', 'Sum'),
      threshold: 1,
      impact: 'A charger got an answer that is not OCPP, or none: it waits, repeats, or dials again.',
      section: 'the-charger-gateway-fails',
    });
    new Watched(this, 'AppServerErrors', duty, {
      metric: app.metricServerError({ statistic: 'Sum', period: Duration.minutes(5) }),
      threshold: 1,
      impact: 'People at the console get an error page instead of their chargers and sessions.',
      section: 'the-app-api-fails',
    });
    if (entrance) this.watchEntrance(duty, entrance);
  }

  /** CloudFront tells of itself in us-east-1 alone, and an alarm watches its own region alone. */
  private watchEntrance(duty: Duty, entrance: Distribution): void {
    const here = new CfnCondition(this, 'WhereCloudFrontTells', {
      expression: Fn.conditionEquals(Aws.REGION, 'us-east-1'),
    });
    const { alarm } = new Watched(this, 'EntranceServerErrors', duty, {
      metric: entranceMetric(entrance, '5xxErrorRate', 'Average'),
      threshold: 5,
      periods: 3,
      impact: 'CloudFront lets chargers wait at the door: those that dial anew do not get in.',
      section: 'the-entrance-fails',
    });
    const resource = alarm.node.defaultChild;
    if (resource instanceof CfnAlarm) resource.cfnOptions.condition = here;
  }
}
