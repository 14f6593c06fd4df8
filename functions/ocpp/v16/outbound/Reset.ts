import { Reset } from '#shared/ocpp/v16/Reset.ts';
import { defineOperation } from '#shared/runtime/operation.ts';
import { bootSince } from '#shared/runtime/sightings.ts';

/** Accepted says that it will restart: that it has is seen by its boot. */
export const reset = defineOperation<typeof Reset>({
  action: Reset,
  watchUntilMs: (_, { status }, { nowMs, durations }) =>
    status === 'Accepted' ? nowMs + durations.effectMs : undefined,
  look: async (_, caused) => bootSince(caused),
});
