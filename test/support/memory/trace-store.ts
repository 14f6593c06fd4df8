import { canonicalId } from '#shared/domain/charger.ts';
import { InvalidCursor } from '#shared/domain/paging.ts';
import { type TraceEntry, type TraceStore, withoutTraced, withTraced } from '#shared/domain/trace.ts';
import { Rows } from './rows.ts';

export function memoryTraceStore(): TraceStore {
  const entries = new Rows<TraceEntry>();
  let traced: Awaited<ReturnType<TraceStore['traced']>> = [];

  return {
    async traced() {
      return structuredClone(traced);
    },

    async startTrace(chargerId, until, at) {
      const more = withTraced(traced, { chargerId: canonicalId(chargerId), until }, at);
      traced = more ?? traced;
      return more !== undefined;
    },

    async endTrace(chargerId, at) {
      traced = withoutTraced(traced, canonicalId(chargerId), at);
    },

    async keepEntry(chargerId, entry, order) {
      entries.set(`${canonicalId(chargerId)}/${entry.at}#${order}`, entry);
    },

    async readEntries(chargerId, { from, to, after, order }, limit) {
      const prefix = `${canonicalId(chargerId)}/`;
      if (after !== undefined && !after.startsWith(prefix)) throw new InvalidCursor();
      const oldestFirst = entries
        .startingWith(prefix)
        .filter(([, { at }]) => at >= from && (to === undefined || at < to));
      const sorted = order === 'newestFirst' ? oldestFirst.reverse() : oldestFirst;
      const isDue = (key: string) => after === undefined || (order === 'newestFirst' ? key < after : key > after);
      return sorted
        .filter(([key]) => isDue(key))
        .slice(0, limit)
        .map(([cursor, entry]) => ({ entry, cursor }));
    },
  };
}
