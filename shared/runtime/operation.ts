import type { Charger } from '#shared/domain/charger.ts';
import type { Observed } from '#shared/domain/command.ts';
import type { CredentialKeeper } from '#shared/domain/credential.ts';
import type { Durations } from '#shared/domain/durations.ts';
import type { Timers } from '#shared/domain/send-commands.ts';
import type { Instant } from '#shared/domain/time.ts';
import type { Action, RequestOf, ResponseOf } from '#shared/ocpp/action.ts';
import type { Stores } from '#shared/store/stores.ts';
import type { FieldError } from './http-handler.ts';

/** What an operation may look at and change. */
export interface OperationContext {
  commandId: string;
  charger: Charger;
  stores: Stores;
  nowMs: number;
}

/** What whoever asks has confirmed. */
interface Confirmation {
  confirm?: 'all';
}

/** Of a command that the charger has answered. */
interface AnswerContext extends OperationContext {
  /** Commands of a charger are sent in the order of these. */
  commandId: string;
  timers: Timers;
}

/** A command whose effect is looked for: it has been sent. */
export interface Caused {
  charger: Charger;
  stores: Stores;
  sentAt: Instant;
  /** When the next command of its kind was sent: what was said since is about that one. */
  untilAt?: Instant | undefined;
  nowMs: number;
}

/** Something seen that the command may have caused; under `claim` it is the effect of one command only. */
export interface Sighting extends Observed {
  claim?: string;
}

/** An operation that the central system sends, beyond its contract: each part is absent where there is nothing to it. */
export interface Operation<A extends Action = Action> {
  readonly action: A;
  /** What stands against sending it to this charger now, by the fields of the payload. */
  refuse?(request: RequestOf<A>, context: OperationContext & Confirmation): Promise<FieldError[]>;
  /**
   * Puts into place what has to be there before the charger can have it, once nothing stands against it; answers what stands in the way. The same
   * request may be prepared again, for another command.
   */
  prepare?(request: RequestOf<A>, context: OperationContext & { credentials: CredentialKeeper }): Promise<FieldError[]>;
  /** Whether what was prepared is still there: without it, the command is not sent. */
  isPrepared?(request: RequestOf<A>, context: Pick<OperationContext, 'commandId' | 'charger'>): boolean;
  /** Takes back what was prepared for a command that is never sent. */
  takeBack?(
    request: RequestOf<A>,
    context: Pick<OperationContext, 'commandId' | 'stores'> & { chargerId: string },
  ): Promise<void>;
  /** Notes it before it is queued, where what is known of the charger depends on that; false where something came in between. */
  announce?(request: RequestOf<A>, context: OperationContext): Promise<boolean>;
  /** The request as it may be shown and kept, where it has secrets: it is sealed then. */
  withoutSecrets?(request: RequestOf<A>): RequestOf<A> | undefined;
  /** An answer as it may be shown and kept, lawful or not. */
  answerWithoutSecrets?(request: RequestOf<A>, answer: Record<string, unknown>): Record<string, unknown>;
  /** What the answer changes in what is known of the charger. May be told twice, and late. */
  answered?(request: RequestOf<A>, response: ResponseOf<A>, context: AnswerContext): Promise<void>;
  /** What an error in the place of an answer changes in what is known of the charger. May be told twice, and late. */
  refused?(request: RequestOf<A>, code: string, context: AnswerContext): Promise<void>;
  /** Until when its effect is looked for, in milliseconds since 1970; undefined where this answer has none to look for. */
  watchUntilMs?(
    request: RequestOf<A>,
    response: ResponseOf<A>,
    context: { nowMs: number; durations: Pick<Durations, 'effectMs'> },
  ): number | undefined;
  /** What the charger has said since that may be its effect, the likeliest first. */
  look?(request: RequestOf<A>, caused: Caused): Promise<Sighting[]>;
  /** What its effect, once it was seen, changes in what is known of the charger. May be told twice. */
  seen?(request: RequestOf<A>, observed: Observed, caused: Caused & { commandId: string }): Promise<void>;
}

export function defineOperation<A extends Action>(operation: Operation<A>): Operation<A> {
  return operation;
}

/** Every operation by its action's name. */
export type Operations = Readonly<Record<string, Operation>>;

export const isKnown = (operations: Operations, action: string): boolean => Object.hasOwn(operations, action);
