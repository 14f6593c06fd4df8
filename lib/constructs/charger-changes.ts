import { Duration, Validations } from 'aws-cdk-lib';
import type { WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { CfnEventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { allow, type Ground, ServiceFunction } from '#lib/constructs/service-function.ts';

interface ChargerChangesProps extends Ground {
  connections: WebSocketStage;
}

/** The one reader of the chargers table's stream: what has to follow when a charger is changed or removed. */
export class ChargerChanges extends Construct {
  /** What could not be followed in five attempts. */
  readonly unread: Queue;

  constructor(scope: Construct, id: string, props: ChargerChangesProps) {
    super(scope, id);
    const { tableStreamArn } = props.data.tables.chargers;
    if (tableStreamArn === undefined) throw new Error('The chargers table has no stream');

    this.unread = new Queue(this, 'Unread', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this.unread).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is where the stream sets aside what failed: there is nothing behind it but the alarm.',
    });
    const { lambda } = new ServiceFunction(this, 'chargerChanges', {
      ...props,
      statements: [
        allow(
          ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
          tableStreamArn,
        ),
        allow(['sqs:SendMessage'], this.unread.queueArn),
      ],
    });
    new CfnEventSourceMapping(this, 'Stream', {
      functionName: lambda.functionName,
      eventSourceArn: tableStreamArn,
      // A change that is handled twice does no harm; one that is missed leaves a removed charger connected.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 25,
      parallelizationFactor: 1,
      bisectBatchOnFunctionError: true,
      functionResponseTypes: ['ReportBatchItemFailures'],
      maximumRetryAttempts: 5,
      destinationConfig: { onFailure: { destination: this.unread.queueArn } },
      filterCriteria: {
        filters: [
          {
            // Only a charger's own item: connections and connectors change all the time, and a new charger is not connected.
            pattern: JSON.stringify({
              eventName: ['MODIFY', 'REMOVE'],
              dynamodb: { Keys: { sk: { S: ['config'] } } },
            }),
          },
        ],
      },
    });
  }
}
