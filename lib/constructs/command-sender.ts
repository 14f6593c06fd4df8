import type { WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { CommandTimers } from '#lib/constructs/command-timers.ts';
import { allow, type Ground, ServiceFunction } from '#lib/constructs/service-function.ts';

interface CommandSenderProps extends Ground {
  connections: WebSocketStage;
  timers: CommandTimers;
  /** What links to files begin with. */
  filesUrl: string;
}

/** Sees to the commands whose time has come. */
export class CommandSender extends Construct {
  constructor(scope: Construct, id: string, props: CommandSenderProps) {
    super(scope, id);
    const { queue } = props.timers;
    const { lambda } = new ServiceFunction(this, 'commandTimer', {
      ...props,
      statements: [allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], queue.queueArn)],
    });
    new CfnEventSourceMapping(this, 'Timers', {
      functionName: lambda.functionName,
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      functionResponseTypes: ['ReportBatchItemFailures'],
    });
  }
}
