import { createHmac } from 'node:crypto';
import type { FileLinks, LinkRight } from '#shared/domain/files.ts';
import { variable } from './app.ts';
import { readSecret } from './secrets.ts';

/** As they are spelled in a link. */
const spelling: Record<LinkRight, string> = { download: 'd', list: 'l', put: 'p', upload: 'u' };

/** What chargers are known to take for a location. */
const LONGEST = 512;

/**
 * `<door>/<right>/<expiry>.<signature>/<path>`: the expiry in seconds since 1970 to the base of 36, the signature 128 bits of an HMAC-SHA256 over all
 * three. lib/edge/file-path.js checks it.
 */
export function fileLinks(door: () => string, key: () => Promise<string>): FileLinks {
  return {
    async link(right, path, untilMs) {
      const expiry = Math.ceil(untilMs / 1000).toString(36);
      const signed = `${spelling[right]}/${expiry}/${path}`;
      const signature = createHmac('sha256', await key())
        .update(signed)
        .digest('base64url')
        .slice(0, 22);
      const link = `${door()}/${spelling[right]}/${expiry}.${signature}/${path}${right === 'upload' ? '/' : ''}`;
      if (link.length > LONGEST) throw new Error(`A link of ${link.length} characters is longer than chargers take`);
      return link;
    },
  };
}

export const deployedFileLinks = fileLinks(
  () => variable('FILES_URL'),
  () => readSecret(variable('FILE_KEY_SECRET')),
);
