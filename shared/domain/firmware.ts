import type { Paged } from './paging.ts';
import type { Instant } from './time.ts';

/** What is known of a file of firmware; its bytes are behind the door of the files. */
export interface FirmwareFile {
  /** A UUID in the order of creation. */
  fileId: string;
  organisationId: string;
  /** Of the file itself, in characters that need no encoding. */
  name: string;
  version: string;
  /** Which make it is for, as patterns of `make.ts`. */
  vendor: string;
  model: string;
  /** As whoever made it says. */
  sizeBytes?: number;
  sha256?: string;
  by: string;
  createdAt: Instant;
}

export interface FirmwareStore {
  /** The same file again changes nothing. */
  keepFile(file: FirmwareFile): Promise<void>;
  findFile(organisationId: string, fileId: string): Promise<FirmwareFile | undefined>;
  /** Newest first. */
  listFiles(organisationId: string, limit: number, after?: string): Promise<Paged<FirmwareFile>>;
}

/** A download over a slow line, and its retries where the operator does not say how long they take. */
const DOWNLOAD_MS = 24 * 3600_000;
const UPLOAD_MS = 6 * 3600_000;
const RETRY_S = 3600;

interface Attempts {
  retries?: number | undefined;
  retryIntervalS?: number | undefined;
}

/** How long the attempts after the first one may take. */
export const retryingMs = ({ retries = 0, retryIntervalS = RETRY_S }: Attempts): number =>
  retries * retryIntervalS * 1000;

/** Until when a charger may fetch firmware: it may get the command as late as `expiresMs`, and begins at `retrieveMs` or later. */
export const downloadEndsMs = (expiresMs: number, retrieveMs: number, attempts: Attempts): number =>
  Math.max(expiresMs, retrieveMs) + retryingMs(attempts) + DOWNLOAD_MS;

/** Until when a charger may upload what it was asked for at `expiresMs` at the latest. */
export const uploadEndsMs = (expiresMs: number, attempts: Attempts): number =>
  expiresMs + retryingMs(attempts) + UPLOAD_MS;
