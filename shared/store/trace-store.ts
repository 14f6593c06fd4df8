import * as z from 'zod';
import { canonicalId } from '#shared/domain/charger.ts';
import { InvalidCursor } from '#shared/domain/paging.ts';
import { type TraceEntry, type TraceStore, traceDirections, withoutTraced, withTraced } from '#shared/domain/trace.ts';
import type { Database } from './database.ts';
import { endOf, isKey, traceKeys } from './keys.ts';

const tracedItem = z.object({
  traced: z.array(z.object({ chargerId: z.string(), until: z.string() })).default([]),
  revision: z.int().optional(),
});

const entryItem = z.object({
  at: z.string(),
  direction: z.enum(traceDirections),
  text: z.string(),
  action: z.string().optional(),
  connectionId: z.string(),
  ms: z.int().optional(),
});

/** How often a change of the list may find that somebody else has changed it meanwhile. */
const ATTEMPTS = 10;

export function dynamoTraceStore(database: Database, table: string): TraceStore {
  const list = { pk: traceKeys.everybody, sk: traceKeys.traced };

  async function look() {
    return tracedItem.parse((await database.get(table, list)) ?? {});
  }

  /** False when the change makes nothing of what is there. */
  async function change(
    make: (traced: z.output<typeof tracedItem>['traced']) => typeof traced | undefined,
  ): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { traced: before, revision } = await look();
      const traced = make(before);
      if (!traced) return false;
      const done = await database.update(
        table,
        list,
        {
          update: 'SET #traced = :traced, #revision = :next',
          values: { traced, next: (revision ?? 0) + 1, ...(revision !== undefined && { revision }) },
          condition: revision === undefined ? 'attribute_not_exists(#revision)' : '#revision = :revision',
        },
        'nothing',
      );
      if (done) return true;
    }
    throw new Error('The list of traced chargers changes all the time: try again');
  }

  return {
    async traced() {
      return (await look()).traced;
    },

    startTrace: (chargerId, until, at) =>
      change((traced) => withTraced(traced, { chargerId: canonicalId(chargerId), until }, at)),

    async endTrace(chargerId, at) {
      await change((traced) => withoutTraced(traced, canonicalId(chargerId), at));
    },

    async keepEntry(chargerId, entry, order, goneAt) {
      await database.replace(table, {
        pk: traceKeys.partition(chargerId),
        sk: traceKeys.entry(entry.at, order),
        ...entry,
        goneAt: Math.ceil(Date.parse(goneAt) / 1000),
      });
    },

    async readEntries(chargerId, { from, to, after, order }, limit) {
      const prefix = traceKeys.entryPrefix;
      if (after !== undefined && !(isKey(after) && after.startsWith(prefix))) throw new InvalidCursor();
      const descending = order === 'newestFirst';
      const [low, high] = [`${prefix}${from}`, to === undefined ? endOf(prefix) : `${prefix}${to}`];
      const range = {
        pk: traceKeys.partition(chargerId),
        low: after !== undefined && !descending && after > low ? after : low,
        high: after !== undefined && descending && after < high ? after : high,
      };
      const items = await database.between(table, range, { limit: limit + 1, descending });
      return items
        .filter((item) => item.sk !== after)
        .slice(0, limit)
        .map((item) => ({ entry: entryItem.parse(item) satisfies TraceEntry, cursor: String(item.sk) }));
    },
  };
}
