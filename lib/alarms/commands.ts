import { Duration } from 'aws-cdk-lib';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Duty, Watched } from '#lib/constructs/watched.ts';

interface Timers {
  queue: IQueue;
  /** What could not be done at last. */
  missed: IQueue;
}

/** The calls back for commands: that they come in time, and that none was set aside. */
export class CommandAlarms extends Construct {
  constructor(scope: Construct, id: string, duty: Duty, { queue, missed }: Timers) {
    super(scope, id);
    const period = Duration.minutes(5);
    new Watched(this, 'Late', duty, {
      metric: queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period }),
      threshold: Duration.minutes(5).toSeconds(),
      impact:
        'Commands wait longer than they should, and one that was not answered holds up all others of its charger.',
      section: 'commands-are-seen-to-late',
    });
    new Watched(this, 'SetAside', duty, {
      metric: missed.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period }),
      threshold: 1,
      impact: 'A command may wait for ever, or its charger take no other one, until somebody asks it for something.',
      section: 'commands-were-set-aside',
    });
  }
}
