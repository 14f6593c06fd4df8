import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { type ApiClient, Refused } from '#local/start/api-client.ts';
import { UserError } from '#local/start/user-error.ts';

const seedShape = z.strictObject({
  chargers: z.array(z.looseObject({ id: z.string() })).default([]),
  idTags: z.array(z.looseObject({ idTag: z.string() })).default([]),
});

/** What is loaded before the local cloud is ready. The API judges the fields of an entry; only what finds it is known here. */
export type Seed = z.output<typeof seedShape>;

/** Throws a UserError that names the file and the field. */
export function readSeed(file: string): Seed {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new UserError(`--seed ${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`);
  }
  const seed = seedShape.safeParse(content);
  if (seed.success) return withoutTwins(file, seed.data);
  const problems = seed.error.issues.map((issue) => {
    const place = issue.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
    if (issue.code === 'unrecognized_keys') {
      return `  ${issue.keys.map((key) => `${place}.${key}`.slice(1)).join(', ')}: unknown field; there are chargers and idTags`;
    }
    return `  ${place.slice(1) || 'the whole file'}: ${issue.message}`;
  });
  throw new UserError(`--seed ${file} is refused:\n${problems.join('\n')}`);
}

/** Upserted side by side, the later of two entries would not always win. */
function withoutTwins(file: string, seed: Seed): Seed {
  const names = [
    ...seed.chargers.map(({ id }, i) => [`chargers[${i}].id`, `charger ${id.toUpperCase()}`] as const),
    ...seed.idTags.map(({ idTag }, i) => [`idTags[${i}].idTag`, `tag ${idTag.toUpperCase()}`] as const),
  ];
  const seen = new Set<string>();
  const twins = names.filter(([, name]) => seen.size === seen.add(name).size);
  if (twins.length === 0) return seed;
  const lines = twins.map(
    ([place, name]) => `  ${place}: ${name} is there already (upper and lower case are the same)`,
  );
  throw new UserError(`--seed ${file} is refused:\n${lines.join('\n')}`);
}

const madeKey = z.object({ authorizationKeyHex: z.string() });
// Enough to keep the instances of two functions busy.
const concurrency = 8;

/** Upserts the entries by id. Resolves with the keys that were made for chargers without credentials; they are shown only now. */
export async function applySeed(seed: Seed, call: ApiClient): Promise<{ id: string; authorizationKeyHex: string }[]> {
  const keys: { id: string; authorizationKeyHex: string }[] = [];
  const puts = [
    ...seed.idTags.map((tag, i) => async () => {
      await put(call, `idTags[${i}] (${tag.idTag})`, `/api/id-tags/${encodeURIComponent(tag.idTag)}`, tag);
    }),
    ...seed.chargers.map((charger, i) => async () => {
      const path = `/api/chargers/${encodeURIComponent(charger.id)}`;
      const made = madeKey.safeParse(await put(call, `chargers[${i}] (${charger.id})`, path, charger));
      if (made.success) keys.push({ id: charger.id, ...made.data });
    }),
  ];
  const refusals: string[] = [];
  const worker = async () => {
    for (let next = puts.shift(); next; next = puts.shift()) {
      try {
        await next();
      } catch (cause) {
        if (!(cause instanceof Refused)) throw cause;
        refusals.push(cause.message);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  if (refusals.length > 0)
    throw new UserError(`The seed is refused:\n${refusals.map((each) => `  ${each}`).join('\n')}`);
  return keys;
}

async function put(call: ApiClient, entry: string, path: string, body: unknown): Promise<unknown> {
  try {
    return await call('PUT', path, body);
  } catch (cause) {
    throw cause instanceof Refused ? new Refused(`${entry}: ${cause.message}`) : cause;
  }
}
