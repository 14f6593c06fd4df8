import { Construct } from 'constructs';
import { type Duty, Watched } from '#lib/constructs/watched.ts';
import { journalMetric } from '#lib/metrics.ts';

/** Each status by the function that says it last: `connect` turns the authorizer's verdicts into 400, 401 and 404; a denial ends at `authorize`. */
const refusals = [
  {
    status: '401',
    action: 'connect',
    threshold: 3,
    impact:
      'At least one charger is at the door with a wrong key and cannot get in: its drivers cannot charge, or charge unrecorded.',
  },
  {
    status: '404',
    action: 'connect',
    threshold: 3,
    impact:
      'At least one charger dials an identity that nobody registered: its drivers cannot charge, or charge unrecorded.',
  },
  {
    status: '400',
    action: 'connect',
    threshold: 3,
    impact:
      'At least one charger asks for no protocol that is spoken here: its drivers cannot charge, or charge unrecorded.',
  },
  {
    status: '403',
    action: 'authorize',
    threshold: 10,
    impact:
      'Somebody comes round the front door, or CloudFront sends an origin key that is not known: then no charger gets in at all.',
  },
] as const;

/** Chargers that cannot get in: a quarter of an hour of refusals, since a charger that is wrong dials again and again. */
export class DoorAlarms extends Construct {
  constructor(scope: Construct, id: string, duty: Duty) {
    super(scope, id);
    for (const { status, action, threshold, impact } of refusals) {
      new Watched(this, `Refused${status}`, duty, {
        metric: journalMetric(duty.settings, action, `Refused.${status}`, { statistic: 'Sum' }),
        threshold,
        periods: 3,
        impact,
        section: `chargers-are-refused-with-${status}`,
      });
    }
  }
}
