import { describe, expect, test } from 'vitest';
import { InvalidCursor } from '#shared/domain/paging.ts';
import type { Reading, SeriesKey } from '#shared/domain/reading.ts';
import { eachKind, forgedCursors } from '#test/support/each-kind.ts';
import { anew, atSecond, connector, reading, sample } from '#test/support/examples.ts';
import { allPages } from '#test/support/pages.ts';

const TX = '123456789';
const OTHER_TX = '123456790';

/** A reading whose register is so many Wh, so many seconds after noon. */
const register = (second: number, changes: Partial<Reading> = {}): Reading =>
  reading({ at: atSecond(second), samples: [sample({ value: `${second}` })], registerWh: second, ...changes });

/** A reading without a register. */
const voltage = (second: number, changes: Partial<Reading> = {}): Reading =>
  reading({
    at: atSecond(second),
    samples: [sample({ measurand: 'Voltage', unit: 'V', value: `${second}` })],
    registerWh: undefined,
    ...changes,
  });

describe.each(eachKind)('readings $kind', ({ stores: { readings } }) => {
  const list = async (series: SeriesKey) => (await readings.listReadings(series, 100)).items;

  test('a reading is found under the charger in any case, and reads as it was written', async () => {
    const chargerId = anew('Garage Nord');
    const full = reading({
      samples: [
        sample({ value: ' 12,5 ', unit: 'kWh', location: 'Inlet', context: 'Transaction.Begin' }),
        sample({
          value: 'OCMF|{"FV":"1.0"}',
          format: 'SignedData',
          phase: 'L1-N',
          measurand: 'Energy.Active.Import.Register',
        }),
        sample({ value: '', measurand: 'SoC', unit: 'Percent', location: 'EV' }),
      ],
      registerWh: 12_500,
    });

    await readings.record(chargerId, [full]);

    expect(await list({ chargerId: chargerId.toLowerCase(), protocolTransactionId: TX })).toEqual([full]);
    expect(await list({ chargerId: chargerId.toUpperCase(), protocolTransactionId: TX })).toEqual([full]);
  });

  test('a reading without values, or at connector 0, is kept as well', async () => {
    const chargerId = anew('CP');
    const odd = [
      reading({ samples: [], registerWh: undefined }),
      reading({ at: atSecond(1), connector: { evse: 0, connector: 0 } }),
    ];

    await readings.record(chargerId, odd);

    expect(await list({ chargerId, protocolTransactionId: TX })).toEqual(odd);
  });

  test('no readings at all change nothing', async () => {
    const chargerId = anew('CP');

    await readings.record(chargerId, []);

    expect(await list({ chargerId, protocolTransactionId: TX })).toEqual([]);
  });

  test('readings of one call are listed by the charger’s time', async () => {
    const chargerId = anew('CP');
    const thirty = Array.from({ length: 30 }, (_, second) => register(second));

    await readings.record(chargerId, thirty.toReversed());

    expect(await list({ chargerId, protocolTransactionId: TX })).toEqual(thirty);
  });

  test('row 37: the same reading again is kept once, in one call or in several', async () => {
    const chargerId = anew('CP');

    await readings.record(chargerId, [register(1), register(1), register(2)]);
    await readings.record(chargerId, [register(1)]);
    await Promise.all([readings.record(chargerId, [register(2)]), readings.record(chargerId, [register(2)])]);

    expect(await list({ chargerId, protocolTransactionId: TX })).toEqual([register(1), register(2)]);
  });

  test('two readings of the same moment with different values are both kept', async () => {
    const chargerId = anew('CP');

    await readings.record(chargerId, [register(1)]);
    await readings.record(chargerId, [voltage(1)]);
    await readings.record(chargerId, [register(1, { samples: [sample({ value: '1', context: 'Transaction.End' })] })]);

    expect(await list({ chargerId, protocolTransactionId: TX })).toHaveLength(3);
  });

  test('transactions and chargers are kept apart', async () => {
    const chargerId = anew('CP');
    await readings.record(chargerId, [register(1), register(2, { protocolTransactionId: OTHER_TX })]);
    await readings.record(`${chargerId}#t${TX}`, [register(3)]);

    expect(await list({ chargerId, protocolTransactionId: TX })).toEqual([register(1)]);
    expect(await list({ chargerId, protocolTransactionId: OTHER_TX, connector: connector(1) })).toEqual([
      register(2, { protocolTransactionId: OTHER_TX }),
    ]);
    expect(await list({ chargerId, protocolTransactionId: '1' })).toEqual([]);
  });

  test('a reading in the stop names no connector, and belongs to its transaction', async () => {
    const chargerId = anew('CP');
    const inStop = register(1, { connector: undefined });

    await readings.record(chargerId, [inStop]);

    expect(await list({ chargerId, protocolTransactionId: TX, connector: connector(1) })).toEqual([inStop]);
  });

  describe('row 40: a reading that names no transaction that was ever issued', () => {
    const never = [
      '0',
      '-1',
      '-17',
      '1',
      '4711',
      '16777215',
      '016777216',
      '2147483648',
      '9223372036854775807',
      '99999999999999999999999',
      undefined,
    ];

    test.each(never)('is found by its connector: %s', async (protocolTransactionId) => {
      const chargerId = anew('CP');
      const odd = register(1, { protocolTransactionId });

      await readings.record(chargerId, [odd]);

      expect(await list({ chargerId, protocolTransactionId: TX, connector: connector(1) })).toEqual([odd]);
      expect(await list({ chargerId, connector: connector(1) })).toEqual([odd]);
      expect(await list({ chargerId, protocolTransactionId: TX, connector: connector(2) })).toEqual([]);
      expect(await list({ chargerId, protocolTransactionId: TX })).toEqual([]);
    });

    test('is kept however many digits that transaction has', async () => {
      const chargerId = anew('CP');
      const protocolTransactionId = '9'.repeat(5000);
      const [odd, inStop] = [
        register(1, { protocolTransactionId }),
        register(2, { protocolTransactionId, connector: undefined }),
      ];

      await readings.record(chargerId, [odd, inStop]);

      expect(await list({ chargerId, connector: connector(1) })).toEqual([odd]);
      expect(await list({ chargerId, protocolTransactionId })).toEqual([inStop]);
    });

    test.each(['16777216', '2147483647'])('is not one that names an issued one: %s', async (protocolTransactionId) => {
      const chargerId = anew('CP');
      const issued = register(1, { protocolTransactionId });

      await readings.record(chargerId, [issued]);

      expect(await list({ chargerId, protocolTransactionId })).toEqual([issued]);
      expect(await list({ chargerId, connector: connector(1) })).toEqual([]);
    });

    test('belongs to the session in whose time it lies, both ends included', async () => {
      const chargerId = anew('CP');
      const all = [0, 1, 2, 3, 4].map((second) => register(second, { protocolTransactionId: '-1' }));
      await readings.record(chargerId, all);
      const series = { chargerId, protocolTransactionId: TX, connector: connector(1) };

      const within = await list({ ...series, from: atSecond(1), to: atSecond(3) });
      const since = await list({ ...series, from: atSecond(3) });
      const until = await list({ ...series, to: atSecond(0) });

      expect(within).toEqual(all.slice(1, 4));
      expect(since).toEqual(all.slice(3));
      expect(until).toEqual(all.slice(0, 1));
    });

    test('is found in the stop of an id never issued under that id', async () => {
      const chargerId = anew('CP');
      const inStop = register(1, { connector: undefined, protocolTransactionId: '-1' });

      await readings.record(chargerId, [inStop]);

      expect(await list({ chargerId, protocolTransactionId: '-1' })).toEqual([inStop]);
    });
  });

  test('late readings of a session belong to it, whenever they say they are from', async () => {
    const chargerId = anew('CP');
    const all = [register(-100), register(5), register(100)];
    await readings.record(chargerId, all);

    const found = await list({
      chargerId,
      protocolTransactionId: TX,
      connector: connector(1),
      from: atSecond(0),
      to: atSecond(10),
    });

    expect(found).toEqual(all);
  });

  test('row 36: a session that ended before it began has the readings of its transaction', async () => {
    const chargerId = anew('CP');
    await readings.record(chargerId, [register(1), register(2, { protocolTransactionId: undefined })]);
    const series = {
      chargerId,
      protocolTransactionId: TX,
      connector: connector(1),
      from: atSecond(9),
      to: atSecond(0),
    };

    expect(await list(series)).toEqual([register(1)]);
    expect(await readings.latestReadings(series)).toEqual({ any: register(1), register: register(1) });
  });

  describe('row 32: a reading whose time cannot be believed', () => {
    /** So many seconds after the clock began, and received so many seconds after noon. */
    const dawn = (second: number, received: number, changes: Partial<Reading> = {}) =>
      register(second, {
        at: atSecond(received),
        receivedAt: atSecond(received),
        reportedAt: `1970-01-01T00:00:0${second}Z`,
        ...changes,
      });

    test('is kept beside those of the same value and receipt, and once however often it comes', async () => {
      const chargerId = anew('CP');
      const same = { samples: [sample()], registerWh: 1000 };
      const three = (received: number) => [1, 2, 3].map((second) => dawn(second, received, same));

      await readings.record(chargerId, three(10));
      await readings.record(chargerId, three(20));

      expect(await list({ chargerId, protocolTransactionId: TX })).toEqual(three(20));
    });

    test('is found by page, in the order that it reported, and before all that can be believed', async () => {
      const chargerId = anew('CP');
      const precise = dawn(3, 25, { reportedAt: `1970-01-01T00:00:03.${'0'.repeat(2000)}Z` });
      const future = dawn(4, 9, { reportedAt: '9999-12-31T23:59:59-01:00' });
      const all = [dawn(1, 30), dawn(2, 20), precise, future, register(5)];
      await readings.record(chargerId, all.toReversed());
      const series = { chargerId, protocolTransactionId: TX, connector: connector(1), from: atSecond(0) };

      const pages = await allPages((after) => readings.listReadings(series, 1, after));

      expect(pages.flat()).toEqual(all);
    });

    test('is the latest among its kind, and never hides one that can be believed', async () => {
      const chargerId = anew('CP');
      const series = { chargerId, protocolTransactionId: TX };
      await readings.record(chargerId, [dawn(2, 10), dawn(1, 20)]);
      const among = await readings.latestReadings(series);

      await readings.record(chargerId, [register(5), dawn(3, 30, { reportedAt: '2100-01-01T00:00:00Z' })]);

      expect(among).toEqual({ any: dawn(2, 10), register: dawn(2, 10) });
      expect(await readings.latestReadings(series)).toEqual({ any: register(5), register: register(5) });
    });

    test('and that names no transaction belongs to the session in whose time it was received', async () => {
      const chargerId = anew('CP');
      const same = { protocolTransactionId: undefined, samples: [sample()], registerWh: 1000 };
      const three = [1, 2, 3].map((second) => dawn(second, 5, same));
      await readings.record(chargerId, [...three, dawn(4, 50, same)]);
      await readings.record(chargerId, three);

      const found = await list({ chargerId, connector: connector(1), from: atSecond(0), to: atSecond(10) });

      expect(found).toHaveLength(3);
      expect(found).toEqual(expect.arrayContaining(three));
    });
  });

  describe('pages', () => {
    const mixed = async (count: number) => {
      const chargerId = anew('CP');
      const all = Array.from({ length: count }, (_, second) =>
        register(second, { protocolTransactionId: second % 2 === 0 ? TX : '-1' }),
      );
      await readings.record(chargerId, all);
      return { all, series: { chargerId, protocolTransactionId: TX, connector: connector(1) } };
    };

    test.each([1, 2, 3, 5])('of %i have every reading once, in order', async (limit) => {
      const { all, series } = await mixed(9);

      const pages = await allPages((after) => readings.listReadings(series, limit, after));

      expect(pages.flat()).toEqual(all);
      expect(pages).toHaveLength(Math.ceil(9 / limit));
    });

    test.each([2, 4])('end with a full one where nothing is left: by %i', async (limit) => {
      const { all, series } = await mixed(4);

      const pages = await allPages((after) => readings.listReadings(series, limit, after));

      expect(pages.map((page) => page.length)).toEqual(Array(4 / limit).fill(limit));
      expect(pages.flat()).toEqual(all);
    });

    test('tell readings of the same moment apart', async () => {
      const chargerId = anew('CP');
      const all = Array.from({ length: 5 }, (_, value) => reading({ samples: [sample({ value: `${value}` })] }));
      await readings.record(chargerId, all);

      const pages = await allPages((after) =>
        readings.listReadings({ chargerId, protocolTransactionId: TX }, 1, after),
      );

      expect(pages).toHaveLength(5);
      expect(
        pages
          .flat()
          .map(({ samples }) => samples[0]?.value)
          .toSorted(),
      ).toEqual(['0', '1', '2', '3', '4']);
    });

    test('go on among late readings from after the end of the session, and early ones from before its start', async () => {
      const chargerId = anew('CP');
      const all = [register(-2), register(-1), register(5), register(101), register(102)];
      await readings.record(chargerId, [...all, register(103, { protocolTransactionId: undefined })]);
      const series = {
        chargerId,
        protocolTransactionId: TX,
        connector: connector(1),
        from: atSecond(0),
        to: atSecond(10),
      };

      const pages = await allPages((after) => readings.listReadings(series, 1, after));

      expect(pages.flat()).toEqual(all);
    });

    test.each(forgedCursors)('refuse to begin after what no page gave: %s', async (_, cursor) => {
      const series = { chargerId: anew('CP'), protocolTransactionId: TX };

      await expect(readings.listReadings(series, 10, cursor)).rejects.toThrow(InvalidCursor);
    });

    test('refuse a cursor that is too long to have been given', async () => {
      const series = { chargerId: anew('CP'), protocolTransactionId: TX };
      const cursor = `2026-${'0'.repeat(1500)}Z#abcdefghijklmnop`;

      await expect(readings.listReadings(series, 10, cursor)).rejects.toThrow(InvalidCursor);
    });
  });

  describe('the latest readings', () => {
    test('are the newest of all and the newest that has a register', async () => {
      const chargerId = anew('CP');
      await readings.record(chargerId, [register(1), register(3), voltage(4), voltage(2)]);

      const latest = await readings.latestReadings({ chargerId, protocolTransactionId: TX });

      expect(latest).toEqual({ any: voltage(4), register: register(3) });
    });

    test('come from the transaction and from the connector alike', async () => {
      const chargerId = anew('CP');
      const nameless = register(5, { protocolTransactionId: undefined });
      await readings.record(chargerId, [register(1), voltage(9), nameless]);
      const series = { chargerId, protocolTransactionId: TX, connector: connector(1) };

      expect(await readings.latestReadings({ ...series, from: atSecond(0) })).toEqual({
        any: voltage(9),
        register: nameless,
      });
      expect(await readings.latestReadings({ ...series, from: atSecond(6) })).toEqual({
        any: voltage(9),
        register: register(1),
      });
    });

    test('have no register where there is none among the last 2000', async () => {
      const chargerId = anew('CP');
      const series = { chargerId, protocolTransactionId: TX };
      const since = Array.from({ length: 2000 }, (_, second) => voltage(second + 2));
      await readings.record(chargerId, [register(1), ...since.slice(100)]);
      const within = await readings.latestReadings(series);

      await readings.record(chargerId, since);

      expect(within).toEqual({ any: voltage(2001), register: register(1) });
      expect(await readings.latestReadings(series)).toEqual({ any: voltage(2001) });
    });

    test('are none where nothing was measured', async () => {
      expect(await readings.latestReadings({ chargerId: anew('CP'), protocolTransactionId: TX })).toEqual({});
    });
  });
});
