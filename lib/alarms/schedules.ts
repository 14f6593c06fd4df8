import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { FunctionName } from '#lib/access.ts';
import { type Duty, type Watch, Watched } from '#lib/constructs/watched.ts';
import { journalMetric } from '#lib/metrics.ts';
import type { Gauge, Schedule, Schedules } from '#lib/schedules.ts';

type Limit = Pick<Watch, 'threshold' | 'impact' | 'section'> & { statistic: string; period: Duration; periods: number };

/** What is too much of a gauge; how many await review is for the dashboard only, since new ones come all day. */
const gauges: Partial<Record<Gauge, Limit>> = {
  OldestReviewAgeHours: {
    statistic: 'Maximum',
    period: Duration.hours(1),
    periods: 1,
    threshold: 24,
    impact:
      'A session has been waiting for a decision for a day: its driver and its owner do not know what it costs and earns.',
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
        const known = gauges[gauge];
        if (!known) continue;
        const { statistic, period, ...limit } = known;
        new Watched(this, gauge, duty, {
          ...limit,
          metric: journalMetric(duty.settings, name, gauge, { statistic, period }),
        });
      }
    }
  }
}
