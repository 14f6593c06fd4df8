import { toInstant } from '#shared/domain/time.ts';
import { CancelReservation } from '#shared/ocpp/v16/CancelReservation.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

/** Rejected: the charger holds no such reservation, whatever we took it to hold. */
export const cancelReservation = defineOperation<typeof CancelReservation>({
  action: CancelReservation,
  async answered({ reservationId }, { status }, { charger, stores, nowMs, commandId }) {
    await stores.reservations.endReservation(charger.id, reservationId, {
      state: status === 'Accepted' ? 'cancelled' : 'lost',
      endedAt: toInstant(nowMs),
      commandId,
    });
  },
});
