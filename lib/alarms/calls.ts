import { Construct } from 'constructs';
import { type Duty, type Watch, Watched } from '#lib/constructs/watched.ts';
import { journalSum } from '#lib/metrics.ts';
import type { ErrorCode } from '#shared/ocpp/errors.ts';

type Limit = Pick<Watch, 'threshold' | 'periods' | 'impact'>;

/** By rate: in each of three periods of five minutes. */
const rate = (threshold: number, impact: string): Limit => ({ threshold, periods: 3, impact });

/** Of each code with which a call can be refused, how many are too many. */
const limits: Record<ErrorCode, Limit> = {
  InternalError: {
    threshold: 1,
    impact:
      'A charger was told to try again because something failed here: a start, a stop or readings may arrive late or never.',
  },
  SecurityError: rate(10, 'Chargers talk that have not been accepted: what their drivers do is not recorded.'),
  FormationViolation: rate(
    10,
    'Chargers send what cannot be read: what it was about is lost, or kept for people to read.',
  ),
  PropertyConstraintViolation: rate(
    10,
    'Chargers send values that are not allowed: sessions or readings may be missing.',
  ),
  OccurenceConstraintViolation: rate(10, 'Chargers leave out what is due: sessions or readings may be missing.'),
  TypeConstraintViolation: rate(10, 'Chargers send values of the wrong type: sessions or readings may be missing.'),
  ProtocolError: rate(10, 'Chargers break the protocol: sessions or readings may be missing.'),
  GenericError: rate(10, 'Chargers are refused for reasons of no other kind: sessions or readings may be missing.'),
  NotImplemented: rate(50, 'Chargers ask for what there is not: a feature that their owner pays for may not work.'),
  NotSupported: rate(50, 'Chargers ask for what is not supported: a feature that their owner pays for may not work.'),
};

/** Calls of chargers that were answered with CALLERROR. */
export class CallAlarms extends Construct {
  constructor(scope: Construct, id: string, duty: Duty) {
    super(scope, id);
    for (const [code, limit] of Object.entries(limits)) {
      new Watched(this, code, duty, {
        ...limit,
        metric: journalSum(duty.settings, `Refused.${code}`),
        section: code === 'InternalError' ? 'calls-fail-here' : 'calls-are-refused',
      });
    }
  }
}
