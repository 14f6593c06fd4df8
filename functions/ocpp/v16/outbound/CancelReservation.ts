import { CancelReservation } from '#shared/ocpp/v16/CancelReservation.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

/** Rejected: the charger holds no such reservation. */
export const cancelReservation = defineOperation<typeof CancelReservation>({ action: CancelReservation });
