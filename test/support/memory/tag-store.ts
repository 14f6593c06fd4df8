import { canonicalTag, type Issuer, type Tag, type TagSlot, type TagStore } from '#shared/domain/tag.ts';
import { Rows } from './rows.ts';

/** Which session holds a slot, by `slotText`. */
export type SlotHolders = Map<string, { number: number; sessionId: string }>;

const tagText = (idTag: string, issuer: Issuer) => JSON.stringify([canonicalTag(idTag), issuer]);

export const slotText = ({ idTag, issuer, number }: TagSlot) => `${tagText(idTag, issuer)}${number}`;

export function memoryTagStore(slots: SlotHolders): TagStore {
  const tags = new Rows<Tag>();

  return {
    async lookUp(idTag, organisationId) {
      const tag = tags.get(tagText(idTag, { organisationId })) ?? tags.get(tagText(idTag, 'installation'));
      if (!tag) return { slots: [] };
      const own = [...slots].filter(([key]) => key.startsWith(tagText(idTag, tag.issuer)));
      return { tag, slots: own.map(([, holder]) => ({ ...holder })) };
    },

    async findTag(idTag, issuer) {
      return tags.get(tagText(idTag, issuer));
    },

    async saveTag(tag) {
      const key = tagText(tag.idTag, tag.issuer);
      const outcome = tags.has(key) ? 'updated' : 'created';
      tags.set(key, tag);
      return outcome;
    },
  };
}
