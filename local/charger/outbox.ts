import type { Changes } from './changes.ts';
import type { Time } from './clock.ts';
import { LinkLost, NoAnswer, Refused } from './link.ts';
import { StartTransaction, type TagStatus, type TransactionMessage } from './messages.ts';

/** How a message left the queue. `idTag` is the status in a start's answer. */
export type Delivery = { delivered: true; idTag?: TagStatus } | { delivered: false; reason: string };

interface OutboxPolicy {
  /** TransactionMessageAttempts: how often a message is sent that the central system refuses. */
  attempts: number;
  /** TransactionMessageRetryInterval: the wait after the first refusal; twice as long after the second, and so on. */
  retryIntervalMs: number;
  startsSent: number;
  losesStops: boolean;
}

export interface OutboxDeps {
  time: Time;
  changes: Changes;
  /** May messages go out? Its changes are announced through `changes`. */
  isOnline(): boolean;
  policy(): OutboxPolicy;
  /** Throws LinkLost, NoAnswer or Refused. */
  send(action: TransactionMessage['action'], payload: object): Promise<unknown>;
  note(text: string): void;
}

interface Entry {
  message: TransactionMessage;
  refusals: number;
  answers: number;
  settle(delivery: Delivery): void;
}

/**
 * The queue for transaction-related messages (OCPP 1.6, 3.7.1): in the order in which they happened, one at a time, with the time at which they
 * happened. A lost link costs no attempt; a refusal does, and the last one discards the message; a missing answer is asked for again.
 */
export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #entries: Entry[] = [];
  /** The central system's transaction ids by our local ones. */
  readonly #transactionIds = new Map<string, number>();
  readonly #stopped = new AbortController();
  #isPumping = false;
  #delivered = 0;
  readonly #problems: string[] = [];

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#entries.length;
  }

  get delivered(): number {
    return this.#delivered;
  }

  get problems(): readonly string[] {
    return this.#problems;
  }

  transactionId(localId: string): number | undefined {
    return this.#transactionIds.get(localId);
  }

  localId(transactionId: number): string | undefined {
    return [...this.#transactionIds].find(([, known]) => known === transactionId)?.[0];
  }

  async push(message: TransactionMessage): Promise<Delivery> {
    if (message.action === 'StopTransaction' && this.#deps.policy().losesStops) {
      return { delivered: false, reason: 'it was lost' };
    }
    return new Promise((settle) => {
      if (this.#stopped.signal.aborted) settle({ delivered: false, reason: 'the charger has given up' });
      this.#entries.push({ message, refusals: 0, answers: 0, settle });
      void this.#pump();
    });
  }

  /** Sends nothing more; what is left stays undelivered. */
  abandon(reason: string): void {
    this.#stopped.abort();
    for (const { settle } of this.#entries) settle({ delivered: false, reason });
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    for (let entry = this.#entries[0]; entry; entry = this.#entries[0]) {
      if (!(await this.#deps.changes.until(() => this.#deps.isOnline(), this.#stopped.signal))) break;
      if (this.#stopped.signal.aborted) break;
      const delivery = await this.#attempt(entry);
      if (!delivery) continue;
      this.#entries.shift();
      if (delivery.delivered) this.#delivered += 1;
      else this.#problems.push(`${entry.message.action} was discarded: ${delivery.reason}`);
      entry.settle(delivery);
      this.#deps.changes.notify();
    }
    this.#isPumping = false;
  }

  /** Undefined: the message stays at the head of the queue. */
  async #attempt(entry: Entry): Promise<Delivery | undefined> {
    const { message } = entry;
    const policy = this.#deps.policy();
    try {
      const answer = await this.#deps.send(message.action, this.#payload(message));
      entry.answers += 1;
      if (message.action !== 'StartTransaction') return { delivered: true };
      const { transactionId, idTagInfo } = StartTransaction.answer.parse(answer);
      this.#learn(message.localId, transactionId);
      return entry.answers < policy.startsSent ? undefined : { delivered: true, idTag: idTagInfo.status };
    } catch (error) {
      if (error instanceof LinkLost) return undefined;
      if (error instanceof NoAnswer) {
        await this.#retryAfter(policy.retryIntervalMs, message, error);
        return undefined;
      }
      if (!(error instanceof Refused)) throw error;
      entry.refusals += 1;
      if (entry.refusals >= policy.attempts) return { delivered: false, reason: error.message };
      await this.#retryAfter(policy.retryIntervalMs * entry.refusals, message, error);
      return undefined;
    }
  }

  async #retryAfter(ms: number, { action }: TransactionMessage, error: Error): Promise<void> {
    this.#deps.note(`${action}: ${error.message}; again in ${(ms / 1000).toFixed(0)} s`);
    await this.#deps.time.wait(ms, this.#stopped.signal);
  }

  #learn(localId: string, transactionId: number): void {
    const known = this.#transactionIds.get(localId);
    if (known === undefined) this.#transactionIds.set(localId, transactionId);
    else if (known !== transactionId) {
      this.#problems.push(
        `The same StartTransaction was answered with transaction ${known}, then with ${transactionId}.`,
      );
    }
  }

  /** The transaction's id is known only when its messages go out. Without one, samples carry none and a stop carries -1 (errata 3.18). */
  #payload({ action, localId, payload }: TransactionMessage): object {
    const transactionId = this.#transactionIds.get(localId);
    if (action === 'MeterValues' && transactionId !== undefined) return { ...payload, transactionId };
    if (action === 'StopTransaction') return { ...payload, transactionId: transactionId ?? -1 };
    return payload;
  }
}
