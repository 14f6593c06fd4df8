import * as z from 'zod';
import type { ConfigurationTemplate } from '#shared/domain/configuration-template.ts';
import type { ConfigurationStore } from '#shared/domain/configurations.ts';
import { type Database, part } from './database.ts';
import { configurationKeys } from './keys.ts';

const knownItem = z.object({
  revision: z.int(),
  keys: z.array(
    z.object({
      key: z.string(),
      value: z.string().optional(),
      readonly: z.boolean(),
      readAt: z.string(),
      pendingRestart: z.string().optional(),
      uncertain: z.literal(true).optional(),
    }),
  ),
  unsupported: z.array(z.string()),
});

const templateItem = z.object({
  id: z.string(),
  name: z.string(),
  matches: z.object({
    vendor: z.string().optional(),
    model: z.string().optional(),
    firmware: z.object({ from: z.string().optional(), below: z.string().optional() }).optional(),
  }),
  settings: z.array(z.object({ key: z.string(), value: z.string(), atMost: z.literal(true).optional() })),
  applyAfterFirstBoot: z.boolean(),
});

/**
 * What is known of a charger is one item: whoever asks wants all of it, what an answer changes is a function of the whole, and a revision makes
 * its condition. It stays far below what an item holds (shared/domain/configuration.ts).
 */
export function dynamoConfigurationStore(database: Database, table: string): ConfigurationStore {
  const knownKey = (chargerId: string) => ({
    pk: configurationKeys.partition(chargerId),
    sk: configurationKeys.known,
  });
  const templateKey = (organisationId: string, templateId: string) => ({
    pk: configurationKeys.ofOrganisation(organisationId),
    sk: configurationKeys.template(templateId),
  });

  return {
    async findKnown(chargerId) {
      const item = await database.get(table, knownKey(chargerId));
      if (!item) return { known: { keys: [], unsupported: [] }, revision: 0 };
      const { revision, ...known } = knownItem.parse(item);
      return { known, revision };
    },

    async keepKnown(chargerId, { keys, unsupported }, revision) {
      const after = await database.update(
        table,
        knownKey(chargerId),
        {
          update: 'SET #keys = :keys, #unsupported = :unsupported, #revision = :next',
          values: { keys, unsupported, next: revision + 1, ...(revision > 0 && { revision }) },
          condition: revision > 0 ? '#revision = :revision' : 'attribute_not_exists(pk)',
        },
        'nothing',
      );
      return after !== undefined;
    },

    async findTemplate(organisationId, templateId) {
      const item = await database.get(table, templateKey(organisationId, templateId));
      return item && templateItem.parse(item);
    },

    async listTemplates(organisationId) {
      const items = await database.query(table, {
        condition: 'pk = :pk AND begins_with(sk, :prefix)',
        values: {
          pk: configurationKeys.ofOrganisation(organisationId),
          prefix: configurationKeys.templatePrefix,
        },
      });
      return items.map((item): ConfigurationTemplate => templateItem.parse(item));
    },

    async saveTemplate(organisationId, template) {
      const item = { ...templateKey(organisationId, template.id), ...template };
      return (await database.replace(table, item)) ? 'updated' : 'created';
    },

    async removeTemplate(organisationId, templateId) {
      const key = templateKey(organisationId, templateId);
      return (await database.transact([part.remove(table, key, 'attribute_exists(pk)')])) === undefined;
    },
  };
}
