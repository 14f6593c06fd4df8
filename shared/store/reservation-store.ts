import * as z from 'zod';
import type { Reservation, ReservationStore } from '#shared/domain/reservation.ts';
import type { Database } from './database.ts';
import { commandKeys } from './keys.ts';
import { pageOfItems } from './pages.ts';

const reservationItem = z.object({
  chargerId: z.string(),
  reservationId: z.int(),
  connectorId: z.int(),
  idTag: z.string(),
  parentIdTag: z.string().optional(),
  expiryDate: z.string(),
  state: z.enum(['active', 'cancelled', 'lost', 'used']),
  commandId: z.string(),
  acceptedAt: z.string(),
  endedAt: z.string().optional(),
  localId: z.string().optional(),
});

export function dynamoReservationStore(database: Database, table: string): ReservationStore {
  const key = (chargerId: string, reservationId: number) => ({
    pk: commandKeys.partition(chargerId),
    sk: commandKeys.reservation(reservationId),
  });

  return {
    async recordReservation(reservation) {
      const { chargerId, reservationId, commandId } = reservation;
      const condition = 'attribute_not_exists(pk) OR #commandId < :commandId';
      await database.put(table, { ...key(chargerId, reservationId), ...reservation }, condition, { commandId });
    },

    async endReservation(chargerId, reservationId, ending) {
      const { state, endedAt } = ending;
      const isUsed = ending.state === 'used';
      const ended = await database.update(
        table,
        key(chargerId, reservationId),
        {
          update: `SET #state = :state, #endedAt = :endedAt${isUsed ? ', #localId = :localId' : ''}`,
          values: {
            state,
            endedAt,
            active: 'active',
            ...(isUsed ? { localId: ending.localId } : { commandId: ending.commandId }),
          },
          condition: `#state = :active${isUsed ? '' : ' AND #commandId < :commandId'}`,
        },
        'nothing',
      );
      return ended !== undefined;
    },

    async findReservation(chargerId, reservationId) {
      const item = await database.get(table, key(chargerId, reservationId));
      return item && (reservationItem.parse(item) satisfies Reservation);
    },

    async listReservations(chargerId, limit, start) {
      const listed = { pk: commandKeys.partition(chargerId), prefix: commandKeys.reservationPrefix, descending: true };
      const { items, next } = await pageOfItems(database, table, listed, limit, start);
      return { items: items.map((item): Reservation => reservationItem.parse(item)), next };
    },
  };
}
