import type * as z from 'zod';
import type { InstalledProfile } from '#shared/domain/charging-profile.ts';
import type { chargingProfile } from '#shared/http/charging-profile.ts';

export const profileAnswer = ({
  connectorId,
  profile,
  installedAt,
}: InstalledProfile): z.input<typeof chargingProfile> => ({
  connectorId,
  profileId: profile.profileId,
  purpose: profile.purpose,
  kind: profile.kind,
  recurrency: profile.recurrency ?? null,
  stackLevel: profile.stackLevel,
  transactionId: profile.transactionId ?? null,
  validFrom: profile.validFrom ?? null,
  validTo: profile.validTo ?? null,
  schedule: {
    startAt: profile.schedule.startAt ?? null,
    durationS: profile.schedule.durationS ?? null,
    unit: profile.schedule.unit,
    minRate: profile.schedule.minRateTenths === undefined ? null : profile.schedule.minRateTenths / 10,
    periods: profile.schedule.periods.map(({ startS, limitTenths, phases }) => ({
      startS,
      limit: limitTenths / 10,
      phases: phases ?? null,
    })),
  },
  installedAt,
});
