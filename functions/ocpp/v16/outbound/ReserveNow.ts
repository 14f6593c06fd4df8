import { ReserveNow } from '#shared/ocpp/v16/ReserveNow.ts';
import { defineOperation } from '#shared/runtime/operation.ts';
import { statusesSince } from '#shared/runtime/sightings.ts';

export const reserveNow = defineOperation<typeof ReserveNow>({
  action: ReserveNow,
  async refuse({ expiryDate }, { nowMs }) {
    return Date.parse(expiryDate) > nowMs ? [] : [{ field: 'expiryDate', rule: 'in the past' }];
  },
  watchUntilMs: (_, { status }, { nowMs, durations }) =>
    status === 'Accepted' ? nowMs + durations.effectMs : undefined,
  async look({ connectorId }, caused) {
    const statuses = await statusesSince(caused, connectorId);
    return statuses
      .filter(({ status }) => status === 'Reserved')
      .map(({ status, receivedAt }) => ({ at: receivedAt, what: status }));
  },
});
