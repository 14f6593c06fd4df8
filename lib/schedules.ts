import { Duration } from 'aws-cdk-lib';
import type { FunctionName } from '#lib/access.ts';

/** What a scheduled function publishes once a run, as metrics of the journal. */
export type Gauge = 'SessionsInReview' | 'OldestReviewAgeHours';

export interface Schedule {
  every: Duration;
  publishes?: readonly Gauge[];
}

export type Schedules = Partial<Record<FunctionName, Schedule>>;

/** The functions that the clock calls. Each is watched for not being called any more, and each gauge for what it says. */
export const schedules = {
  watchSessions: {
    every: Duration.minutes(5),
    publishes: ['SessionsInReview', 'OldestReviewAgeHours'],
  },
} as const satisfies Schedules;
