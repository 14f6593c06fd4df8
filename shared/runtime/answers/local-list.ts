import type * as z from 'zod';
import type { ListState } from '#shared/domain/list-sync.ts';
import type { LocalList, LocalListEntry } from '#shared/domain/local-list.ts';
import { planUpdate } from '#shared/domain/local-list.ts';
import type { localList } from '#shared/http/local-list.ts';

export function localListAnswer({
  desired,
  state: { held, pending, sync },
}: {
  desired?: LocalList;
  state: ListState;
}): z.input<typeof localList> {
  const { known, lastVersion } = held;
  const list = typeof known === 'string' ? undefined : known;
  return {
    desired: desired ? { revision: desired.revision, entries: desired.entries.map(entryAnswer) } : null,
    held: {
      is: typeof known === 'string' ? known : 'list',
      version: list?.version ?? null,
      entries: list?.entries.map(entryAnswer) ?? null,
    },
    lastVersion,
    inStep: desired !== undefined && !pending && planUpdate({ desired, held }).kind === 'nothing',
    pendingCommandId: pending?.commandId ?? null,
    sync: sync ? { ...sync, reason: sync.reason ?? null } : null,
  };
}

const entryAnswer = ({ idTag, status, expiryDate, parentIdTag }: LocalListEntry) => ({
  idTag,
  status,
  expiryDate: expiryDate ?? null,
  parentIdTag: parentIdTag ?? null,
});
