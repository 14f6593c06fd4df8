import type { Stores } from '#shared/store/stores.ts';

/** The values that are known and certain, by their keys in lower case; none where nothing is kept. */
export async function knownValues(
  { configurations }: Pick<Stores, 'configurations'>,
  chargerId: string,
): Promise<ReadonlyMap<string, string>> {
  const { keys } = (await configurations.findKnown(chargerId)).known;
  return new Map(keys.flatMap(({ key, value }) => (value === undefined ? [] : [[key.toLowerCase(), value] as const])));
}

/** A number that a key holds; undefined where it is not known, or is none. */
export function knownNumber(values: ReadonlyMap<string, string>, key: string): number | undefined {
  const text = values.get(key.toLowerCase())?.trim() ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
