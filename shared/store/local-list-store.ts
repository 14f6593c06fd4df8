import * as z from 'zod';
import { type LocalListStore, nothingKnown } from '#shared/domain/list-sync.ts';
import type { LocalListEntry } from '#shared/domain/local-list.ts';
import type { Database } from './database.ts';
import { commandKeys, endOf } from './keys.ts';

const entry = z.object({
  idTag: z.string(),
  status: z.enum(['Accepted', 'Blocked', 'Expired', 'Invalid']),
  expiryDate: z.string().optional(),
  parentIdTag: z.string().optional(),
});

/** An item holds 400 KB: lists are kept as text, which is shorter than a list of maps. */
const entriesText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.array(entry));

const desiredItem = z.object({ revision: z.int(), entries: entriesText });

const stateItem = z.object({
  known: z.enum(['unknown', 'unsupported', 'empty', 'list']),
  version: z.int().optional(),
  entries: entriesText.optional(),
  lastVersion: z.int(),
  pending: z.object({ commandId: z.string(), at: z.string() }).optional(),
  sync: z
    .object({
      state: z.enum(['running', 'done', 'failed']),
      by: z.string(),
      startedAt: z.string(),
      failures: z.int(),
      reason: z.string().optional(),
    })
    .optional(),
  revision: z.int(),
});

export function dynamoLocalListStore(database: Database, table: string): LocalListStore {
  const key = (chargerId: string, sk: string) => ({ pk: commandKeys.partition(chargerId), sk });

  return {
    async readList(chargerId) {
      const prefix = commandKeys.localListPrefix;
      const range = { pk: commandKeys.partition(chargerId), low: prefix, high: endOf(prefix) };
      const items = await database.between(table, range, { limit: 2 });
      const [desired, state] = [commandKeys.desiredList, commandKeys.listState].map((sk) =>
        items.find((item) => item.sk === sk),
      );
      return {
        ...(desired && { desired: desiredItem.parse(desired) }),
        state: state === undefined ? nothingKnown : stateOf(stateItem.parse(state)),
      };
    },

    async saveDesired(chargerId, entries) {
      const saved = await database.update(
        table,
        key(chargerId, commandKeys.desiredList),
        { update: 'SET #entries = :entries ADD #revision :one', values: { entries: textOf(entries), one: 1 } },
        'after',
      );
      return desiredItem.parse(saved);
    },

    async replaceState(chargerId, { held: { known, lastVersion }, pending, sync, revision }) {
      const item = {
        ...key(chargerId, commandKeys.listState),
        ...(typeof known === 'string'
          ? { known }
          : { known: 'list', version: known.version, entries: textOf(known.entries) }),
        lastVersion,
        pending,
        sync,
        revision: revision + 1,
      };
      return database.put(table, item, revision === 0 ? 'attribute_not_exists(pk)' : '#revision = :revision', {
        ...(revision > 0 && { revision }),
      });
    },
  };
}

const textOf = (entries: readonly LocalListEntry[]): string => JSON.stringify(entries);

function stateOf({ known, version = 0, entries = [], lastVersion, ...rest }: z.output<typeof stateItem>) {
  return { held: { known: known === 'list' ? { version, entries } : known, lastVersion }, ...rest };
}
