import { describe, expect, test } from 'vitest';
import { isUsedBy, type Reservation, stateOf } from '#shared/domain/reservation.ts';
import { atSecond, connector, noon, status } from '#test/support/examples.ts';

const reservation = (changes: Partial<Reservation> = {}): Reservation => ({
  chargerId: 'CP',
  reservationId: 7,
  connectorId: 1,
  idTag: 'A',
  parentIdTag: 'P',
  expiryDate: atSecond(600),
  state: 'active',
  commandId: 'command-1',
  acceptedAt: atSecond(0),
  ...changes,
});

describe('row 47: a reservation', () => {
  test('expires by itself, at its time', () => {
    expect(stateOf(reservation(), [], noon + 599_999)).toBe('active');
    expect(stateOf(reservation(), [], noon + 600_000)).toBe('expired');
    expect(stateOf(reservation({ state: 'used' }), [], noon + 600_000)).toBe('used');
  });

  test.each([
    ['Faulted', 1, 1, 'interrupted'],
    ['Unavailable', 1, 1, 'interrupted'],
    ['Unavailable', 0, 1, 'interrupted'],
    ['Faulted', 0, 0, 'interrupted'],
    ['Faulted', 1, 0, 'active'],
    ['Faulted', 2, 1, 'active'],
    ['Reserved', 1, 1, 'active'],
    ['Available', 1, 1, 'active'],
  ] as const)(
    'where connector %2$i is told to be %1$s, of connector %3$i is %4$s',
    (told, evse, connectorId, expected) => {
      const where = evse === 0 ? { evse: 0, connector: 0 } : connector(evse);
      const report = status({ status: told, connector: where, receivedAt: atSecond(1) });

      expect(stateOf(reservation({ connectorId }), [report], noon)).toBe(expected);
    },
  );

  test('is not ended by what was told before it was made', () => {
    const report = status({ status: 'Faulted', receivedAt: atSecond(-1) });

    expect(stateOf(reservation(), [report], noon)).toBe('active');
  });
});

describe('row 33: a start that names a reservation', () => {
  const start = { connectorId: 1, idTag: 'a', at: atSecond(60) };

  test.each([
    ['with its tag in any case', {}, {}, true],
    ['with the parent itself', {}, { idTag: 'p' }, true],
    ['with a tag of its parent', {}, { idTag: 'B', parentIdTag: 'P' }, true],
    ['with another tag', {}, { idTag: 'B' }, false],
    ['with a tag of another parent', {}, { idTag: 'B', parentIdTag: 'Q' }, false],
    ['with another tag where there is no parent', { parentIdTag: undefined }, { idTag: 'B' }, false],
    ['on another connector', {}, { connectorId: 2 }, false],
    ['on any connector of the charger', { connectorId: 0 }, { connectorId: 2 }, true],
    ['after its time', {}, { at: atSecond(600) }, false],
    ['that has ended', { state: 'cancelled' }, {}, false],
  ] as const)('%s uses it: %4$s', (_, changes, more, expected) => {
    expect(isUsedBy(reservation(changes), { ...start, ...more })).toBe(expected);
  });
});
