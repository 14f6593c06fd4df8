import type * as z from 'zod';
import type { StatusReport } from '#shared/domain/charger.ts';
import { type Reservation, stateOf } from '#shared/domain/reservation.ts';
import { sessionIdOf } from '#shared/domain/session-id.ts';
import type { reservation } from '#shared/http/reservation.ts';

export const reservationAnswer = (
  it: Reservation,
  statuses: readonly StatusReport[],
  nowMs: number,
): z.input<typeof reservation> => ({
  reservationId: it.reservationId,
  connectorId: it.connectorId,
  idTag: it.idTag,
  parentIdTag: it.parentIdTag ?? null,
  expiryDate: it.expiryDate,
  state: stateOf(it, statuses, nowMs),
  commandId: it.commandId,
  acceptedAt: it.acceptedAt,
  endedAt: it.endedAt ?? null,
  sessionId: it.localId === undefined ? null : sessionIdOf(it.chargerId, it.localId),
});
