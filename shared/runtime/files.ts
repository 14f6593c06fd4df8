import type { FileLinks, Files, StoredFile } from '#shared/domain/files.ts';
import { type Clock, toInstant } from '#shared/domain/time.ts';

/** A link that is followed at once. */
const SHORT_MS = 60_000;
/** How long the door may take to answer. */
const PATIENCE_MS = 5000;

/** What is behind the door, seen through links like everybody's: functions have no right to the bucket. */
export function filesBehind(links: FileLinks, clock: Clock): Files {
  const follow = async (method: 'GET' | 'HEAD', link: string): Promise<Response | undefined> => {
    const response = await fetch(link, { method, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) });
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw new Error(`The door of the files answered ${response.status}`);
    return response;
  };

  return {
    async find(path) {
      const found = await follow('HEAD', await links.link('download', path, clock() + SHORT_MS));
      if (!found) return undefined;
      const sizeBytes = Number(found.headers.get('content-length'));
      return { path, sizeBytes, at: toInstant(Date.parse(found.headers.get('last-modified') ?? '')) };
    },

    async list(prefix, limit, after) {
      const link = new URL(await links.link('list', prefix, clock() + SHORT_MS));
      link.searchParams.set('max-keys', String(limit));
      if (after !== undefined) link.searchParams.set('start-after', after);
      const answer = await follow('GET', link.href);
      if (!answer) throw new Error('The door of the files lists nothing');
      const xml = await answer.text();
      const items = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, entry = '']) => fileIn(entry));
      const isCut = textOf(xml, 'IsTruncated') === 'true';
      return { items, ...(isCut && { next: items.at(-1)?.path }) };
    },
  };
}

/** Keys have only characters that XML leaves as they are. */
const textOf = (xml: string, name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '';

const fileIn = (entry: string): StoredFile => ({
  path: textOf(entry, 'Key'),
  sizeBytes: Number(textOf(entry, 'Size')),
  at: toInstant(Date.parse(textOf(entry, 'LastModified'))),
});
