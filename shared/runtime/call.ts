import { isAskedFor } from '#shared/domain/charger.ts';
import { toInstant } from '#shared/domain/time.ts';
import type { Action, Oddity, RequestOf, ResponseOf } from '#shared/ocpp/action.ts';
import { OcppError } from '#shared/ocpp/errors.ts';
import { callError, callResult, type Frame, parseFrame } from '#shared/ocpp/frame.ts';
import { withoutEmptyValues } from '#shared/ocpp/repair.ts';
import { judge } from '#shared/ocpp/violation.ts';
import { type App, lazily } from './app.ts';
import { type Caller, callerAsRead } from './caller.ts';

/** What a handler of an action works with. */
interface CallContext extends Pick<App, 'stores' | 'log' | 'durations'> {
  caller: Caller;
  /** When the call was received. */
  nowMs: number;
  /** The frame as it arrived. */
  frame: string;
}

/** The meaning of one action: pure of frames, validation, error codes, logging and AWS. */
export type ActionFunction<A extends Action = Action> = (
  request: RequestOf<A>,
  context: CallContext,
) => Promise<ResponseOf<A>>;

type Answer = Extract<Frame, { kind: 'result' | 'error' }>;

/** Gives an answer to the command of ours that it belongs to. */
export type TakeAnswer = (
  chargerId: string,
  frame: Answer,
) => Promise<{
  is: 'taken' | 'late' | 'unmatched';
  action?: string;
  violations: Oddity[];
  /** The frame without its secrets, where it might have any. */
  example?: string;
}>;

/** Finds the action that a CALL names; throws the OcppError that answers an unknown one. */
export type Dispatch = (action: string) => { action: Action; run: ActionFunction<Action> };

export interface Answered {
  /** The frame to send; undefined where nothing may be sent. */
  reply?: string;
  /** An action that there is, or 'unknown', 'ignored', 'answer' or 'unmatchedAnswer': few enough to count by. */
  action: string;
  /** Of an answer: the action of the command that it answers. */
  answers?: string;
  /** The answer to a command as it may be kept, where it can hold a secret. */
  shown?: string | undefined;
  /** What an unknown action was called. */
  named?: string;
  messageId?: string;
  refusal?: string;
}

/** Refused, they are kept raw: a charger discards what was refused, and its revenue with it (S 3.7.1). */
const KEPT_WHEN_REFUSED: readonly string[] = ['StartTransaction', 'StopTransaction', 'MeterValues'];

/** The names are the charger's to choose: not every one of a frame is counted on its own. */
const COUNTED_PER_FRAME = 5;

/** Answers one frame of a charger. Throws nothing: whatever is unexpected becomes InternalError. */
export async function answerFrame(
  app: App,
  caller: Caller | undefined,
  text: string,
  frame: Frame,
  dispatch: Dispatch,
  takeAnswer?: TakeAnswer,
): Promise<Answered> {
  if (frame.kind === 'ignored') {
    app.log.info('frame ignored', { chargerId: caller?.chargerId, reason: frame.reason });
    return { action: 'ignored' };
  }
  const { messageId } = frame;
  if (frame.kind === 'result' || frame.kind === 'error') return hear(app, caller, text, frame, takeAnswer);
  const name = frame.action ?? 'unreadable';
  const action = knownName(dispatch, name);
  const named = action === 'unknown' ? name : undefined;
  try {
    if (!caller) throw new OcppError('SecurityError', 'This connection was not let in');
    return { action, messageId, reply: callResult(messageId, await perform(app, caller, text, frame, dispatch)) };
  } catch (error) {
    const refusal = await refuse(app, caller, name, messageId, text, error);
    return { action, named, messageId, refusal: refusal.code, reply: callError(messageId, refusal) };
  }
}

/** An answer of the charger: where it belongs to a command of ours, it is taken; what it breaks is counted like that of a call. */
async function hear(
  app: App,
  caller: Caller | undefined,
  text: string,
  frame: Answer,
  takeAnswer: TakeAnswer | undefined,
): Promise<Answered> {
  const { messageId, kind } = frame;
  const about = { chargerId: caller?.chargerId, messageId: messageId.slice(0, 64), kind };
  const taken = caller && takeAnswer ? await takeAnswer(caller.chargerId, frame) : undefined;
  if (!caller || !taken || taken.is === 'unmatched') {
    app.log.info('answer to no command of ours', about);
    return { action: 'unmatchedAnswer', messageId };
  }
  if (taken.is === 'late') app.log.info('answer that nobody waited for any more', about);
  await countOddities(app, caller, `${taken.action}.conf`, taken.violations, taken.example ?? text, app.clock());
  return { action: 'answer', answers: taken.action, shown: taken.example, messageId };
}

/** Names are the charger's to choose; what is counted by must not be. */
function knownName(dispatch: Dispatch, name: string): string {
  try {
    return dispatch(name).action.name;
  } catch {
    return 'unknown';
  }
}

type Call = Extract<Frame, { kind: 'call' }>;
type Malformed = Extract<Frame, { kind: 'malformed' }>;

async function perform(
  app: App,
  caller: Caller,
  text: string,
  arrived: Call | Malformed,
  dispatch: Dispatch,
): Promise<unknown> {
  const current = lazily(() => asItIs(app, caller));
  const nowMs = app.clock();
  const flaws = arrived.kind === 'malformed' ? [{ field: 'frame', rule: arrived.reason }] : [];
  const frame = arrived.kind === 'malformed' ? await repaired(current, text, arrived) : arrived;
  if (frame.kind === 'malformed') {
    await countOddities(app, caller, knownName(dispatch, frame.action ?? ''), flaws, text, nowMs);
    throw new OcppError('FormationViolation', frame.reason);
  }
  const { action, run } = dispatch(frame.action);
  const { quirks, strictness } =
    action.name === 'BootNotification' ? caller : accepted(await current(), action.name, nowMs);
  const forgiven = quirks.includes('looseMeterValues') && action.name === 'MeterValues';
  const judgement = judge(action, frame.payload, forgiven ? 'tolerant' : strictness);
  const legal = judgement.ok ? (action.oddities?.(judgement.request, caller.connectors) ?? []) : [];
  const oddities = [...flaws, ...judgement.violations, ...legal];
  const counted = countOddities(app, caller, action.name, oddities, text, nowMs);
  if (!judgement.ok) {
    await counted;
    throw judgement.error;
  }
  const { stores, log, durations } = app;
  const context: CallContext = { stores, log, durations, caller, nowMs, frame: text };
  const [response] = await Promise.all([run(judgement.request, context), counted]);
  return action.response.parse(response);
}

/**
 * Accepted-ness is the charger's, not the connection's: where the context does not know of it, the charger is read, once per message, and
 * what was learnt of its make since it connected counts as well.
 */
async function asItIs(app: App, caller: Caller): Promise<Caller> {
  if (caller.acceptedAt !== undefined) return caller;
  const charger = await app.stores.chargers.findCharger(caller.chargerId);
  return charger ? callerAsRead(caller, charger) : caller;
}

function accepted(caller: Caller, action: string, nowMs: number): Caller {
  const { acceptedAt, asRead } = caller;
  if (acceptedAt !== undefined || (asRead && isAskedFor(asRead, action, nowMs))) return caller;
  throw new OcppError('SecurityError', 'BootNotification: this charger has not been accepted yet');
}

/** What is no JSON only for want of a value, as it was meant, where the charger's quirk says so. */
async function repaired(current: () => Promise<Caller>, text: string, frame: Malformed): Promise<Call | Malformed> {
  const whole = withoutEmptyValues(text);
  if (whole === undefined || !(await current()).quirks.includes('repairEmptyValues')) return frame;
  const read = parseFrame(whole);
  return read.kind === 'call' ? read : frame;
}

async function countOddities(
  app: App,
  caller: Caller,
  action: string,
  oddities: Oddity[],
  text: string,
  nowMs: number,
): Promise<void> {
  if (oddities.length === 0) return;
  const distinct = new Map(oddities.map((oddity) => [`${oddity.field} ${oddity.rule}`, oddity]));
  const at = toInstant(nowMs);
  const example = text.slice(0, 1000).toWellFormed();
  await Promise.all(
    [...distinct.values()]
      .slice(0, COUNTED_PER_FRAME)
      .map(({ field, rule }) =>
        app.stores.evidence.countViolation(caller.chargerId, { action, field, rule, at, example }),
      ),
  );
}

/** Turns an error into what the charger may know of it, and keeps what must not be lost. */
async function refuse(
  app: App,
  caller: Caller | undefined,
  action: string,
  messageId: string,
  text: string,
  error: unknown,
): Promise<OcppError> {
  const about = { chargerId: caller?.chargerId, messageId: messageId.slice(0, 64), action: action.slice(0, 64) };
  const unexpected = new OcppError('InternalError', 'The call could not be processed: try again');
  const refusal = error instanceof OcppError ? error : unexpected;
  if (refusal === unexpected) app.log.error('call failed', { ...about, error });
  else app.log.warn('call refused', { ...about, code: refusal.code, description: refusal.message });
  if (!caller || !KEPT_WHEN_REFUSED.includes(action)) return refusal;
  try {
    const note = `${refusal.code}: ${refusal.message}`;
    await app.stores.evidence.keep(caller.chargerId, {
      at: toInstant(app.clock()),
      kind: 'refused',
      action,
      note,
      content: text,
    });
    return refusal;
  } catch (failure) {
    app.log.error('refused call could not be kept', { ...about, error: failure });
    return unexpected;
  }
}
