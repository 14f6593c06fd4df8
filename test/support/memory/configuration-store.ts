import { canonicalId } from '#shared/domain/charger.ts';
import type { KnownConfiguration } from '#shared/domain/configuration.ts';
import type { ConfigurationTemplate } from '#shared/domain/configuration-template.ts';
import type { ConfigurationStore } from '#shared/domain/configurations.ts';
import { Rows } from './rows.ts';

export function memoryConfigurationStore(): ConfigurationStore {
  const known = new Rows<{ known: KnownConfiguration; revision: number }>();
  const templates = new Rows<ConfigurationTemplate>();
  const of = (organisationId: string, templateId: string) => `${organisationId}/${templateId}`;

  return {
    async findKnown(chargerId) {
      return known.get(canonicalId(chargerId)) ?? { known: { keys: [], unsupported: [] }, revision: 0 };
    },

    async keepKnown(chargerId, it, revision) {
      if ((known.get(canonicalId(chargerId))?.revision ?? 0) !== revision) return false;
      known.set(canonicalId(chargerId), { known: it, revision: revision + 1 });
      return true;
    },

    async findTemplate(organisationId, templateId) {
      return templates.get(of(organisationId, templateId));
    },

    async listTemplates(organisationId) {
      return templates.startingWith(of(organisationId, '')).map(([, template]) => template);
    },

    async saveTemplate(organisationId, template) {
      const key = of(organisationId, template.id);
      const outcome = templates.has(key) ? 'updated' : 'created';
      templates.set(key, template);
      return outcome;
    },

    async removeTemplate(organisationId, templateId) {
      const key = of(organisationId, templateId);
      const wasThere = templates.has(key);
      templates.delete(key);
      return wasThere;
    },
  };
}
