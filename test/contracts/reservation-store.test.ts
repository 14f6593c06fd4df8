import { describe, expect, test } from 'vitest';
import { InvalidCursor } from '#shared/domain/paging.ts';
import type { Reservation } from '#shared/domain/reservation.ts';
import { eachKind, forgedCursors } from '#test/support/each-kind.ts';
import { anew, atSecond } from '#test/support/examples.ts';

const reservation = (changes: Partial<Reservation> = {}): Reservation => ({
  chargerId: anew('Cp'),
  reservationId: 7,
  connectorId: 1,
  idTag: 'A',
  parentIdTag: 'P',
  expiryDate: atSecond(600),
  state: 'active',
  commandId: 'command-5',
  acceptedAt: atSecond(0),
  ...changes,
});

const used = { state: 'used', endedAt: atSecond(9), localId: '1' } as const;
const cancelled = { state: 'cancelled', endedAt: atSecond(9), commandId: 'command-6' } as const;

describe.each(eachKind)('reservations $kind', ({ stores: { reservations } }) => {
  async function recorded(changes: Partial<Reservation> = {}): Promise<Reservation> {
    const it = reservation(changes);
    await reservations.recordReservation(it);
    return it;
  }

  test('read as they were recorded, whatever the case of the identity', async () => {
    const it = await recorded();

    expect(await reservations.findReservation(it.chargerId.toUpperCase(), 7)).toEqual(it);
    expect(await reservations.findReservation(it.chargerId, 8)).toBeUndefined();
  });

  test('are replaced by those of later commands with the same number, and by no others', async () => {
    const it = await recorded();
    await reservations.endReservation(it.chargerId, 7, used);

    await reservations.recordReservation(it);
    await reservations.recordReservation({ ...it, commandId: 'command-4', idTag: 'B' });
    const kept = await reservations.findReservation(it.chargerId, 7);
    const later = { ...it, commandId: 'command-7', idTag: 'C' };
    await reservations.recordReservation(later);

    expect(kept).toEqual({ ...it, ...used });
    expect(await reservations.findReservation(it.chargerId, 7)).toEqual(later);
  });

  test('end once', async () => {
    const it = await recorded();

    const outcomes = [
      await reservations.endReservation(it.chargerId, 7, used),
      await reservations.endReservation(it.chargerId, 7, { ...used, localId: '2' }),
      await reservations.endReservation(it.chargerId, 7, cancelled),
      await reservations.endReservation(it.chargerId, 8, cancelled),
    ];

    expect(outcomes).toEqual([true, false, false, false]);
    expect(await reservations.findReservation(it.chargerId, 7)).toEqual({ ...it, ...used });
  });

  test.each(['cancelled', 'lost'] as const)(
    'are %s by a command that was given after they were made',
    async (state) => {
      const it = await recorded();

      const early = await reservations.endReservation(it.chargerId, 7, { ...cancelled, state, commandId: 'command-4' });
      const late = await reservations.endReservation(it.chargerId, 7, { ...cancelled, state });

      expect([early, late]).toEqual([false, true]);
      expect(await reservations.findReservation(it.chargerId, 7)).toEqual({ ...it, state, endedAt: atSecond(9) });
    },
  );

  test('come by their numbers, the highest first, page by page', async () => {
    const { chargerId } = await recorded({ reservationId: 2 });
    for (const reservationId of [2 ** 31 - 1, -(2 ** 31), 10, -1]) await recorded({ chargerId, reservationId });

    const first = await reservations.listReservations(chargerId, 2);
    const second = await reservations.listReservations(chargerId, 3, first.next);

    expect([first, second].map(({ items }) => items.map(({ reservationId }) => reservationId))).toEqual([
      [2 ** 31 - 1, 10],
      [2, -1, -(2 ** 31)],
    ]);
    expect(second.next).toBeUndefined();
  });

  test.each(forgedCursors)('have no page at a forged cursor: %s', async (_, cursor) => {
    await expect(reservations.listReservations(anew('CP'), 2, cursor)).rejects.toThrow(InvalidCursor);
  });
});
