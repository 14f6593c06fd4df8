import { canonicalId } from './charger.ts';
import { isSecret } from './configuration-keys.ts';
import type { Durations } from './durations.ts';
import type { Paged } from './paging.ts';
import { type Clock, type Instant, toInstant } from './time.ts';

export const traceDirections = ['in', 'out', 'connected', 'disconnected'] as const;

/** What a charger said or heard, or that a connection of it began or ended. */
export interface TraceEntry {
  at: Instant;
  direction: (typeof traceDirections)[number];
  /** A frame as it was on the wire, but for keys; the subprotocol; or with what a connection was closed. */
  text: string;
  /** What the CALL is about, or the CALL that is answered. */
  action?: string;
  connectionId: string;
  /** How long the answer took. */
  ms?: number;
}

interface TracedCharger {
  /** Canonical. */
  chargerId: string;
  until: Instant;
}

/** Where to read entries: from the first moment on, before the second one, after what an earlier page ended with. */
export interface TraceRange {
  from: Instant;
  to?: Instant;
  after?: string;
  order: 'newestFirst' | 'oldestFirst';
}

export interface TraceStore {
  /** Those whose trace has ended may still be among them. */
  traced(): Promise<TracedCharger[]>;
  /** Until another moment where it is traced already. False when as many are traced as can be. */
  startTrace(chargerId: string, until: Instant, at: Instant): Promise<boolean>;
  endTrace(chargerId: string, at: Instant): Promise<void>;
  /** `order` parts entries of the same moment. */
  keepEntry(chargerId: string, entry: TraceEntry, order: string, goneAt: Instant): Promise<void>;
  /** With each where the next page begins if it was the last one. */
  readEntries(chargerId: string, range: TraceRange, limit: number): Promise<{ entry: TraceEntry; cursor: string }[]>;
}

/** All of them are told to every function that takes a message: it stays a short list. */
export const TRACED_AT_ONCE = 50;

/** The chargers that are traced when one more is; undefined when there are too many. */
export function withTraced(traced: TracedCharger[], one: TracedCharger, at: Instant): TracedCharger[] | undefined {
  const others = withoutTraced(traced, one.chargerId, at);
  return others.length < TRACED_AT_ONCE ? [...others, one] : undefined;
}

export const withoutTraced = (traced: TracedCharger[], chargerId: string, at: Instant): TracedCharger[] =>
  traced.filter((other) => other.chargerId !== chargerId && other.until > at);

export interface Tracing {
  /** Keeps the entry if the charger is traced. Never rejects: a trace is worth no failed message. */
  note(chargerId: string, entry: TraceEntry): Promise<void>;
  /** Whether there is anything to note. Never rejects. */
  isTraced(chargerId: string): Promise<boolean>;
}

interface TracerParts {
  traces: TraceStore;
  clock: Clock;
  durations: Pick<Durations, 'traceLookMs' | 'traceKeptMs'>;
  log: { warn(message: string, details?: Record<string, unknown>): void };
  /** What no other instance of a function calls itself. */
  instance: string;
}

/** Which chargers are traced, as one instance of a function knows it: it looks once in a while, however many messages it takes. */
export class Tracer implements Tracing {
  readonly #parts: TracerParts;
  #looked: { atMs: number; untilMs: Promise<ReadonlyMap<string, number>> } | undefined;
  #noted = 0;

  constructor(parts: TracerParts) {
    this.#parts = parts;
  }

  async isTraced(chargerId: string): Promise<boolean> {
    const traced = await this.#untilMs();
    return traced.size > 0 && traced.has(canonicalId(chargerId));
  }

  async note(chargerId: string, entry: TraceEntry): Promise<void> {
    const { traces, durations, log, instance } = this.#parts;
    const untilMs = (await this.#untilMs()).get(canonicalId(chargerId));
    const atMs = Date.parse(entry.at);
    if (untilMs === undefined || atMs >= untilMs) return;
    this.#noted++;
    const order = `${String(this.#noted).padStart(9, '0')}#${instance}`;
    const goneAt = toInstant(atMs + durations.traceKeptMs);
    try {
      await traces.keepEntry(chargerId, { ...entry, text: withoutKeys(entry.text) }, order, goneAt);
    } catch (error) {
      log.warn('a frame could not be traced', { chargerId, error });
    }
  }

  #untilMs(): Promise<ReadonlyMap<string, number>> {
    const { clock, durations } = this.#parts;
    const nowMs = clock();
    if (!this.#looked || nowMs - this.#looked.atMs >= durations.traceLookMs) {
      this.#looked = { atMs: nowMs, untilMs: this.#look() };
    }
    return this.#looked.untilMs;
  }

  async #look(): Promise<ReadonlyMap<string, number>> {
    const { traces, log } = this.#parts;
    try {
      return new Map((await traces.traced()).map(({ chargerId, until }) => [chargerId, Date.parse(until)]));
    } catch (error) {
      log.warn('it is not known who is traced', { error });
      return new Map();
    }
  }
}

/** The frame without the values of keys that are secrets, whoever sends them; any other frame stays as it is to the byte. */
export function withoutKeys(text: string): string {
  if (!isSecret(text)) return text;
  try {
    let hides = false;
    const shown = JSON.stringify(JSON.parse(text), (_, value) => {
      const without = hidden(value);
      hides ||= without !== value;
      return without;
    });
    return hides ? shown : text;
  } catch {
    return text.replace(/("value"\s*:\s*")(?:[^"\\]|\\.)*/gi, `$1${HIDDEN}`);
  }
}

const HIDDEN = '(hidden)';

function hidden(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('key' in value) || !('value' in value)) return value;
  return typeof value.key === 'string' && isSecret(value.key.trim()) ? { ...value, value: HIDDEN } : value;
}

/** Which entries are looked for. */
export interface TraceSearch extends TraceRange {
  action?: string;
  /** Letter by letter, in the text. */
  search?: string;
  limit: number;
}

const READ_AT_ONCE = 100;
/** So many are looked through for one page, at most. */
const READ_PER_PAGE = 1000;
/** A page ends with the entry that goes beyond it: what a function may answer is limited. */
const CHARACTERS_PER_PAGE = 1_000_000;

/** A page of those that are looked for. It may be short, or empty, and yet have a next one: many that are not looked for stood in between. */
export async function searchTrace(
  traces: TraceStore,
  chargerId: string,
  { action, search, limit, ...range }: TraceSearch,
): Promise<Paged<TraceEntry>> {
  const items: TraceEntry[] = [];
  let characters = 0;
  let read = 0;
  let after = range.after;
  for (;;) {
    const chunk = await traces.readEntries(chargerId, { ...range, after }, READ_AT_ONCE);
    for (const [index, { entry, cursor }] of chunk.entries()) {
      after = cursor;
      read++;
      const isMeant = (action === undefined || entry.action === action) && entry.text.includes(search ?? '');
      if (isMeant) {
        items.push(entry);
        characters += entry.text.length;
      }
      if (items.length < limit && characters < CHARACTERS_PER_PAGE && read < READ_PER_PAGE) continue;
      const isLast = index === chunk.length - 1 && chunk.length < READ_AT_ONCE;
      return { items, ...(!isLast && { next: after }) };
    }
    if (chunk.length < READ_AT_ONCE) return { items };
  }
}
