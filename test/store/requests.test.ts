import { beforeEach, describe, expect, test } from 'vitest';
import { countingClient } from '#test/support/counting-client.ts';
import { testDatabase } from '#test/support/database.ts';
import { drivenCharger } from '#test/support/driven-charger.ts';
import { anew, atSecond, chargerPlan, connector, noon, reading, sample, status, tag } from '#test/support/examples.ts';

const { client, stores } = await testDatabase();
const count = countingClient(client);

beforeEach(() => count.forget());

describe('MeterValues', () => {
  const busy = reading({
    protocolTransactionId: '2147483647',
    samples: [
      sample({ value: '12345678.9', context: 'Transaction.Begin' }),
      sample({ value: '22000.0', measurand: 'Power.Active.Import', unit: 'W', context: 'Transaction.Begin' }),
      sample({ value: '230.15', measurand: 'Voltage', unit: 'V', phase: 'L1-N', location: 'Inlet' }),
      sample({ value: '31.95', measurand: 'Current.Import', unit: 'A', phase: 'L1', location: 'Inlet' }),
    ],
    registerWh: 12_345_679,
  });

  test('of four values take one request and one write unit, on the charger with the longest identity', async () => {
    await stores.readings.record('x'.repeat(48), [busy]);

    expect(count.commands()).toEqual(['PutItem']);
    expect(count.writeUnits()).toBe(1);
  });

  test('of three phases take one write unit as well', async () => {
    const phases = ['L1', 'L2', 'L3'].flatMap((phase) => [
      sample({ value: '230.1', measurand: 'Voltage', unit: 'V', phase: `${phase}-N` }),
      sample({ value: '16.02', measurand: 'Current.Import', unit: 'A', phase }),
    ]);

    await stores.readings.record(anew('CP'), [{ ...busy, samples: [...busy.samples.slice(0, 2), ...phases] }]);

    expect(count.writeUnits()).toBe(1);
  });

  test('that come thirty at a time take a write unit each, and two requests', async () => {
    const thirty = Array.from({ length: 30 }, (_, second) => ({ ...busy, at: atSecond(second) }));

    await stores.readings.record(anew('CP'), thirty);

    expect(count.commands()).toEqual(['BatchWriteItem', 'BatchWriteItem']);
    expect(count.writeUnits()).toBe(30);
  });
});

describe('one request', () => {
  test('keeps a status', async () => {
    await stores.chargers.recordStatusIfNewer(anew('CP'), status());

    expect(count.commands()).toEqual(['UpdateItem']);
    expect(count.writeUnits()).toBe(1);
  });

  test('tells all that is known of a tag', async () => {
    await stores.tags.lookUp('NOBODY', 'sunny');

    expect(count.commands()).toEqual(['Query']);
    expect(count.requests[0]?.tables).toEqual(['tags']);
  });

  test('reads a charger with its connection and its connectors', async () => {
    await stores.chargers.viewCharger(anew('CP'));

    expect(count.commands()).toEqual(['Query']);
  });

  test('keeps that a charger was heard, and that it connected or went', async () => {
    const id = anew('CP');

    await stores.chargers.connect(id, 'c1', 1, atSecond(0));
    await stores.chargers.recordHeard(id, atSecond(1));
    await stores.chargers.disconnect(id, 'c1', atSecond(2));

    expect(count.commands()).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem']);
    expect(count.writeUnits()).toBe(3);
  });
});

test('neither a status nor a heartbeat writes to an index', async () => {
  const plan = chargerPlan();
  await stores.chargers.saveCharger(plan);
  count.forget();

  await stores.chargers.recordStatusIfNewer(plan.id, status());
  await stores.chargers.recordHeard(plan.id, atSecond(1));

  expect(count.writeUnits()).toBe(2);
});

describe('of the requests for a session at most two wait for each other', () => {
  const limited = async () => {
    const card = tag({ issuer: 'installation', maxOpenSessions: 2 });
    await stores.tags.saveTag(card);
    count.forget();
    return card.idTag;
  };

  test('where it starts', async () => {
    const charger = drivenCharger(stores);
    const idTag = await limited();

    await charger.start({ idTag });

    expect(count.commands()).toEqual(['BatchGetItem', 'Query', 'TransactWriteItems']);
    expect(count.longestChain()).toBe(2);
  });

  test('where it supersedes another one', async () => {
    const charger = drivenCharger(stores);
    const idTag = await limited();
    await charger.start({ idTag });
    count.forget();

    await charger.start({ idTag, meterStartWh: 2000 });

    expect(count.longestChain()).toBe(2);
    expect(count.requests).toHaveLength(3);
  });

  test('where its start comes again: nothing is written', async () => {
    const charger = drivenCharger(stores);
    const idTag = await limited();
    await charger.start({ idTag });
    count.forget();

    await charger.start({ idTag });

    expect(count.commands()).toEqual(['BatchGetItem', 'Query']);
    expect(count.longestChain()).toBe(1);
  });

  test('where it stops, with a tag and without', async () => {
    const charger = drivenCharger(stores);
    const idTag = await limited();
    const sessions = [await charger.start({ idTag }), await charger.start({ idTag, connector: connector(2) })];

    for (const [index, { localId }] of sessions.entries()) {
      count.forget();
      await charger.stop(localId, { idTag: index === 0 ? idTag : undefined });

      expect(count.longestChain()).toBe(2);
      expect(count.commands().at(-1)).toBe('TransactWriteItems');
    }
  });

  test('where its stop comes again: nothing is written', async () => {
    const charger = drivenCharger(stores);
    const { localId } = await charger.start();
    await charger.stop(localId);
    count.forget();

    await charger.stop(localId, { receivedMs: noon + 7_200_000 });

    expect(count.longestChain()).toBe(1);
    expect(count.writeUnits()).toBe(0);
  });
});

test('a stop that conflicts with the first one is written once, however often it comes', async () => {
  const charger = drivenCharger(stores);
  const { localId } = await charger.start();
  await charger.stop(localId);
  await charger.stop(localId, { meterStopWh: 9000 });
  count.forget();

  await charger.stop(localId, { meterStopWh: 9000 });

  expect(count.writeUnits()).toBe(0);
});

describe('a list of sessions', () => {
  test('of a charger takes two requests that wait for each other, and no index holds more than keys', async () => {
    const charger = drivenCharger(stores);
    await charger.start();
    count.forget();

    await stores.sessions.listOfCharger(charger.chargerId, 25);

    expect(count.requests.map(({ command, index }) => [command, index])).toEqual([
      ['Query', 'byCharger'],
      ['BatchGetItem', undefined],
    ]);
  });

  test('of an organisation asks its partitions at once', async () => {
    const charger = drivenCharger(stores);
    await charger.start();
    count.forget();

    await stores.sessions.listOfOrganisation(charger.organisationId, 'open', 25);

    expect(count.longestChain()).toBe(2);
  });

  test('that is full reads a hundred sessions and one key more', async () => {
    const charger = drivenCharger(stores);
    for (let number = 1; number <= 101; number++) {
      await charger.start({ connector: connector(number), receivedMs: noon + number });
    }
    count.forget();

    const { items, next } = await stores.sessions.listOfOrganisation(charger.organisationId, 'open', 100);

    expect(items).toHaveLength(100);
    expect(next).toBeDefined();
    expect(count.requests.filter(({ command }) => command === 'BatchGetItem')).toHaveLength(1);
  });
});
