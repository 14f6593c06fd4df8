import * as z from 'zod';
import type { Issuer, Tag, TagStore } from '#shared/domain/tag.ts';
import type { Database, Item } from './database.ts';
import { isKey, tagKeys } from './keys.ts';

const tagItem = z.object({
  idTag: z.string(),
  issuer: z.union([z.literal('installation'), z.object({ organisationId: z.string() })]),
  status: z.enum(['Accepted', 'Blocked', 'Expired', 'Invalid']),
  parentIdTag: z.string().optional(),
  expiryDate: z.string().optional(),
  maxOpenSessions: z.int().optional(),
});

const slotItem = z.object({ number: z.int(), sessionId: z.string() });

export function dynamoTagStore(database: Database, table: string): TagStore {
  return {
    async lookUp(idTag, organisationId) {
      if (!isKey(idTag)) return { slots: [] };
      const items = await database.query(table, {
        condition: 'pk = :pk',
        values: { pk: tagKeys.partition(idTag) },
      });
      const issuers: Issuer[] = [{ organisationId }, 'installation'];
      for (const issuer of issuers) {
        const found = items.find((item) => item.sk === tagKeys.tag(issuer));
        if (!found) continue;
        const isSlot = (item: Item) => String(item.sk).startsWith(tagKeys.slotPrefix(issuer));
        return { tag: tagItem.parse(found), slots: items.filter(isSlot).map((item) => slotItem.parse(item)) };
      }
      return { slots: [] };
    },

    async findTag(idTag, issuer) {
      if (!isKey(idTag)) return undefined;
      const item = await database.get(table, { pk: tagKeys.partition(idTag), sk: tagKeys.tag(issuer) });
      return item && (tagItem.parse(item) satisfies Tag);
    },

    async saveTag(tag) {
      const item = { pk: tagKeys.partition(tag.idTag), sk: tagKeys.tag(tag.issuer), ...tag };
      return (await database.replace(table, item)) ? 'updated' : 'created';
    },
  };
}
