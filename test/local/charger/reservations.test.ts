import { describe, expect, test } from 'vitest';
import { behave } from '#local/charger/behaviour.ts';
import { until } from '#test/support/until.ts';
import type { CentralSystem } from './central-system.ts';
import { charging, statuses, waiting } from './scene.ts';

/** The charger's clock passes a hundred times as fast as ours. */
const within = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
const aDay = 24 * 60;

interface Wanted {
  reservationId?: number;
  connectorId?: number;
  idTag?: string;
  parentIdTag?: string;
  expiryDate?: string;
}

const reserve = (central: CentralSystem, wanted: Wanted = {}) =>
  central.command('ReserveNow', {
    reservationId: 7,
    connectorId: 1,
    idTag: 'MINE',
    expiryDate: within(aDay),
    ...wanted,
  });

const start = (central: CentralSystem, idTag: string, connectorId?: number) =>
  central.command('RemoteStartTransaction', { idTag, connectorId });

const comes = (central: CentralSystem, what: string) => until(`${what} came`, () => statuses(central).at(-1) === what);

describe('a reservation', () => {
  test('shows on its connector and is used up by its tag, whatever its case', async () => {
    const { central } = await waiting();

    const reserved = await reserve(central);
    await comes(central, '1 Reserved');
    const other = await start(central, 'OTHER', 1);
    const own = await start(central, 'mine', 1);
    await until('it charges', () => central.of('MeterValues').length > 0);
    const cancelled = await central.command('CancelReservation', { reservationId: 7 });

    expect(reserved).toEqual({ status: 'Accepted' });
    expect(other).toEqual({ status: 'Rejected' });
    expect(own).toEqual({ status: 'Accepted' });
    expect(central.of('StartTransaction')).toMatchObject([{ connectorId: 1, idTag: 'mine', reservationId: 7 }]);
    expect(cancelled).toEqual({ status: 'Rejected' });
  });

  test('is used up wherever it is, when the start leaves the connector open', async () => {
    const { central } = await waiting();
    await reserve(central, { connectorId: 2 });

    await start(central, 'MINE');
    await until('it charges', () => central.of('MeterValues').length > 0);

    expect(central.of('StartTransaction')).toMatchObject([{ connectorId: 2, reservationId: 7 }]);
  });

  test('leaves other connectors to everybody', async () => {
    const { central } = await waiting();
    await reserve(central);

    await start(central, 'OTHER');
    await until('it charges', () => central.of('MeterValues').length > 0);

    expect(central.of('StartTransaction')).toEqual([expect.not.objectContaining({ reservationId: 7 })]);
    expect(central.of('StartTransaction')).toMatchObject([{ connectorId: 2 }]);
  });

  test('is used up by another tag of the same parent, and by no stranger', async () => {
    const { central } = await waiting(
      {},
      {
        Authorize: ({ idTag }) => ({
          idTagInfo: { status: 'Accepted', parentIdTag: idTag === 'CHILD' ? 'FAMILY' : 'STRANGERS' },
        }),
      },
    );
    await reserve(central, { parentIdTag: 'FAMILY' });

    await start(central, 'STRANGER', 1);
    await until('the stranger was asked for', () => central.of('Authorize').length === 1);
    await until('the child may start', async () => {
      const answer = await start(central, 'CHILD', 1);
      return JSON.stringify(answer).includes('Accepted');
    });
    await until('it charges', () => central.of('MeterValues').length > 0);

    expect(central.of('StartTransaction')).toMatchObject([{ idTag: 'CHILD', reservationId: 7 }]);
  });

  test('expires by the clock of the charger', async () => {
    const { central } = await waiting();

    await reserve(central, { expiryDate: within(5) });
    await comes(central, '1 Available');

    expect(statuses(central).slice(-2)).toEqual(['1 Reserved', '1 Available']);
    expect(await central.command('CancelReservation', { reservationId: 7 })).toEqual({ status: 'Rejected' });
    expect(await start(central, 'OTHER', 1)).toEqual({ status: 'Accepted' });
  });

  test('is cancelled', async () => {
    const { central } = await waiting();
    await reserve(central);
    await comes(central, '1 Reserved');

    const answer = await central.command('CancelReservation', { reservationId: 7 });
    await comes(central, '1 Available');

    expect(answer).toEqual({ status: 'Accepted' });
    expect(await start(central, 'OTHER', 1)).toEqual({ status: 'Accepted' });
  });

  test('is replaced by one of the same id, also on another connector', async () => {
    const { central } = await waiting();
    await reserve(central);
    await comes(central, '1 Reserved');

    const again = await reserve(central, { idTag: 'YOURS' });
    const elsewhere = await reserve(central, { idTag: 'YOURS', connectorId: 2 });
    await comes(central, '2 Reserved');

    expect([again, elsewhere]).toEqual([{ status: 'Accepted' }, { status: 'Accepted' }]);
    expect(statuses(central).slice(-2)).toEqual(['1 Available', '2 Reserved']);
    expect(await start(central, 'MINE', 2)).toEqual({ status: 'Rejected' });
  });

  test('ends when its connector goes out of service', async () => {
    const { central } = await waiting();
    await reserve(central);

    await central.command('ChangeAvailability', { connectorId: 1, type: 'Inoperative' });
    await comes(central, '1 Unavailable');
    await central.command('ChangeAvailability', { connectorId: 1, type: 'Operative' });
    await comes(central, '1 Available');

    expect(await central.command('CancelReservation', { reservationId: 7 })).toEqual({ status: 'Rejected' });
  });

  test('stays when its session ends before it began', async () => {
    const { central } = await waiting();
    await reserve(central);
    await central.command('ChangeConfiguration', { key: 'ConnectionTimeOut', value: '2' });

    await start(central, 'MINE', 1);
    await comes(central, '1 Preparing');
    await comes(central, '1 Reserved');

    expect(central.of('StartTransaction')).toEqual([]);
    expect(await central.command('CancelReservation', { reservationId: 7 })).toEqual({ status: 'Accepted' });
  });

  test('of the whole charger keeps the last free connector', async () => {
    const { central } = await waiting();

    const reserved = await reserve(central, { connectorId: 0 });
    const before = statuses(central);
    await start(central, 'OTHER', 2);
    await until('the last connector is kept', () => statuses(central).includes('1 Reserved'));
    const other = await start(central, 'ANOTHER', 1);
    await start(central, 'MINE', 1);
    await until('both charge', () => central.of('StartTransaction').length === 2);

    expect(reserved).toEqual({ status: 'Accepted' });
    expect(before).not.toContain('1 Reserved');
    expect(other).toEqual({ status: 'Rejected' });
    expect(central.of('StartTransaction')[1]).toMatchObject({ connectorId: 1, idTag: 'MINE', reservationId: 7 });
  });

  test('of the whole charger shows on its only connector', async () => {
    const { central } = await waiting({ connectors: 1 });

    await reserve(central, { connectorId: 0 });

    await comes(central, '1 Reserved');
    expect(await start(central, 'OTHER')).toEqual({ status: 'Rejected' });
  });
});

describe('a reservation is refused', () => {
  test('where somebody charges, or where it is reserved', async () => {
    const { central } = await charging();
    await reserve(central);

    expect(await reserve(central, { reservationId: 8, connectorId: 2 })).toEqual({ status: 'Occupied' });
    expect(await reserve(central, { reservationId: 8, connectorId: 1 })).toEqual({ status: 'Occupied' });
    expect(await reserve(central, { reservationId: 8, connectorId: 0 })).toEqual({ status: 'Occupied' });
  });

  test('as a second one of the whole charger', async () => {
    const { central } = await waiting();
    await reserve(central, { connectorId: 0 });

    expect(await reserve(central, { reservationId: 8, connectorId: 0 })).toEqual({ status: 'Occupied' });
  });

  test('where it is out of service', async () => {
    const { central } = await waiting();
    await central.command('ChangeAvailability', { connectorId: 1, type: 'Inoperative' });

    expect(await reserve(central)).toEqual({ status: 'Unavailable' });
  });

  test('where it is out of order', async () => {
    const { central } = await waiting({ behaviour: behave('faulted') });

    expect(await reserve(central)).toEqual({ status: 'Faulted' });
  });

  test('when it would be over already, or for a connector that there is not', async () => {
    const { central } = await waiting();

    expect(await reserve(central, { expiryDate: within(-1) })).toEqual({ status: 'Rejected' });
    expect(await reserve(central, { connectorId: 3 })).toEqual({ status: 'Rejected' });
  });
});
