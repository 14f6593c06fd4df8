import { describe, test } from 'vitest';
import { localCloud } from '#test/support/local-cloud.ts';
import type { RawCharger } from '#test/support/raw-charger.ts';
import type { TestCharger } from '#test/support/test-charger.ts';

/** Reservations from the API to a charger, and what becomes of them. */

const cloud = localCloud({
  variables: { BOOT_GRACE_S: '1', COMMAND_ANSWER_S: '2', EFFECT_S: '3' },
  seed: {
    idTags: [
      { idTag: 'DRIVER', status: 'Accepted' },
      { idTag: 'SISTER', status: 'Accepted', parentIdTag: 'FAMILY' },
    ],
  },
});

const expiryDate = '2100-01-01T00:00:00.000Z';

const reservation = (reservationId: number, changes: object = {}) => ({
  connectorId: 1,
  expiryDate,
  idTag: 'DRIVER',
  reservationId,
  ...changes,
});

async function done(charger: TestCharger, socket: RawCharger, action: string, payload: object, status: string) {
  const asked = charger.command(action, payload, { wait: 20 });
  const call = await socket.nextCall();
  socket.answer(call, { status });
  await asked;
  return call.id;
}

const reserve = (charger: TestCharger, socket: RawCharger, payload: object, status = 'Accepted') =>
  done(charger, socket, 'ReserveNow', payload, status);

const start = (socket: RawCharger, changes: object) =>
  socket.call('StartTransaction', {
    connectorId: 1,
    idTag: 'DRIVER',
    meterStart: 0,
    timestamp: new Date().toISOString(),
    ...changes,
  });

const reservationsOf = async ({ id: chargerId }: TestCharger) =>
  (await cloud.api.pages('listReservations', { params: { chargerId }, query: { limit: 2 } })).flat();

const statesOf = async (charger: TestCharger) =>
  (await reservationsOf(charger)).map(({ reservationId, state }) => [reservationId, state]);

describe.concurrent('row 47: a reservation', { timeout: 60_000 }, () => {
  test('is known once the charger has accepted it; any other answer is the command’s alone', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    for (const status of ['Faulted', 'Occupied', 'Rejected', 'Unavailable']) {
      await reserve(charger, socket, reservation(7), status);
    }
    const refused = await reservationsOf(charger);
    const commandId = await reserve(charger, socket, reservation(7, { parentIdTag: 'FAMILY' }));

    expect(refused).toEqual([]);
    expect(await reservationsOf(charger)).toEqual([
      {
        reservationId: 7,
        connectorId: 1,
        idTag: 'DRIVER',
        parentIdTag: 'FAMILY',
        expiryDate,
        state: 'active',
        commandId,
        acceptedAt: expect.any(String),
        endedAt: null,
        sessionId: null,
      },
    ]);
  });

  test('with the same number replaces', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    await reserve(charger, socket, reservation(7));
    await reserve(charger, socket, reservation(7, { connectorId: 2 }));

    expect(await reservationsOf(charger)).toMatchObject([{ reservationId: 7, connectorId: 2, state: 'active' }]);
  });

  test('is given up when the charger accepts that, and lost when it says that it holds none', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    for (const id of [1, 2, 3]) await reserve(charger, socket, reservation(id, { connectorId: id }));

    await done(charger, socket, 'CancelReservation', { reservationId: 1 }, 'Accepted');
    await done(charger, socket, 'CancelReservation', { reservationId: 2 }, 'Rejected');
    await done(charger, socket, 'CancelReservation', { reservationId: 9 }, 'Rejected');

    expect(await statesOf(charger)).toEqual([
      [3, 'active'],
      [2, 'lost'],
      [1, 'cancelled'],
    ]);
  });

  test('ends where its connector breaks down', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await reserve(charger, socket, reservation(1));
    await reserve(charger, socket, reservation(2, { connectorId: 2 }));

    await socket.call('StatusNotification', { connectorId: 1, errorCode: 'GroundFailure', status: 'Faulted' });
    await socket.call('StatusNotification', { connectorId: 2, errorCode: 'NoError', status: 'Reserved' });

    expect(await statesOf(charger)).toEqual([
      [2, 'active'],
      [1, 'interrupted'],
    ]);
  });

  test('in the past is refused before it is sent', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const past = await charger.commandRefusal('ReserveNow', reservation(1, { expiryDate: '2024-01-01T00:00:00Z' }));

    expect(past).toMatchObject({ status: 422, errors: [{ field: 'expiryDate', rule: 'in the past' }] });
    expect(socket.callsHeard).toBe(0);
  });
});

describe.concurrent('row 33: a start that names a reservation', { timeout: 60_000 }, () => {
  test.for([
    ['its own tag', {}],
    ['a tag of the same parent', { idTag: 'SISTER' }],
  ] as const)('uses it with %s', async ([, changes], { expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await reserve(charger, socket, reservation(7, { parentIdTag: 'FAMILY' }));
    const message = { ...changes, reservationId: 7, timestamp: new Date().toISOString() };

    const { transactionId } = await start(socket, message);
    const again = await start(socket, message);

    const session = await charger.session(transactionId);
    expect(again).toMatchObject({ transactionId });
    expect(session).toMatchObject({ reservationId: 7 });
    expect(await reservationsOf(charger)).toMatchObject([
      { state: 'used', sessionId: session.id, endedAt: expect.any(String) },
    ]);
  });

  test.for([
    ['of another tag', { idTag: 'SISTER', reservationId: 7 }],
    ['that there is not', { reservationId: 8 }],
    ['of another connector', { connectorId: 2, reservationId: 7 }],
    ['of none', {}],
  ] as const)('%s is answered all the same, and uses none', async ([, message], { expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await reserve(charger, socket, reservation(7));

    const { idTagInfo } = await start(socket, message);

    expect(idTagInfo).toMatchObject({ status: 'Accepted' });
    expect(await statesOf(charger)).toEqual([[7, 'active']]);
  });
});
