import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Queue } from '#local/queues/queue.ts';

export interface Message {
  id: string;
  body: string;
  /** Message attributes as they were sent, in JSON. */
  attributes: string;
  sentAt: number;
  firstReceivedAt: number;
  receiveCount: number;
  /** Good for this receipt only. */
  receipt: string;
}

const row = z.object({
  id: z.string(),
  body: z.string(),
  attributes: z.string(),
  sent_at: z.number(),
  first_received_at: z.number().nullable(),
  receive_count: z.number(),
});
const countsRow = z.object({ visible: z.number(), delayed: z.number(), inFlight: z.number() });

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, queue TEXT NOT NULL, body TEXT NOT NULL, attributes TEXT NOT NULL,
    sent_at INTEGER NOT NULL, visible_at INTEGER NOT NULL,
    receive_count INTEGER NOT NULL DEFAULT 0, first_received_at INTEGER, receipt TEXT
  );
  CREATE INDEX IF NOT EXISTS by_visibility ON messages (queue, visible_at);
  CREATE INDEX IF NOT EXISTS by_receipt ON messages (receipt);`;

/** The messages of all queues, in a file: one that was taken is still there after a kill. Times are milliseconds, given by the caller. */
export class MessageStore {
  readonly #database: DatabaseSync;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(schema);
  }

  close(): void {
    this.#database.close();
  }

  /** The id of the new message. */
  send(queue: string, body: string, attributes: string, delayMs: number, now: number): string {
    const id = randomUUID();
    this.#database
      .prepare('INSERT INTO messages (id, queue, body, attributes, sent_at, visible_at) VALUES (?, ?, ?, ?, ?, ?)')
      .run(id, queue, body, attributes, now, now + delayMs);
    this.#wake(queue);
    return id;
  }

  /** Hides what it gives for so long. What was received too often goes to the dead letters instead. */
  receive({ name, redrive, retentionMs }: Queue, max: number, visibilityMs: number, now: number): Message[] {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      this.#database
        .prepare('DELETE FROM messages WHERE queue = ? AND visible_at <= ? AND sent_at < ?')
        .run(name, now, now - retentionMs);
      if (redrive) {
        const { changes } = this.#database
          .prepare(
            `UPDATE messages SET queue = ?, visible_at = ?, receipt = NULL
             WHERE queue = ? AND visible_at <= ? AND receive_count >= ?`,
          )
          .run(redrive.deadLetters, now, name, now, redrive.maxReceiveCount);
        if (changes) this.#wake(redrive.deadLetters);
      }
      const messages = this.#database
        .prepare('SELECT * FROM messages WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, rowid LIMIT ?')
        .all(name, now, max)
        .map((each) => this.#received(row.parse(each), now + visibilityMs, now));
      this.#database.exec('COMMIT');
      return messages;
    } catch (cause) {
      this.#database.exec('ROLLBACK');
      throw cause;
    }
  }

  #received(message: z.output<typeof row>, visibleAt: number, now: number): Message {
    const receipt = randomUUID();
    const receiveCount = message.receive_count + 1;
    const firstReceivedAt = message.first_received_at ?? now;
    this.#database
      .prepare('UPDATE messages SET visible_at = ?, receive_count = ?, first_received_at = ?, receipt = ? WHERE id = ?')
      .run(visibleAt, receiveCount, firstReceivedAt, receipt, message.id);
    const { id, body, attributes, sent_at: sentAt } = message;
    return { id, body, attributes, sentAt, firstReceivedAt, receiveCount, receipt };
  }

  /** With a receipt that is not the newest nothing happens, as on a standard queue. */
  remove(queue: string, receipt: string): void {
    this.#database.prepare('DELETE FROM messages WHERE queue = ? AND receipt = ?').run(queue, receipt);
  }

  counts(queue: string, now: number): { visible: number; delayed: number; inFlight: number } {
    return countsRow.parse(
      this.#database
        .prepare(
          `SELECT COUNT(*) FILTER (WHERE visible_at <= :now) AS visible,
                  COUNT(*) FILTER (WHERE visible_at > :now AND receive_count = 0) AS delayed,
                  COUNT(*) FILTER (WHERE visible_at > :now AND receive_count > 0) AS inFlight
           FROM messages WHERE queue = :queue`,
        )
        .get({ now, queue }),
    );
  }

  /** Resolves when there may be something to receive, after so long, or when it is stopped. */
  wait(queue: string, withinMs: number, stopping: AbortSignal, now: number): Promise<void> {
    if (stopping.aborted) return Promise.resolve();
    const { next } = z
      .object({ next: z.number().nullable() })
      .parse(this.#database.prepare('SELECT MIN(visible_at) AS next FROM messages WHERE queue = ?').get(queue));
    const ms = Math.max(0, Math.min(withinMs, next === null ? withinMs : next - now));
    const waiting = this.#waiting.get(queue) ?? new Set();
    this.#waiting.set(queue, waiting);
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        waiting.delete(wake);
        stopping.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      waiting.add(wake);
      stopping.addEventListener('abort', wake);
    });
  }

  #wake(queue: string): void {
    for (const wake of this.#waiting.get(queue) ?? []) wake();
  }
}
