import { expect, test } from 'vitest';
import { command } from '#test/support/commands.ts';
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

test('an outcome and a command that goes back into the queue get there in spite of conflicts, and the place is free', async () => {
  const { client, stores } = await testDatabase();
  const [answered, returned, expired] = [command(anew('CP')), command(anew('CP')), command(anew('CP'))];
  for (const it of [answered, returned, expired]) await stores.commands.enqueue(it);
  for (const { chargerId, commandId } of [answered, returned]) {
    await stores.commands.claim(chargerId, commandId, { sentAt: atSecond(1), dueAt: atSecond(61) });
  }

  conflictNext(client, 3);
  const ends = await stores.commands.end(answered.chargerId, answered.commandId, 'sent', {
    state: 'answered',
    answer: { status: 'Accepted' },
  });
  conflictNext(client, 3);
  const goesBack = await stores.commands.putBack(returned.chargerId, returned.commandId);
  conflictNext(client, 3);
  const expires = await stores.commands.end(expired.chargerId, expired.commandId, 'queued', { state: 'expired' });

  expect([ends, goesBack, expires]).toEqual([true, true, true]);
  expect(await stores.commands.outlook(answered.chargerId)).toEqual({});
  expect(await stores.commands.outlook(returned.chargerId)).toEqual({ nextId: returned.commandId });
  expect(await stores.commands.outlook(expired.chargerId)).toEqual({});
});

test('an outcome that meets nothing but conflicts is not taken for one', async () => {
  const { client, stores } = await testDatabase();
  const it = command(anew('CP'));
  await stores.commands.enqueue(it);

  conflictNext(client, 100);
  const ended = await stores.commands.end(it.chargerId, it.commandId, 'queued', { state: 'expired' });

  expect(ended).toBe(false);
  expect(await stores.commands.findCommand(it.chargerId, it.commandId)).toMatchObject({ state: 'queued' });
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
