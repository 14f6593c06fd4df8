import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Duty, Watched } from '#lib/constructs/watched.ts';

interface Reader {
  lambda: IFunction;
  /** What it could not read at last. */
  unread: IQueue;
}

/** The reader of the stream of chargers: that it keeps up, and that nothing was set aside. */
export class ChangeAlarms extends Construct {
  constructor(scope: Construct, id: string, duty: Duty, { lambda, unread }: Reader) {
    super(scope, id);
    const period = Duration.minutes(5);
    new Watched(this, 'Late', duty, {
      metric: lambda.metric('IteratorAge', { statistic: 'Maximum', period }),
      threshold: Duration.minutes(5).toMilliseconds(),
      impact:
        'A charger that was blocked, removed or given another key stays connected for minutes: whoever took it over goes on.',
      section: 'changes-of-chargers-are-followed-late',
    });
    new Watched(this, 'SetAside', duty, {
      metric: unread.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period }),
      threshold: 1,
      impact:
        'A charger that was blocked, removed or given another key may still be connected, and nothing here will try again.',
      section: 'changes-of-chargers-were-set-aside',
    });
  }
}
