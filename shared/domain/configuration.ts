import { isSameKey, isSecret } from './configuration-keys.ts';
import type { Instant } from './time.ts';

/** What a charger told of one of its keys. */
export interface KnownKey {
  /** As the charger spells it. */
  key: string;
  /** Absent where none was told, where it is a secret, and where it is uncertain. */
  value?: string;
  readonly: boolean;
  /** When it was read, or its change answered. */
  readAt: Instant;
  /** A value that was taken, and is in force after a restart. */
  pendingRestart?: string;
  /** There was a restart since: whether it brought the value that waited for it, only reading tells. */
  uncertain?: true;
}

/** What is known of a charger's configuration. */
export interface KnownConfiguration {
  keys: readonly KnownKey[];
  /** Keys that the charger says it has not, as they were spelled to it. */
  unsupported: readonly string[];
}

/** The answer to a reading (OCPP-S 5.8). */
interface ConfigurationAnswer {
  configurationKey?: readonly { key: string; readonly: boolean; value?: string }[];
  unknownKey?: readonly string[];
}

/** So many, each as long as may be, are answered in one frame of 32 KB. */
const KEYS_PER_ANSWER = 50;

/** The keys by readings, each once. No page is empty: a reading that names no key asks for everything. */
export function pagesOf(keys: readonly string[], maxKeys: number = KEYS_PER_ANSWER): string[][] {
  const each = [...new Set(keys)];
  const size = Math.min(Math.max(1, Math.floor(maxKeys)), KEYS_PER_ANSWER);
  return Array.from({ length: Math.ceil(each.length / size) }, (_, page) => each.slice(page * size, (page + 1) * size));
}

/** As it is spelled; else, for a standard key, in any case. */
export const findKey = ({ keys }: KnownConfiguration, key: string): KnownKey | undefined =>
  keys.find((known) => known.key === key) ?? keys.find((known) => isSameKey(known.key, key));

/** Whether the charger said that it has no such key. */
export const isUnsupported = (known: KnownConfiguration, key: string): boolean =>
  findKey(known, key) === undefined && known.unsupported.some((other) => isSameKey(other, key));

export function applyRead(
  known: KnownConfiguration,
  { configurationKey = [], unknownKey = [] }: ConfigurationAnswer,
  at: Instant,
): KnownConfiguration {
  const read = configurationKey.reduce((now, { key, value, readonly }) => {
    const { pendingRestart } = findKey(now, key) ?? {};
    return withKey(now, { key, value, readonly, readAt: at, pendingRestart });
  }, known);
  return unknownKey.reduce(withoutKey, read);
}

/** What is known after the answer to a change. A rejected one tells nothing of the key (OCPP-S 5.3). */
export function applyChange(
  known: KnownConfiguration,
  key: string,
  value: string,
  status: 'Accepted' | 'RebootRequired' | 'Rejected' | 'NotSupported',
  at: Instant,
): KnownConfiguration {
  if (status === 'Rejected') return known;
  if (status === 'NotSupported') return withoutKey(known, key);
  const before = findKey(known, key);
  const changed = { key: before?.key ?? key, readonly: false, readAt: at };
  if (status === 'Accepted') return withKey(known, { ...changed, value });
  return withKey(known, { ...changed, value: before?.value, pendingRestart: value });
}

/** Of a charger that booted last at that time: what had waited for a restart may be in force, or may not. */
export const afterRestart = ({ keys, unsupported }: KnownConfiguration, bootAt?: Instant): KnownConfiguration => ({
  keys: keys.map((known): KnownKey => {
    const { key, readonly, readAt, pendingRestart } = known;
    const restarted = pendingRestart !== undefined && bootAt !== undefined && bootAt > readAt;
    return restarted ? { key, readonly, readAt, uncertain: true } : known;
  }),
  unsupported,
});

/** An item of the table holds 400 KB. No charger has said a tenth of that so far. */
const KEPT_BYTES = 300_000;

/** As much as can be kept: what was told last. */
export function keepable({ keys, unsupported }: KnownConfiguration): KnownConfiguration {
  let left = KEPT_BYTES;
  const fits = (told: unknown) => {
    left -= Buffer.byteLength(JSON.stringify(told));
    return left >= 0;
  };
  const newest = keys.toSorted((one, other) => (one.readAt < other.readAt ? 1 : one.readAt > other.readAt ? -1 : 0));
  const kept = new Set(newest.filter(fits));
  return { keys: keys.filter((key) => kept.has(key)), unsupported: unsupported.toReversed().filter(fits).reverse() };
}

/** The keys whose values are uncertain. */
export const toReadAgain = ({ keys }: KnownConfiguration): string[] =>
  keys.filter(({ uncertain }) => uncertain).map(({ key }) => key);

function withKey(known: KnownConfiguration, { key, value, readonly, readAt, pendingRestart }: KnownKey) {
  const { keys, unsupported } = known;
  const before = findKey(known, key);
  const kept: KnownKey = {
    key,
    readonly,
    readAt,
    ...(value !== undefined && !isSecret(key) && { value }),
    ...(pendingRestart !== undefined && !isSecret(key) && { pendingRestart }),
  };
  return {
    keys: before ? keys.map((other) => (other === before ? kept : other)) : [...keys, kept],
    unsupported: unsupported.filter((other) => !isSameKey(other, key)),
  };
}

/** Only under that spelling: it may have the key under another. */
function withoutKey({ keys, unsupported }: KnownConfiguration, key: string): KnownConfiguration {
  return {
    keys: keys.filter((other) => other.key !== key),
    unsupported: unsupported.includes(key) ? unsupported : [...unsupported, key],
  };
}
