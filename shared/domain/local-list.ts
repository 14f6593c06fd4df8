import { canonicalTag, type Tag } from './tag.ts';
import type { Instant } from './time.ts';

/** What a charger may know of a tag without asking. */
export interface LocalListEntry {
  /** As written, at most 20 characters; compared without regard to case. */
  idTag: string;
  status: Tag['status'];
  expiryDate?: Instant;
  parentIdTag?: string;
}

/** The list that a charger ought to have. */
export interface LocalList {
  /** Grows with each decision about it. It is ours: a charger is told versions. */
  revision: number;
  entries: readonly LocalListEntry[];
}

/** What a charger has, as far as is known. */
export type KnownList = { version: number; entries: readonly LocalListEntry[] } | 'unknown' | 'unsupported' | 'empty';

/** What is kept of a charger's list. */
export interface HeldList {
  known: KnownList;
  /** The highest version that was ever sent to the charger or told by it; 0 before the first. */
  lastVersion: number;
}

/** A part of a list as it is sent. In a differential one an entry without idTagInfo deletes (OCPP-S 5.15). */
export interface ListUpdate {
  updateType: 'Full' | 'Differential';
  listVersion: number;
  entries: readonly UpdateEntry[];
}

interface UpdateEntry {
  idTag: string;
  idTagInfo?: Omit<LocalListEntry, 'idTag'>;
}

type ListPlan =
  | { kind: 'nothing' }
  | { kind: 'refused'; field: string; rule: string }
  /** To be sent in this order, each once the one before it was accepted. */
  | { kind: 'send'; updates: ListUpdate[] };

const LONGEST_TAG = 20;
const GREATEST_VERSION = 2 ** 31 - 1;

/** As long as a message id may be. */
const ANY_MESSAGE_ID = 'x'.repeat(36);

/** Higher than any before it, and never 0 or -1, which have meanings of their own (E 3.52); undefined where an int32 has no higher one. */
export function nextVersion({ known, lastVersion }: HeldList): number | undefined {
  const next = Math.max(0, lastVersion, typeof known === 'string' ? 0 : known.version) + 1;
  return next <= GREATEST_VERSION ? next : undefined;
}

/**
 * What makes a charger's list the desired one. Only changes are sent where its list is known and they are fewer than the entries, else
 * everything. What is too long for one message is split: the first part is Full, and each part has its own version.
 */
export function planUpdate({
  desired,
  held,
  maxPerMessage = Number.POSITIVE_INFINITY,
  maxTotal = Number.POSITIVE_INFINITY,
  maxFrameBytes = 32 * 1024,
}: {
  desired: LocalList;
  held: HeldList;
  /** SendLocalListMaxLength; absent where the charger has not told it. */
  maxPerMessage?: number;
  /** LocalAuthListMaxLength; likewise. */
  maxTotal?: number;
  /** Of the whole CALL, in UTF-8. */
  maxFrameBytes?: number;
}): ListPlan {
  const refused = refusalOf(desired.entries, maxTotal);
  if (refused) return { kind: 'refused', ...refused };
  const { updateType, entries } = changesFrom(held.known, desired.entries);
  if (entries.length === 0 && updateType === 'Differential') return { kind: 'nothing' };
  if (held.known === 'unsupported') return { kind: 'refused', field: 'charger', rule: 'it keeps no local list' };
  if (entries.length > 0 && maxPerMessage < 1) {
    return { kind: 'refused', field: 'SendLocalListMaxLength', rule: 'at least 1 is due' };
  }
  const updates: ListUpdate[] = [];
  let left = entries;
  do {
    const listVersion = nextVersion({ ...held, lastVersion: updates.at(-1)?.listVersion ?? held.lastVersion });
    if (listVersion === undefined) {
      return { kind: 'refused', field: 'listVersion', rule: `it grows, up to ${GREATEST_VERSION}` };
    }
    const update = {
      updateType: updates.length === 0 ? updateType : ('Differential' as const),
      listVersion,
      entries: left.slice(0, maxPerMessage),
    };
    const count = fittingIn(maxFrameBytes, update);
    if (left.length > 0 && count === 0) {
      return { kind: 'refused', field: 'frame', rule: `an entry does not fit into ${maxFrameBytes} bytes` };
    }
    updates.push({ ...update, entries: update.entries.slice(0, count) });
    left = left.slice(count);
  } while (left.length > 0);
  return { kind: 'send', updates };
}

function refusalOf(entries: readonly LocalListEntry[], maxTotal: number): { field: string; rule: string } | undefined {
  if (entries.length > maxTotal) return { field: 'entries', rule: `at most ${maxTotal} (LocalAuthListMaxLength)` };
  const seen = new Set<string>();
  for (const [index, { idTag, parentIdTag }] of entries.entries()) {
    const misfit = !isTag(idTag)
      ? 'idTag'
      : parentIdTag !== undefined && !isTag(parentIdTag)
        ? 'parentIdTag'
        : undefined;
    if (misfit) return { field: `entries.${index}.${misfit}`, rule: `1 to ${LONGEST_TAG} characters` };
    if (seen.has(canonicalTag(idTag))) return { field: `entries.${index}.idTag`, rule: 'once, whatever its case' };
    seen.add(canonicalTag(idTag));
  }
  return undefined;
}

const isTag = (text: string): boolean => text !== '' && [...text].length <= LONGEST_TAG;

/** Deletions come first: on the way, too, the list never has more entries than it begins or ends with. */
function changesFrom(known: KnownList, desired: readonly LocalListEntry[]): Pick<ListUpdate, 'updateType' | 'entries'> {
  const full = { updateType: 'Full' as const, entries: desired.map(updateOf) };
  if (known === 'unknown') return full;
  const before = byTag(typeof known === 'string' ? [] : known.entries);
  const after = byTag(desired);
  const deleted = [...before].filter(([tag]) => !after.has(tag)).map(([, { idTag }]) => ({ idTag }));
  const written = [...after]
    .filter(([tag, entry]) => !isSame(before.get(tag), entry))
    .map(([, entry]) => updateOf(entry));
  const changes = [...deleted, ...written];
  if (changes.length > 0 && changes.length >= desired.length) return full;
  return { updateType: 'Differential', entries: changes };
}

const byTag = (entries: readonly LocalListEntry[]) =>
  new Map(entries.map((entry) => [canonicalTag(entry.idTag), entry]));

const isSame = (one: LocalListEntry | undefined, other: LocalListEntry): boolean =>
  one !== undefined &&
  one.status === other.status &&
  one.expiryDate === other.expiryDate &&
  (one.parentIdTag && canonicalTag(one.parentIdTag)) === (other.parentIdTag && canonicalTag(other.parentIdTag));

const updateOf = ({ idTag, status, expiryDate, parentIdTag }: LocalListEntry): UpdateEntry => ({
  idTag,
  idTagInfo: {
    status,
    ...(expiryDate !== undefined && { expiryDate }),
    ...(parentIdTag !== undefined && { parentIdTag }),
  },
});

/** How many of its entries, from the first on, fit into one frame. */
function fittingIn(maxFrameBytes: number, { updateType, listVersion, entries }: ListUpdate): number {
  const payload = { listVersion, updateType, localAuthorizationList: [] };
  let bytes = bytesOf([2, ANY_MESSAGE_ID, 'SendLocalList', payload]);
  const beyond = entries.findIndex((entry, index) => {
    bytes += bytesOf(entry) + (index > 0 ? 1 : 0);
    return bytes > maxFrameBytes;
  });
  return beyond === -1 ? entries.length : beyond;
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/**
 * What is known after the answer to an update. Without one that says what became of it, nothing is known, and the next update is Full, with
 * a higher version (E 3.52).
 */
export function afterAnswer(
  { known, lastVersion }: HeldList,
  update: ListUpdate,
  /** Undefined where none came in time, or a CALLERROR. */
  status: 'Accepted' | 'Failed' | 'VersionMismatch' | 'NotSupported' | undefined,
): HeldList {
  const held = { lastVersion: Math.max(lastVersion, update.listVersion) };
  if (status === 'NotSupported') return { ...held, known: 'unsupported' };
  if (status !== 'Accepted') return { ...held, known: 'unknown' };
  if (update.updateType === 'Full') return { ...held, known: applied([], update) };
  if (known === 'unknown' || known === 'unsupported') return { ...held, known: 'unknown' };
  return { ...held, known: applied(known === 'empty' ? [] : known.entries, update) };
}

function applied(entries: readonly LocalListEntry[], update: ListUpdate): KnownList {
  const list = byTag(entries);
  for (const { idTag, idTagInfo } of update.entries) {
    if (idTagInfo === undefined) list.delete(canonicalTag(idTag));
    else list.set(canonicalTag(idTag), { idTag, ...idTagInfo });
  }
  return { version: update.listVersion, entries: [...list.values()] };
}

/** What is known after the answer to GetLocalListVersion: -1 means that there are no lists, 0 that the list is empty (OCPP-S 5.10). */
export function versionTold({ known, lastVersion }: HeldList, listVersion: number): HeldList {
  const held = { lastVersion: Math.max(lastVersion, listVersion) };
  if (listVersion === -1) return { ...held, known: 'unsupported' };
  if (listVersion === 0) return { ...held, known: 'empty' };
  const isAsKnown = typeof known !== 'string' && known.version === listVersion;
  return { ...held, known: isAsKnown ? known : 'unknown' };
}
