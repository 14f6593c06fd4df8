import type { Charger } from './charger.ts';
import { afterRestart, type KnownConfiguration, keepable } from './configuration.ts';
import {
  type ConfigurationTemplate,
  type Drift,
  defaultSettings,
  driftOf,
  templateInForce,
} from './configuration-template.ts';

/** How chargers are configured, as far as they have told, and how they ought to be. */
export interface ConfigurationStore {
  /** Revision 0 where nothing was ever told. */
  findKnown(chargerId: string): Promise<{ known: KnownConfiguration; revision: number }>;
  /** False when something was learnt since that revision: then nothing changes. */
  keepKnown(chargerId: string, known: KnownConfiguration, revision: number): Promise<boolean>;
  findTemplate(organisationId: string, templateId: string): Promise<ConfigurationTemplate | undefined>;
  /** All of them, by id. */
  listTemplates(organisationId: string): Promise<ConfigurationTemplate[]>;
  saveTemplate(organisationId: string, template: ConfigurationTemplate): Promise<'created' | 'updated'>;
  /** False when there was none. */
  removeTemplate(organisationId: string, templateId: string): Promise<boolean>;
}

/** Answers of one charger that are taken at the same moment: one comes after the other, and a late one beside them. */
const ATTEMPTS = 10;

/** Adds what a charger has told now to what is known of it. */
export async function learn(
  store: ConfigurationStore,
  { id, boot }: Charger,
  tell: (known: KnownConfiguration) => KnownConfiguration,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { known, revision } = await store.findKnown(id);
    const before = afterRestart(known, boot?.at);
    const after = tell(before);
    if (after === before || (await store.keepKnown(id, keepable(after), revision))) return;
  }
  throw new Error('What the charger told of its configuration could not be kept: others were faster each time');
}

export interface Configuration {
  known: KnownConfiguration;
  /** Undefined until the charger has told its make. */
  template?: ConfigurationTemplate;
  drift: Drift[];
}

/** A charger's configuration as it is known now, beside the template for its make. */
export async function configurationOf(
  store: ConfigurationStore,
  { id, organisationId, boot }: Charger,
): Promise<Configuration> {
  const [{ known: told }, templates] = await Promise.all([store.findKnown(id), store.listTemplates(organisationId)]);
  const known = afterRestart(told, boot?.at);
  const template = boot && templateInForce(boot, templates);
  return { known, template, drift: template ? driftOf(known, template) : [] };
}

/** What is asked for instead of what was never saved: the default settings are there from the beginning. */
export async function templateOf(
  store: ConfigurationStore,
  organisationId: string,
  templateId: string,
): Promise<ConfigurationTemplate | undefined> {
  const saved = await store.findTemplate(organisationId, templateId);
  return saved ?? (templateId === defaultSettings.id ? defaultSettings : undefined);
}
