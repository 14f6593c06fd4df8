import { canonicalId } from '#shared/domain/charger.ts';
import { InvalidCursor } from '#shared/domain/paging.ts';
import type { Reservation, ReservationStore } from '#shared/domain/reservation.ts';
import { pageOfRows, Rows } from './rows.ts';

export function memoryReservationStore(): ReservationStore {
  const reservations = new Rows<Reservation>();
  /** From -2^31 on, in the order of the numbers. */
  const of = (chargerId: string, reservationId: number) =>
    `${canonicalId(chargerId)}/${String(reservationId + 2 ** 31).padStart(10, '0')}`;

  return {
    async recordReservation(reservation) {
      const key = of(reservation.chargerId, reservation.reservationId);
      const before = reservations.get(key);
      if (before && before.commandId >= reservation.commandId) return;
      reservations.set(key, reservation);
    },

    async endReservation(chargerId, reservationId, ending) {
      const it = reservations.get(of(chargerId, reservationId));
      if (it?.state !== 'active') return false;
      const { state, endedAt } = ending;
      if (ending.state !== 'used' && it.commandId >= ending.commandId) return false;
      const more = ending.state === 'used' ? { localId: ending.localId } : {};
      reservations.set(of(chargerId, reservationId), { ...it, state, endedAt, ...more });
      return true;
    },

    async findReservation(chargerId, reservationId) {
      return reservations.get(of(chargerId, reservationId));
    },

    async listReservations(chargerId, limit, after) {
      if (after !== undefined && after.length > 1024) throw new InvalidCursor();
      const rows = reservations.startingWith(`${canonicalId(chargerId)}/`).reverse();
      return pageOfRows(rows, 'descending', limit, after);
    },
  };
}
