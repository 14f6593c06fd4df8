import type { Command, CommandAnswer, CommandStore, Outcome } from '#shared/domain/command.ts';
import { expired, failOffline, type Sending, sendNext, type TimerCall } from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import type { Frame } from '#shared/ocpp/frame.ts';
import { judgeAnswer, type Violation } from '#shared/ocpp/violation.ts';
import type { CommandApp } from './command-app.ts';
import { isKnown, type Operation, type Operations } from './operation.ts';
import type { TimedApp } from './timed-app.ts';
import { hasTimeline, nextSentAt } from './timeline.ts';

export function sendingOf(app: CommandApp, operations: Operations): Sending {
  const { stores, sealing } = app;
  const operationOf = ({ action }: Command) => (isKnown(operations, action) ? operations[action] : undefined);
  return {
    ...app,
    isPrepared(command, charger) {
      const { commandId, payload } = command;
      return operationOf(command)?.isPrepared?.(payload as never, { commandId, charger }) ?? true;
    },
    async takeBack(command) {
      const { chargerId, commandId, payload } = command;
      await operationOf(command)?.takeBack?.(payload as never, { chargerId, commandId, stores });
    },
    unseal: (sealed) => sealing.unseal(sealed),
  };
}

type Answer = Extract<Frame, { kind: 'result' | 'error' }>;

/** 'unmatched': no command of this charger has that id. */
export type Taken = 'taken' | 'late' | 'unmatched';

/**
 * Takes a charger's answer to one of our CALLs. What it changes is changed before the command ends, so that an answer that is taken in part is taken
 * again when it comes again; a late one changes what is known too, for the charger has done it, but not the command's outcome.
 */
export async function takeAnswer(
  app: TimedApp,
  operations: Operations,
  chargerId: string,
  frame: Answer,
): Promise<{ is: Taken; action?: string; violations: Violation[]; example?: string }> {
  const { commands, chargers } = app.stores;
  const command = await commands.findCommand(chargerId, frame.messageId);
  if (!command || !isKnown(operations, command.action)) return { is: 'unmatched', violations: [] };
  const operation = operations[command.action] as Operation;
  const { commandId } = command;
  const nowMs = app.clock();
  const at = toInstant(nowMs);
  const { answer, response, ...seen } = read(operation, command, frame);
  const request = command.payload as never;
  const { stores, timers } = app;
  const isToldOf = frame.kind === 'error' ? operation.refused : response !== undefined && operation.answered;
  const charger = isToldOf ? await chargers.findCharger(chargerId) : undefined;
  const context = charger && { commandId, charger, stores, nowMs, timers };
  if (context && frame.kind === 'error') await operation.refused?.(request, frame.code, context);
  if (response !== undefined) {
    if (context) await operation.answered?.(request, response as never, context);
    const untilMs = operation.watchUntilMs?.(request, response as never, { nowMs, durations: app.durations });
    const watchedUntil = untilMs === undefined ? undefined : toInstant(untilMs);
    return { is: await end({ answer, answeredAt: at, watchedUntil }), action: command.action, ...seen };
  }
  const reason = frame.kind === 'result' ? ('unlawfulAnswer' as const) : undefined;
  return { is: await end({ answer, answeredAt: at, reason }), action: command.action, ...seen };

  async function end(outcome: Omit<Outcome, 'state'>): Promise<Taken> {
    if (outcome.watchedUntil !== undefined) await app.timers.after(FIRST_LOOK_MS, { chargerId, commandId, looks: 0 });
    const ended = await commands.end(chargerId, commandId, 'sent', { state: 'answered', ...outcome });
    if (!ended) {
      await commands.noteLateAnswer(chargerId, commandId, { at, answer });
      return 'late';
    }
    await callNext(app, commands, chargerId);
    return 'taken';
  }
}

/** The place is free: whoever waits for it is not to wait for a timer. */
async function callNext({ timers }: TimedApp, commands: CommandStore, chargerId: string): Promise<void> {
  const { nextId } = await commands.outlook(chargerId);
  if (nextId !== undefined) await timers.after(0, { chargerId });
}

/** What is kept of a frame that could be of any size. */
const KEPT_DESCRIPTION = 255;

function read(
  { action, withoutSecrets, answerWithoutSecrets }: Operation,
  { payload }: Command,
  frame: Answer,
): { answer: CommandAnswer; response?: unknown; violations: Violation[]; example?: string } {
  if (frame.kind === 'error') {
    const hides = withoutSecrets?.(payload as never) !== undefined;
    const code = frame.code.slice(0, KEPT_DESCRIPTION);
    // It may repeat what the charger does not like.
    const description = hides ? '' : frame.description.slice(0, KEPT_DESCRIPTION);
    return {
      answer: { callError: { code, description } },
      violations: [],
      ...(hides && { example: JSON.stringify([4, frame.messageId, code, description, {}]) }),
    };
  }
  const judged = judgeAnswer(action, frame.payload);
  const raw = typeof frame.payload === 'object' && frame.payload !== null ? { ...frame.payload } : {};
  const told = judged.ok ? (judged.response as CommandAnswer) : raw;
  const shown = (answer: CommandAnswer) => answerWithoutSecrets?.(payload as never, answer) ?? answer;
  return {
    answer: shown(told),
    violations: judged.violations,
    ...(judged.ok && { response: judged.response }),
    ...(answerWithoutSecrets && { example: JSON.stringify([3, frame.messageId, shown(raw)]) }),
  };
}

const FIRST_LOOK_MS = 1000;

/** How long until the next look for an effect: soon at first, then in ever longer turns. */
export const lookAgainMs = (looks: number): number => Math.min(900_000, 2000 * 2 ** looks);

/** What is due when a timer calls: an effect to look for, a command that expires, or the next one to send. May be called twice. */
export async function onTimer(app: CommandApp, operations: Operations, call: TimerCall): Promise<void> {
  const { chargerId, commandId, looks } = call;
  const sending = sendingOf(app, operations);
  if (commandId === undefined) return sendNext(sending, chargerId);
  const command = await app.stores.commands.findCommand(chargerId, commandId);
  if (!command) return;
  if (looks !== undefined) return look(app, operations, command, looks);
  if (command.state !== 'queued' || (await expired(sending, command))) return;
  await failOffline(sending, command);
  await sendNext(sending, chargerId);
  await app.timers.after(Date.parse(command.expiresAt) - app.clock(), call);
}

async function look(app: CommandApp, operations: Operations, command: Command, looks: number): Promise<void> {
  const { chargerId, commandId, action, payload, sentAt, watchedUntil } = command;
  const { commands, chargers } = app.stores;
  // The timer is set before the answer is recorded.
  const answerIsBeingTaken = command.state === 'sent';
  if (!answerIsBeingTaken) {
    if (sentAt === undefined || !isKnown(operations, action)) return;
    const operation = operations[action];
    const charger = await chargers.findCharger(chargerId);
    if (!charger) return commands.noteNotObserved(chargerId, commandId);
    const untilAt = hasTimeline(command) ? await nextSentAt(app.stores, command) : undefined;
    const caused = { charger, stores: app.stores, sentAt, commandId, untilAt, nowMs: app.clock() };
    // What follows from it may have failed after it was noted.
    if (command.observed) return operation?.seen?.(payload as never, command.observed, caused);
    if (watchedUntil === undefined) return;
    for (const { at, what, claim } of (await operation?.look?.(payload as never, caused)) ?? []) {
      if (await commands.noteObserved(chargerId, commandId, { at, what }, claim)) {
        return operation?.seen?.(payload as never, { at, what }, caused);
      }
    }
    if (Date.parse(watchedUntil) <= app.clock()) return commands.noteNotObserved(chargerId, commandId);
  }
  await app.timers.after(lookAgainMs(looks), { chargerId, commandId, looks: looks + 1 });
}
