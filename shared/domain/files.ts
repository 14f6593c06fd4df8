import { createHash } from 'node:crypto';
import { canonicalId } from './charger.ts';
import type { Paged } from './paging.ts';
import type { Instant } from './time.ts';

/**
 * What a link lets its holder do: `download` one file, `list` what is below a path, `put` one file, `upload` whatever a charger appends to a
 * directory.
 */
export type LinkRight = 'download' | 'list' | 'put' | 'upload';

/** Makes links that open the door of the files until their time is over. */
export interface FileLinks {
  /** At most 512 characters. `path` has only characters that need no encoding. */
  link(right: LinkRight, path: string, untilMs: number): Promise<string>;
}

export interface StoredFile {
  path: string;
  sizeBytes: number;
  at: Instant;
}

/** What is behind the door. */
export interface Files {
  /** Undefined when it is not there. */
  find(path: string): Promise<StoredFile | undefined>;
  /** By path. */
  list(prefix: string, limit: number, after?: string): Promise<Paged<StoredFile>>;
}

export const firmwarePath = (fileId: string, name: string): string => `firmware/${fileId}/${name}`;

/** Of fixed length, and without what a charger could misread: identities may have any characters. */
const chargerPart = (chargerId: string): string =>
  createHash('sha256').update(canonicalId(chargerId)).digest('base64url').slice(0, 22);

/** Each hexadecimal digit by what it lacks to f: what was made last comes first. Twice, it is the same again. */
const mirrored = (uuid: string): string =>
  uuid.replace(/[0-9a-f]/g, (digit) => (15 - Number.parseInt(digit, 16)).toString(16));

/** Where a charger uploads to for one command, without the `uploads/` that the door puts before it. */
export const uploadDirectory = (chargerId: string, commandId: string): string =>
  `${chargerPart(chargerId)}/${mirrored(commandId)}`;

/** All that a charger uploaded, the newest command first. */
export const uploadsOf = (chargerId: string): string => `uploads/${chargerPart(chargerId)}/`;

/** For which command a file was uploaded, and its name; undefined where it is none of theirs. */
export function uploadAt(path: string): { commandId: string; name: string } | undefined {
  const [, directory, name] = /^uploads\/[\w-]{22}\/([0-9a-f-]{36})\/([^/]+)$/.exec(path) ?? [];
  return directory === undefined || name === undefined ? undefined : { commandId: mirrored(directory), name };
}

/** Whether a charger can use our links, by its SupportedFileTransferProtocols; unknown counts as yes. */
export const speaksHttps = (protocols: string | undefined): boolean =>
  protocols === undefined || protocols.split(',').some((each) => each.trim().toUpperCase() === 'HTTPS');

/**
 * A location as it may be shown: what stands before the host, which lets somebody in (RFC 3986, 3.2.1), is hidden. Undefined where there is nothing to
 * hide. People put characters there that would have to be encoded: a port that is no number is the beginning of a password.
 */
export function withoutLogin(location: string): string | undefined {
  const login = /^([a-z][a-z\d+.-]*:\/*)(?:[^/?#]*@|[^/?#@[]*:(?!\d*(?:[/?]|$)).*@)/i;
  return login.test(location) ? location.replace(login, '$1***@') : undefined;
}
