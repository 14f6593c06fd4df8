import { ChangeAvailability } from '#shared/ocpp/v16/ChangeAvailability.ts';
import { defineOperation } from '#shared/runtime/operation.ts';
import { statusesSince } from '#shared/runtime/sightings.ts';

/** Scheduled: once the session of the connector has ended, which takes as long as a car charges. */
const SCHEDULED_MS = 24 * 3600_000;

export const changeAvailability = defineOperation<typeof ChangeAvailability>({
  action: ChangeAvailability,
  watchUntilMs(_, { status }, { nowMs, durations }) {
    if (status === 'Rejected') return undefined;
    return nowMs + (status === 'Scheduled' ? SCHEDULED_MS : durations.effectMs);
  },
  async look({ connectorId, type }, caused) {
    const isMeant = (status: string) => (status === 'Unavailable') === (type === 'Inoperative');
    const statuses = await statusesSince(caused, connectorId);
    return statuses
      .filter(({ status }) => isMeant(status))
      .map(({ status, receivedAt }) => ({ at: receivedAt, what: status }));
  },
});
