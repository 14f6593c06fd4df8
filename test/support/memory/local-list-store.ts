import { canonicalId } from '#shared/domain/charger.ts';
import { type ListState, type LocalListStore, nothingKnown } from '#shared/domain/list-sync.ts';
import type { LocalList } from '#shared/domain/local-list.ts';
import { Rows } from './rows.ts';

export function memoryLocalListStore(): LocalListStore {
  const lists = new Rows<LocalList>();
  const states = new Rows<ListState>();

  return {
    async readList(chargerId) {
      const desired = lists.get(canonicalId(chargerId));
      return { ...(desired && { desired }), state: states.get(canonicalId(chargerId)) ?? nothingKnown };
    },

    async saveDesired(chargerId, entries) {
      const before = lists.get(canonicalId(chargerId));
      const desired = { revision: (before?.revision ?? 0) + 1, entries };
      lists.set(canonicalId(chargerId), desired);
      return desired;
    },

    async replaceState(chargerId, state) {
      const before = states.get(canonicalId(chargerId)) ?? nothingKnown;
      if (before.revision !== state.revision) return false;
      states.set(canonicalId(chargerId), { ...state, revision: state.revision + 1 });
      return true;
    },
  };
}
