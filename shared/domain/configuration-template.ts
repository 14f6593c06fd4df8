import { findKey, isUnsupported, type KnownConfiguration } from './configuration.ts';
import { isSameKey, isSecret, refusalOf } from './configuration-keys.ts';
import { isOfMake, type Make, type MakePattern } from './make.ts';

interface Setting {
  key: string;
  value: string;
  /** A smaller number will do as well, but for 0, which means never. */
  atMost?: true;
}

/** How chargers of a make ought to be configured. */
export interface ConfigurationTemplate {
  id: string;
  name: string;
  matches: MakePattern;
  settings: readonly Setting[];
  /** Whether a charger gets it by itself after it was first accepted. */
  applyAfterFirstBoot: boolean;
}

export interface Drift {
  /** As the charger spells it, where it is known to have it. */
  key: string;
  wanted: string;
  /** 'value': another one. 'readonly': another one, and the charger lets nobody change it. 'pendingRestart': the wanted one, after a restart. */
  found: 'value' | 'unknown' | 'readonly' | 'notSupported' | 'pendingRestart';
  /** What it has, or will have after a restart, where that is known. */
  value?: string;
}

/**
 * For billing by the time of day at any make: what follows from section 9 of OCPP 1.6, with no measurand that a charger might not have, since
 * it rejects the whole list for one.
 */
export const defaultSettings: ConfigurationTemplate = {
  id: 'default',
  name: 'Billing by the time of day',
  matches: {},
  settings: [
    // 9.1.5: counted from midnight, so that a register is told on each quarter of an hour, where tariffs change.
    { key: 'ClockAlignedDataInterval', value: '900' },
    // 9.1.15
    { key: 'MeterValuesAlignedData', value: 'Energy.Active.Import.Register' },
    // 9.1.19: what a driver sees on the way; power follows from two registers.
    { key: 'MeterValueSampleInterval', value: '60' },
    // 9.1.17
    { key: 'MeterValuesSampledData', value: 'Energy.Active.Import.Register' },
    // 9.1.25 and 9.1.27: the same readings once more in the stop would make it outgrow a frame of 32 KB within hours, and it would be lost.
    { key: 'StopTxnAlignedData', value: '' },
    { key: 'StopTxnSampledData', value: '' },
    // 9.1.6: two minutes to plug in.
    { key: 'ConnectionTimeOut', value: '120' },
    // 9.1.10: the gateway cuts a connection that is silent for ten minutes.
    { key: 'HeartbeatInterval', value: '300', atMost: true },
  ],
  applyAfterFirstBoot: false,
};

/** By id; the default settings count where an organisation has put nothing in their place. */
export function withDefault(templates: readonly ConfigurationTemplate[]): ConfigurationTemplate[] {
  const all = templates.some(({ id }) => id === defaultSettings.id) ? templates : [...templates, defaultSettings];
  return all.toSorted((one, other) => (one.id < other.id ? -1 : 1));
}

/** What stands against a template: what no charger could take, and what is not to be the same at several. */
export function flawsOf(settings: readonly Setting[]): { field: string; rule: string }[] {
  return settings.flatMap(({ key, value, atMost }, index) => {
    const at = (field: string, rule: string) => [{ field: `settings.${index}.${field}`, rule }];
    if (isSecret(key)) return at('key', 'a secret is each charger’s own');
    if (settings.slice(0, index).some((other) => isSameKey(other.key, key))) return at('key', 'each key once');
    const refusal = refusalOf(key, value);
    if (refusal) return at(refusal.field, refusal.rule);
    return atMost && !isCount(value) ? at('atMost', 'only with a whole number') : [];
  });
}

/** The most specific of those that match: by model before by vendor, with a range of firmware before without, then the first by id. */
export function templateFor(
  make: Make,
  templates: readonly ConfigurationTemplate[],
): ConfigurationTemplate | undefined {
  const specificity = ({ matches: { model, vendor, firmware } }: ConfigurationTemplate) =>
    (model === undefined ? 0 : 4) + (vendor === undefined ? 0 : 2) + (firmware === undefined ? 0 : 1);
  return templates
    .filter(({ matches }) => isOfMake(make, matches))
    .toSorted((one, other) => specificity(other) - specificity(one) || (one.id < other.id ? -1 : 1))[0];
}

/** The one that counts for a charger of an organisation: the default settings where none of its own matches, unless it has put others in their place. */
export function templateInForce(
  make: Make,
  saved: readonly ConfigurationTemplate[],
): ConfigurationTemplate | undefined {
  return templateFor(make, saved) ?? templateFor(make, withDefault(saved));
}

/** In what a charger is not configured as the template has it, as far as is known. */
export function driftOf(known: KnownConfiguration, { settings }: Pick<ConfigurationTemplate, 'settings'>): Drift[] {
  return settings.flatMap((setting): Drift[] => {
    const { key: called, value: wanted } = setting;
    const { key, value: inForce, readonly, pendingRestart } = findKey(known, called) ?? { key: called };
    const value = pendingRestart ?? inForce;
    if (satisfies(inForce, setting) && satisfies(value, setting)) return [];
    if (satisfies(value, setting)) return [{ key, wanted, found: 'pendingRestart', value }];
    if (isUnsupported(known, called)) return [{ key, wanted, found: 'notSupported' }];
    if (readonly) return [{ key, wanted, found: 'readonly', value }];
    return value === undefined ? [{ key, wanted, found: 'unknown' }] : [{ key, wanted, found: 'value', value }];
  });
}

function satisfies(value: string | undefined, { value: wanted, atMost }: Setting): boolean {
  if (value === undefined) return false;
  if (atMost && isCount(value) && isCount(wanted)) return Number(value) > 0 && Number(value) <= Number(wanted);
  return plain(value) === plain(wanted);
}

const isCount = (value: string): boolean => /^\d{1,10}$/.test(value);

/** Without what chargers write in different ways: blanks around commas, and the case of true and false. */
function plain(value: string): string {
  const text = value
    .split(',')
    .map((part) => part.trim())
    .join(',');
  return /^(?:true|false)$/i.test(text) ? text.toLowerCase() : text;
}
