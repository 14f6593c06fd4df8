import * as z from 'zod';
import { InvalidCursor } from '#shared/domain/paging.ts';
import type { Reading, ReadingStore, Sample, SeriesKey } from '#shared/domain/reading.ts';
import type { Database, Item } from './database.ts';
import { readingKeys } from './keys.ts';
import { mergeSorted } from './merge.ts';

/** What the specification takes for granted is left out of the item, so that four values fit one write unit of 1 KB (S 7.43). */
const DEFAULTS = {
  context: 'Sample.Periodic',
  format: 'Raw',
  measurand: 'Energy.Active.Import.Register',
  location: 'Outlet',
  unit: 'Wh',
} as const;

const sampleItem = z.object({
  value: z.string(),
  context: z.string().default(DEFAULTS.context),
  format: z.string().default(DEFAULTS.format),
  measurand: z.string().default(DEFAULTS.measurand),
  phase: z.string().optional(),
  location: z.string().default(DEFAULTS.location),
  unit: z.string().default(DEFAULTS.unit),
});

const readingItem = z.object({
  evse: z.int().optional(),
  connector: z.int().optional(),
  tx: z.string().optional(),
  at: z.string(),
  receivedAt: z.string(),
  samples: z.string(),
  registerWh: z.int().optional(),
});

/** A 1.6 transaction id that can have been issued: all others are looked up by connector. */
const ISSUED = /^[1-9]\d{0,9}$/;
const INT32_MAX = 2 ** 31 - 1;

const wasPossiblyIssued = (id: string) => ISSUED.test(id) && Number(id) <= INT32_MAX;

/** How far back the newest register is looked for. */
const LOOK_BACK = 100;

export function dynamoReadingStore(database: Database, table: string): ReadingStore {
  const toItem = (chargerId: string, reading: Reading): Item => {
    const { connector, protocolTransactionId, at, receivedAt, samples, registerWh } = reading;
    const text = JSON.stringify(samples.map(withoutDefaults));
    const issued = protocolTransactionId !== undefined && wasPossiblyIssued(protocolTransactionId);
    return {
      pk:
        issued || !connector
          ? readingKeys.ofTransaction(chargerId, protocolTransactionId ?? '')
          : readingKeys.ofConnector(chargerId, connector),
      sk: readingKeys.reading(at, `${protocolTransactionId ?? ''} ${text}`),
      evse: connector?.evse,
      connector: connector?.connector,
      tx: protocolTransactionId,
      at,
      receivedAt,
      samples: text,
      registerWh,
    };
  };

  const partitionsOf = ({ chargerId, protocolTransactionId, connector }: SeriesKey) => [
    ...(protocolTransactionId === undefined ? [] : [readingKeys.ofTransaction(chargerId, protocolTransactionId)]),
    ...(connector === undefined ? [] : [readingKeys.ofConnector(chargerId, connector)]),
  ];

  /** Only what names no transaction is bounded by time: late readings of a session belong to it whenever they say they are from. */
  const boundsOf = (series: SeriesKey, partition: string) => {
    const bounded = series.connector && partition === readingKeys.ofConnector(series.chargerId, series.connector);
    return bounded ? { low: series.from ?? '', high: `${series.to ?? ''}\uFFFF` } : { low: '', high: '\uFFFF' };
  };

  return {
    async record(chargerId, readings) {
      const items = new Map(
        readings.map((reading) => toItem(chargerId, reading)).map((item) => [`${item.pk} ${item.sk}`, item]),
      );
      const [first, ...others] = items.values();
      if (first && others.length === 0) await database.replace(table, first);
      else await database.putMany(table, [...items.values()]);
    },

    async listReadings(series, limit, after) {
      if (after !== undefined && !/^\d{4}-[^#]*Z#[\w-]{16}$/.test(after)) throw new InvalidCursor();
      const lists = await Promise.all(
        partitionsOf(series).map(async (pk) => {
          const { low, high } = boundsOf(series, pk);
          const items = await database.query(table, {
            condition: 'pk = :pk AND sk BETWEEN :low AND :high',
            values: { pk, low: after !== undefined && after > low ? after : low || ' ', high },
            limit: limit + 2,
          });
          return items.filter((item) => after === undefined || String(item.sk) > after);
        }),
      );
      const { items, next } = mergeSorted(lists, limit, (item) => String(item.sk), 'ascending');
      return { items: items.map(toReading), next };
    },

    async latestReadings(series) {
      const lists = await Promise.all(
        partitionsOf(series).map((pk) => {
          const { low, high } = boundsOf(series, pk);
          return database.query(table, {
            condition: 'pk = :pk AND sk BETWEEN :low AND :high',
            values: { pk, low: low || ' ', high },
            limit: LOOK_BACK,
            descending: true,
          });
        }),
      );
      const { items } = mergeSorted(lists, 2 * LOOK_BACK, (item) => String(item.sk), 'descending');
      const readings = items.map(toReading);
      return { any: readings[0], register: readings.find((reading) => reading.registerWh !== undefined) };
    },
  };
}

function withoutDefaults(sample: Sample): Partial<Sample> {
  const told = Object.entries(sample).filter(
    ([name, value]) => value !== undefined && (DEFAULTS as Record<string, string>)[name] !== value,
  );
  return Object.fromEntries(told);
}

function toReading(item: Item): Reading {
  const { evse, connector, tx, samples, ...rest } = readingItem.parse(item);
  return {
    ...rest,
    connector: evse === undefined || connector === undefined ? undefined : { evse, connector },
    protocolTransactionId: tx,
    samples: z.array(sampleItem).parse(JSON.parse(samples)),
  };
}
