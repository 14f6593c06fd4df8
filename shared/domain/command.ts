import type { Charger, Connection } from './charger.ts';
import type { Paged } from './paging.ts';
import type { Instant } from './time.ts';

/**
 * queued: waits for its turn, or for the charger. sent: handed to the gateway, or about to be. answered: by a CALLRESULT or a CALLERROR. timedOut: sent,
 * and nothing came back: the charger may have obeyed. failed: never sent. expired: never sent, and no longer wanted.
 */
export const commandStates = ['queued', 'sent', 'answered', 'timedOut', 'failed', 'expired'] as const;

type CommandState = (typeof commandStates)[number];

export const commandReasons = [
  'offline',
  'gone',
  'noAnswer',
  'notSentInTime',
  'chargerUnknown',
  'chargerRejected',
  'chargerNotAccepted',
  'withdrawn',
  'unreadable',
  'unlawfulAnswer',
  'notObserved',
] as const;

export type CommandReason = (typeof commandReasons)[number];

/** What the charger answered: the payload of its CALLRESULT as it was, or its CALLERROR. */
export type CommandAnswer = Record<string, unknown> | { callError: { code: string; description: string } };

export interface Command {
  /** Also the id of its CALL: unique, 36 characters, in the order of creation. */
  commandId: string;
  chargerId: string;
  action: string;
  /** As it goes onto the wire, but for secrets, which are left out and stand in `sealed`. */
  payload: Record<string, unknown>;
  /** The payload with its secrets, encrypted, until the command has its outcome. */
  sealed?: string;
  state: CommandState;
  reason?: CommandReason;
  /** The subject of whoever asked for it, or the part of the system that did. */
  by: string;
  createdAt: Instant;
  /** It is not sent after that. */
  expiresAt: Instant;
  whenOffline: 'fail' | 'wait';
  sentAt?: Instant;
  /** Until then an answer is waited for. */
  dueAt?: Instant;
  answeredAt?: Instant;
  answer?: CommandAnswer;
  /** An answer that came when nobody waited for it any more. */
  lateAnswer?: { at: Instant; answer: CommandAnswer };
  /** What it caused, seen in what the charger said later. An answer is never taken for its effect. */
  observed?: Observed;
  /** Until then what it should cause is looked for. */
  watchedUntil?: Instant;
}

export interface Observed {
  at: Instant;
  /** `BootNotification`, `Unavailable`, the id of a session. */
  what: string;
}

/** The one CALL that a charger has not answered yet. */
export interface Outstanding {
  commandId: string;
  dueAt: Instant;
}

/** Under which key somebody asked for a command, and a digest of what was asked. */
export interface IdempotencyKey {
  key: string;
  digest: string;
}

export interface Outcome {
  state: Exclude<CommandState, 'queued' | 'sent'>;
  reason?: CommandReason;
  answer?: CommandAnswer;
  answeredAt?: Instant;
  watchedUntil?: Instant;
}

export interface CommandStore {
  /** Puts it at the end of the charger's queue. Where the key was used before, nothing changes: answers the command and the digest of then. */
  enqueue(
    command: Command,
    idempotencyKey?: IdempotencyKey,
  ): Promise<{ is: 'queued' } | { is: 'repeated'; commandId: string; digest: string }>;
  /** The command that was asked for under this key, and the digest of what was asked. */
  findRepeated(
    chargerId: string,
    key: string,
    now: Instant,
  ): Promise<{ commandId: string; digest: string } | undefined>;
  findCommand(chargerId: string, commandId: string): Promise<Command | undefined>;
  /** Newest first. */
  listCommands(chargerId: string, limit: number, after?: string): Promise<Paged<Command>>;
  /** What is outstanding, and the id of the command whose turn is next. */
  outlook(chargerId: string): Promise<{ outstanding?: Outstanding; nextId?: string }>;
  /** queued → sent, if nothing is outstanding; false when something is, or it is queued no more. */
  claim(chargerId: string, commandId: string, sent: { sentAt: Instant; dueAt: Instant }): Promise<boolean>;
  /** sent → queued, at the place it had: for what the gateway refused to deliver. False when it is not outstanding. */
  putBack(chargerId: string, commandId: string): Promise<boolean>;
  /** Gives it its outcome, and the next one its turn; false when it is in another state than `from`. Its secrets are erased. */
  end(chargerId: string, commandId: string, from: 'queued' | 'sent', outcome: Outcome): Promise<boolean>;
  /** Once: an answer to what is no longer outstanding. */
  noteLateAnswer(chargerId: string, commandId: string, late: NonNullable<Command['lateAnswer']>): Promise<void>;
  /**
   * Records what the command caused. Under `claim` one thing is the effect of one command: false when another has it, or this one has an effect already.
   */
  noteObserved(chargerId: string, commandId: string, observed: Observed, claim?: string): Promise<boolean>;
  /** Nothing was seen in time. */
  noteNotObserved(chargerId: string, commandId: string): Promise<void>;
}

/** Before its registration is accepted, a charger can be looked into and set up, and nothing else (OCPP-S 4.2). */
const BEFORE_ACCEPTANCE: readonly string[] = ['GetConfiguration', 'ChangeConfiguration', 'TriggerMessage'];

/** Why a command may not go to this charger at all; undefined when it may. */
export function barOf(charger: Charger | undefined, action: string): CommandReason | undefined {
  if (!charger) return 'chargerUnknown';
  if (charger.registration === 'rejected') return 'chargerRejected';
  const accepted = charger.registration === 'accepted' && charger.acceptedAt !== undefined;
  return accepted || BEFORE_ACCEPTANCE.includes(action) ? undefined : 'chargerNotAccepted';
}

/**
 * From when on a connected charger can be spoken to: some fall into a boot loop when a command comes between the connection and the end of
 * the boot exchange. One that has not booted on this connection may only have reconnected: it is given `graceMs`.
 */
export function speakableFromMs({ boot }: Charger, { connectedAt }: Connection, graceMs: number): number {
  const connectedMs = Date.parse(connectedAt ?? '') || 0;
  const bootMs = Date.parse(boot?.at ?? '') || 0;
  // The boot is kept before it is answered: a moment for the answer.
  return bootMs >= connectedMs ? Math.min(bootMs + AFTER_BOOT_MS, connectedMs + graceMs) : connectedMs + graceMs;
}

const AFTER_BOOT_MS = 1000;

export const isOver = ({ state }: Command): boolean => state !== 'queued' && state !== 'sent';
