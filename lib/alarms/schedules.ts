import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { FunctionName } from '#lib/access.ts';
import { type Duty, type Watch, Watched } from '#lib/constructs/watched.ts';
import { journalMetric } from '#lib/metrics.ts';
import type { Gauge, Schedule, Schedules } from '#lib/schedules.ts';

type Limit = Pick<Watch, 'threshold' | 'impact' | 'section'> & { statistic: string; period: Duration; periods: number };

const gauges: Record<Gauge, Limit> = {
  // Never empty for a day: so nobody looked. A session that somebody decides on within the day is how it is meant.
  SessionsInReview: {
    statistic: 'Minimum',
    period: Duration.hours(1),
    periods: 24,
    threshold: 1,
    impact:
      'Sessions have been waiting for a decision for a day: drivers and owners do not know what they cost and earn.',
    section: 'sessions-wait-for-review',
  },
};

/** What the clock calls: that it runs at all, and what it found. */
export class ScheduleAlarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    duty: Duty,
    schedules: Schedules,
    functions: Readonly<Record<FunctionName, IFunction>>,
  ) {
    super(scope, id);
    for (const [name, { every, publishes = [] }] of Object.entries(schedules) as [FunctionName, Schedule][]) {
      new Watched(this, `${name}DoesNotRun`, duty, {
        metric: functions[name].metricInvocations({ period: every }),
        threshold: 0,
        side: 'below',
        periods: 3,
        silence: 'alarming',
        impact: `Nobody looks after what ${name} looks after: it was not called three times in turn.`,
        section: 'a-scheduled-function-does-not-run',
      });
      for (const gauge of publishes) {
        const { statistic, period, ...limit } = gauges[gauge];
        new Watched(this, gauge, duty, {
          ...limit,
          metric: journalMetric(duty.settings, name, gauge, { statistic, period }),
        });
      }
    }
  }
}
