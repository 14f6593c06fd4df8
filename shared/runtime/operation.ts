import type { Charger } from '#shared/domain/charger.ts';
import type { Observed } from '#shared/domain/command.ts';
import type { Durations } from '#shared/domain/durations.ts';
import type { Instant } from '#shared/domain/time.ts';
import type { Action, RequestOf, ResponseOf } from '#shared/ocpp/action.ts';
import type { Stores } from '#shared/store/stores.ts';
import type { FieldError } from './http-handler.ts';

/** What an operation may look at and change. */
interface OperationContext {
  charger: Charger;
  stores: Stores;
  nowMs: number;
}

/** A command whose effect is looked for: it has been sent. */
export interface Caused {
  charger: Charger;
  stores: Stores;
  sentAt: Instant;
}

/** Something seen that the command may have caused; under `claim` it is the effect of one command only. */
export interface Sighting extends Observed {
  claim?: string;
}

/** An operation that the central system sends, beyond its contract: each part is absent where there is nothing to it. */
export interface Operation<A extends Action = Action> {
  readonly action: A;
  /** What stands against sending it to this charger now, by the fields of the payload. */
  refuse?(request: RequestOf<A>, context: OperationContext): Promise<FieldError[]>;
  /** The request as it may be shown and kept, where it has secrets: it is sealed then. */
  withoutSecrets?(request: RequestOf<A>): RequestOf<A> | undefined;
  /** What the answer changes in what is known of the charger. May be told twice, and late. */
  answered?(request: RequestOf<A>, response: ResponseOf<A>, context: OperationContext): Promise<void>;
  /** Until when its effect is looked for, in milliseconds since 1970; undefined where this answer has none to look for. */
  watchUntilMs?(
    request: RequestOf<A>,
    response: ResponseOf<A>,
    context: { nowMs: number; durations: Pick<Durations, 'effectMs'> },
  ): number | undefined;
  /** What the charger has said since that may be its effect, the likeliest first. */
  look?(request: RequestOf<A>, caused: Caused): Promise<Sighting[]>;
}

export function defineOperation<A extends Action>(operation: Operation<A>): Operation<A> {
  return operation;
}

/** Every operation by its action's name. */
export type Operations = Readonly<Record<string, Operation>>;

export const isKnown = (operations: Operations, action: string): boolean => Object.hasOwn(operations, action);
