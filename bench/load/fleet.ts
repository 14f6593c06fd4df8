import { randomBytes } from 'node:crypto';
import type { Identity } from './charger.ts';

export interface Fleet {
  identities: Identity[];
  /** One accepted tag for each charger. */
  idTags: string[];
  /** What `--seed` loads. */
  seed: object;
}

/** Chargers with keys of their own (security profile 1), accepted, with one connector each. */
export function fleetOf(count: number): Fleet {
  const identities = Array.from({ length: count }, (_, index) => ({
    id: `B${String(index).padStart(5, '0')}`,
    keyHex: randomBytes(20).toString('hex'),
  }));
  const idTags = identities.map(({ id }) => `TAG-${id}`);
  const chargers = identities.map(({ id, keyHex }) => ({
    id,
    authorizationKeyHex: keyHex,
    securityProfile: 1,
    connectors: [{ id: 1, type: 'Type2', maxPowerW: 11_000 }],
  }));
  return { identities, idTags, seed: { chargers, idTags: idTags.map((idTag) => ({ idTag, status: 'Accepted' })) } };
}

/** Runs `work` for each item, at most `width` at a time; the results in the order of the items. The first failure ends it. */
export async function each<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async () => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}
