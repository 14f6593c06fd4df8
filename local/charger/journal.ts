import * as z from 'zod';
import type { Traffic } from './link.ts';

interface Entry {
  /** Simulated milliseconds. */
  at: number;
  what: Traffic | string;
}

/** A crowd of chargers remembers as much as one machine can hold. */
const longest = 100;

const keyChange = z.looseObject({ key: z.literal('AuthorizationKey') });

/** What happened last, for its diagnostics. */
export class Journal {
  readonly #entries: Entry[] = [];

  add(at: number, what: Traffic | string): void {
    this.#entries.push({ at, what });
    if (this.#entries.length > longest) this.#entries.shift();
  }

  /** A line for each thing that happened between those times. */
  lines(from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY): string[] {
    return this.#entries
      .filter(({ at }) => at >= from && at <= to)
      .map(({ at, what }) => `${new Date(at).toISOString()} ${typeof what === 'string' ? what : messageLine(what)}`);
  }
}

const messageLine = ({ direction, kind, action, payload }: Traffic): string =>
  `${direction} ${kind} ${action} ${JSON.stringify(payload)}`;

/** The same message without the secret in it: neither a screen nor a file shall keep that. */
export function withoutSecret(message: Traffic): Traffic {
  const read = message.action === 'ChangeConfiguration' ? keyChange.safeParse(message.payload) : undefined;
  return read?.success ? { ...message, payload: { ...read.data, value: '…' } } : message;
}
