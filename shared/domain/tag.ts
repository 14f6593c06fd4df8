import type { Instant } from './time.ts';

export type TagStatus = 'Accepted' | 'Blocked' | 'Expired' | 'Invalid' | 'ConcurrentTx';

/** Who vouches for a tag: an organisation at its own chargers, or the installation at all of them. */
export type Issuer = { organisationId: string } | 'installation';

export interface Tag {
  /** As written; compared without regard to case. */
  idTag: string;
  issuer: Issuer;
  status: Exclude<TagStatus, 'ConcurrentTx'>;
  parentIdTag?: string;
  expiryDate?: Instant;
  /** How many sessions may be open with it at once; absent: any number. */
  maxOpenSessions?: number;
}

/** A place among the sessions that a limited tag may have open at once. */
export interface TagSlot {
  idTag: string;
  issuer: Issuer;
  number: number;
}

/** What is known of an idTag at a charger of one organisation. */
export interface TagKnowledge {
  tag?: Tag;
  /** Slots in use, each with the session that holds it. */
  slots: { number: number; sessionId: string }[];
}

export interface TagStore {
  /** The organisation's own tag comes before the installation's. */
  lookUp(idTag: string, organisationId: string): Promise<TagKnowledge>;
  findTag(idTag: string, issuer: Issuer): Promise<Tag | undefined>;
  saveTag(tag: Tag): Promise<'created' | 'updated'>;
}

export const canonicalTag = (idTag: string): string => idTag.toUpperCase();

/** Whether a tag may stop what another one started: it is the same, or both have one parent, or it is the parent (OCPP-S 7.8). */
export function isOfSameGroup(
  started: { idTag?: string; parentIdTag?: string },
  stopping: { idTag: string; parentIdTag?: string },
): boolean {
  const [stopped, parent] = [canonicalTag(stopping.idTag), started.parentIdTag && canonicalTag(started.parentIdTag)];
  if (started.idTag !== undefined && canonicalTag(started.idTag) === stopped) return true;
  if (parent === undefined) return false;
  return parent === stopped || (stopping.parentIdTag !== undefined && canonicalTag(stopping.parentIdTag) === parent);
}

/** Unknown tags are Invalid; a past expiry date means Expired, whatever else is kept, except Blocked and Invalid. */
export function statusOf(tag: Tag | undefined, nowMs: number): Exclude<TagStatus, 'ConcurrentTx'> {
  if (tag === undefined) return 'Invalid';
  const expired = tag.expiryDate !== undefined && Date.parse(tag.expiryDate) <= nowMs;
  return tag.status === 'Accepted' && expired ? 'Expired' : tag.status;
}
