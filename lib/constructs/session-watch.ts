import { Aws } from 'aws-cdk-lib';
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { allow, type Ground, ServiceFunction } from '#lib/constructs/service-function.ts';
import { schedules } from '#lib/schedules.ts';

/** Ends the sessions that nobody stops, looks over those that have ended, and counts those that await review. */
export class SessionWatch extends Construct {
  constructor(scope: Construct, id: string, ground: Ground) {
    super(scope, id);
    const { every } = schedules.watchSessions;

    const { lambda } = new ServiceFunction(this, 'watchSessions', ground);
    const role = new Role(this, 'ScheduleRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      inlinePolicies: {
        invoke: new PolicyDocument({ statements: [allow(['lambda:InvokeFunction'], lambda.functionArn)] }),
      },
    });
    new CfnSchedule(this, 'Schedule', {
      description: 'The watch over sessions',
      scheduleExpression: ScheduleExpression.rate(every).expressionString,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: lambda.functionArn,
        roleArn: role.roleArn,
        // The next run comes soon, and sees to what this one did not; two at once do no harm.
        retryPolicy: { maximumRetryAttempts: 0 },
      },
    });
  }
}
