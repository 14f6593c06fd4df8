import { expect, test } from 'vitest';
import { testDatabase } from '#test/support/database.ts';
import { drivenCharger } from '#test/support/driven-charger.ts';
import { anew, atSecond, closing, connector, opening, openOf, reading } from '#test/support/examples.ts';
import { conflictNext, throttleBatches } from '#test/support/faults.ts';

test('a transaction that conflicts with another writer is lost, not an error', async () => {
  const { client, stores } = await testDatabase();
  const { session } = opening();
  const start = opening(session);
  await stores.sessions.openSession(start);

  conflictNext(client, 3);
  const opened = await stores.sessions.openSession(
    opening({ chargerId: session.chargerId }, { supersedes: openOf(start.session) }),
  );
  const closed = await stores.sessions.closeSession(closing(start.session));
  const parked = await stores.sessions.parkStop({ ...start.session, localId: anew('stop'), stopKey: anew('key') });

  expect([opened, closed, parked]).toEqual(['lost', 'lost', 'lost']);
});

test('starts and stops are recorded in spite of conflicts', async () => {
  const { client, stores } = await testDatabase();
  const charger = drivenCharger(stores);

  conflictNext(client, 2);
  const { localId } = await charger.start();
  conflictNext(client, 2);
  await charger.stop(localId);
  conflictNext(client, 2);
  await charger.stop('0');

  expect((await charger.session(localId)).energyWh).toBe(7200);
  expect(await charger.sessions()).toHaveLength(2);
});

test('batches that are done in part are finished', async () => {
  const { client, stores } = await testDatabase();
  throttleBatches(client, 7);
  const charger = drivenCharger(stores);
  for (let number = 1; number <= 10; number++) await charger.start({ connector: connector(number) });
  const many = Array.from({ length: 30 }, (_, second) => reading({ at: atSecond(second) }));

  await stores.readings.record(charger.chargerId, many);

  const { items } = await stores.readings.listReadings(
    { chargerId: charger.chargerId, protocolTransactionId: '123456789' },
    100,
  );
  expect(items).toEqual(many);
  expect(await charger.sessions()).toHaveLength(10);
});
