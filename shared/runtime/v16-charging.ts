import type { ChargingProfile } from '#shared/domain/charging-profile.ts';
import type { CompositeSchedule } from '#shared/domain/composite-schedule.ts';
import { toInstant } from '#shared/domain/time.ts';
import type { RequestOf, ResponseOf } from '#shared/ocpp/action.ts';
import type { ClearChargingProfile } from '#shared/ocpp/v16/ClearChargingProfile.ts';
import type { GetCompositeSchedule } from '#shared/ocpp/v16/GetCompositeSchedule.ts';
import type { SetChargingProfile } from '#shared/ocpp/v16/SetChargingProfile.ts';
import { millisecondsOf } from './v16-words.ts';

/** Between the charging profiles of OCPP 1.6 and those of the domain. */

type WireProfile = RequestOf<typeof SetChargingProfile>['csChargingProfiles'];

/** Of what we send the contract has checked that it has one decimal; chargers reckon with more. */
const nearestTenths = (limit: number): number => Math.round(limit * 10);

/** In a profile that comes with a start there is no transaction yet: the session's is due. */
export function profileOf(wire: WireProfile, transactionId = wire.transactionId?.toString()): ChargingProfile {
  const { chargingSchedule: schedule, recurrencyKind, validFrom, validTo } = wire;
  const { duration, startSchedule, minChargingRate } = schedule;
  return {
    profileId: wire.chargingProfileId,
    purpose: wire.chargingProfilePurpose,
    kind: wire.chargingProfileKind,
    ...(recurrencyKind !== undefined && { recurrency: recurrencyKind }),
    stackLevel: wire.stackLevel,
    ...(transactionId !== undefined && { transactionId }),
    ...(validFrom !== undefined && { validFrom: instantOf(validFrom) }),
    ...(validTo !== undefined && { validTo: instantOf(validTo) }),
    schedule: {
      ...(startSchedule !== undefined && { startAt: instantOf(startSchedule) }),
      ...(duration !== undefined && { durationS: duration }),
      unit: schedule.chargingRateUnit,
      ...(minChargingRate !== undefined && { minRateTenths: nearestTenths(minChargingRate) }),
      periods: schedule.chargingSchedulePeriod.map(({ startPeriod, limit, numberPhases }) => ({
        startS: startPeriod,
        limitTenths: nearestTenths(limit),
        ...(numberPhases !== undefined && { phases: numberPhases }),
      })),
    },
  };
}

const instantOf = (dateTime: string) => toInstant(millisecondsOf(dateTime));

export const criteriaOf = (request: RequestOf<typeof ClearChargingProfile>) => ({
  ...(request.id !== undefined && { profileId: request.id }),
  ...(request.connectorId !== undefined && { connectorId: request.connectorId }),
  ...(request.chargingProfilePurpose !== undefined && { purpose: request.chargingProfilePurpose }),
  ...(request.stackLevel !== undefined && { stackLevel: request.stackLevel }),
});

/** What a charger answered of itself; undefined where it told no schedule. Without a start of its own it starts with the answer. */
export function reportedScheduleOf(
  { duration }: RequestOf<typeof GetCompositeSchedule>,
  { scheduleStart, chargingSchedule }: ResponseOf<typeof GetCompositeSchedule>,
  answeredAt: string,
): CompositeSchedule | undefined {
  if (!chargingSchedule) return undefined;
  return {
    startAt: instantOf(scheduleStart ?? chargingSchedule.startSchedule ?? answeredAt),
    durationS: Math.min(chargingSchedule.duration ?? duration, duration),
    unit: chargingSchedule.chargingRateUnit,
    periods: chargingSchedule.chargingSchedulePeriod.map(({ startPeriod, limit, numberPhases }) => ({
      startS: startPeriod,
      limitTenths: nearestTenths(limit),
      ...(numberPhases !== undefined && { phases: numberPhases }),
    })),
  };
}
