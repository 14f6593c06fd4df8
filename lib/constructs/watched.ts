import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Settings } from '#lib/settings.ts';

/** What every alarm stands on. */
export interface Duty {
  settings: Settings;
  topic: ITopic;
}

export interface Watch {
  metric: IMetric;
  /** The alarm is raised at this value and beyond. */
  threshold: number;
  /** Beyond is: 'above' unless said otherwise. */
  side?: 'above' | 'below';
  /** So many periods of the metric in turn, one unless said otherwise; `within` so many where they need not follow each other. */
  periods?: number;
  within?: number;
  /** What it means when nobody writes the metric: most count what went wrong, so nothing is well. */
  silence?: 'well' | 'alarming';
  /** One sentence: who feels what. */
  impact: string;
  /** The section of docs/runbook.md. */
  section: string;
}

/** An alarm and its runbook, always together. It has no name of its own: what CloudFormation makes of the path begins with the stack's. */
export class Watched extends Construct {
  readonly alarm: Alarm;

  constructor(scope: Construct, name: string, { settings, topic }: Duty, watch: Watch) {
    super(scope, name);
    const { metric, threshold, side = 'above', periods = 1, within = periods, silence = 'well' } = watch;

    this.alarm = new Alarm(this, 'Alarm', {
      alarmDescription: `${watch.impact} Runbook: ${settings.runbook}#${watch.section}`,
      metric,
      threshold,
      comparisonOperator:
        side === 'above'
          ? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
          : ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: within,
      datapointsToAlarm: periods,
      treatMissingData: silence === 'well' ? TreatMissingData.NOT_BREACHING : TreatMissingData.BREACHING,
    });
    const tell = new SnsAction(topic);
    this.alarm.addAlarmAction(tell);
    this.alarm.addOkAction(tell);
  }
}
