import { Duration } from 'aws-cdk-lib';
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { allow, type Ground, ServiceFunction } from '#lib/constructs/service-function.ts';

/** Ends the sessions that nobody stops, looks over those that have ended, and counts those that await review. */
export class SessionWatch extends Construct {
  constructor(scope: Construct, id: string, ground: Ground) {
    super(scope, id);

    const { lambda } = new ServiceFunction(this, 'watchSessions', { ...ground, timeout: Duration.minutes(2) });
    const role = new Role(this, 'ScheduleRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com'),
      inlinePolicies: {
        invoke: new PolicyDocument({ statements: [allow(['lambda:InvokeFunction'], lambda.functionArn)] }),
      },
    });
    new CfnSchedule(this, 'Schedule', {
      description: 'The watch over sessions',
      scheduleExpression: 'rate(5 minutes)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: lambda.functionArn,
        roleArn: role.roleArn,
        // The next one comes soon, and sees to what this one did not.
        retryPolicy: { maximumRetryAttempts: 0 },
      },
    });
  }
}
