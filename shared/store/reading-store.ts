import * as z from 'zod';
import { InvalidCursor } from '#shared/domain/paging.ts';
import {
  REGISTER_LOOK_BACK,
  type Reading,
  type ReadingStore,
  type Sample,
  type SeriesKey,
} from '#shared/domain/reading.ts';
import { wasPossiblyIssued } from '#shared/domain/transaction-id.ts';
import type { Database, Item } from './database.ts';
import { isKey, readingKeys } from './keys.ts';
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
  reportedAt: z.string().optional(),
  receivedAt: z.string(),
  samples: z.string(),
  registerWh: z.int().optional(),
});

/** The sort keys that a page can have ended with: a time, believed or not, and a digest. */
const CURSOR = /^(!\d{4}-[^#]*|\d{4}-[^#]*Z)#[\w-]{16}$/;

/** Before and after every time, as text. */
const FIRST = ' ';
const LAST = '\uFFFF';

/** How many readings are looked through at a time for the newest register: the last one has it as a rule, so few are read at first. */
const [LOOK_BACK_FIRST, LOOK_BACK] = [5, 100];

export function dynamoReadingStore(database: Database, table: string): ReadingStore {
  const toItem = (chargerId: string, reading: Reading): Item => {
    const { connector, protocolTransactionId, filedUnder, at, reportedAt, receivedAt, samples, registerWh } = reading;
    const text = JSON.stringify(samples.map(withoutDefaults));
    const issued = protocolTransactionId !== undefined && wasPossiblyIssued(protocolTransactionId);
    const transaction = filedUnder ?? (issued || !connector ? (protocolTransactionId ?? '') : undefined);
    const byConnector = transaction === undefined && connector;
    const time = reportedAt && !byConnector ? readingKeys.disbelieved(reportedAt) : at;
    const told = reportedAt ? `${reportedAt} ${text}` : text;
    return {
      pk: byConnector
        ? readingKeys.ofConnector(chargerId, connector)
        : readingKeys.ofTransaction(chargerId, transaction ?? ''),
      sk: readingKeys.reading(time, `${protocolTransactionId ?? ''} ${told}`),
      evse: connector?.evse,
      connector: connector?.connector,
      tx: protocolTransactionId,
      at,
      reportedAt,
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
  const rangeOf = (series: SeriesKey, pk: string) => {
    const bounded = series.connector && pk === readingKeys.ofConnector(series.chargerId, series.connector);
    const { from = FIRST, to = '' } = bounded ? series : {};
    return { pk, low: from, high: `${to}${LAST}` };
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
      if (after !== undefined && !(isKey(after) && CURSOR.test(after))) throw new InvalidCursor();
      const lists = await Promise.all(
        partitionsOf(series).map(async (pk) => {
          const range = rangeOf(series, pk);
          const low = after !== undefined && after > range.low ? after : range.low;
          const items = await database.between(table, { ...range, low }, { limit: limit + 2 });
          return items.filter((item) => after === undefined || String(item.sk) > after);
        }),
      );
      const { items, next } = mergeSorted(lists, limit, (item) => String(item.sk), 'ascending');
      return { items: items.map(toReading), next };
    },

    async latestReadings(series) {
      const ends = await Promise.all(partitionsOf(series).map((pk) => endOf(rangeOf(series, pk))));
      const newest = (items: (Item | undefined)[]) => {
        const sorted = mergeSorted(
          [items.filter((item) => item !== undefined)],
          1,
          (item) => String(item.sk),
          'descending',
        );
        return sorted.items.map(toReading)[0];
      };
      return { any: newest(ends.map(({ any }) => any)), register: newest(ends.map(({ register }) => register)) };
    },
  };

  /** The last item of a range, and the last that has a register, unless that lies too far back. */
  async function endOf(range: { pk: string; low: string; high: string }): Promise<{ any?: Item; register?: Item }> {
    let any: Item | undefined;
    let { high } = range;
    let limit = LOOK_BACK_FIRST;
    for (let seen = 0; seen < REGISTER_LOOK_BACK; ) {
      const items = await database.between(table, { ...range, high }, { limit, descending: true });
      any ??= items[0];
      const register = items.find((item) => item.registerWh !== undefined);
      if (register || items.length < limit) return { any, register };
      high = String(items.at(-1)?.sk);
      seen += items.length;
      limit = LOOK_BACK;
    }
    return { any };
  }
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
