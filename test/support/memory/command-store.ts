import { canonicalId } from '#shared/domain/charger.ts';
import type { Command, CommandStore, IdempotencyKey, Outstanding } from '#shared/domain/command.ts';
import { InvalidCursor } from '#shared/domain/paging.ts';
import { pageOfRows, Rows } from './rows.ts';

export function memoryCommandStore(): CommandStore {
  const commands = new Rows<Command>();
  const queue = new Rows<true>();
  const outstanding = new Rows<Outstanding>();
  const keys = new Rows<IdempotencyKey & { commandId: string; until: number }>();
  const effects = new Rows<string>();
  const of = (chargerId: string, id: string) => `${canonicalId(chargerId)}/${id}`;

  /** Changes the command if it is in that state; false when it is not. */
  function change(chargerId: string, commandId: string, state: Command['state'], make: (it: Command) => Command) {
    const it = commands.get(of(chargerId, commandId));
    if (it?.state !== state) return false;
    commands.set(of(chargerId, commandId), make(it));
    return true;
  }

  return {
    async enqueue(command, idempotencyKey) {
      const { chargerId, commandId, createdAt } = command;
      if (idempotencyKey) {
        const before = keys.get(of(chargerId, idempotencyKey.key));
        if (before && before.until >= Date.parse(createdAt)) {
          return { is: 'repeated', commandId: before.commandId, digest: before.digest };
        }
        const until = Date.parse(createdAt) + 24 * 3600_000;
        keys.set(of(chargerId, idempotencyKey.key), { ...idempotencyKey, commandId, until });
      }
      commands.set(of(chargerId, commandId), command);
      queue.set(of(chargerId, commandId), true);
      return { is: 'queued' };
    },

    async findRepeated(chargerId, key, now) {
      const found = keys.get(of(chargerId, key));
      return found && found.until >= Date.parse(now) ? { commandId: found.commandId, digest: found.digest } : undefined;
    },

    async findCommand(chargerId, commandId) {
      return commands.get(of(chargerId, commandId));
    },

    async listCommands(chargerId, limit, after) {
      if (after !== undefined && after.length > 1024) throw new InvalidCursor();
      return pageOfRows(commands.startingWith(of(chargerId, '')).reverse(), 'descending', limit, after);
    },

    async outlook(chargerId) {
      const current = outstanding.get(canonicalId(chargerId));
      const [first] = queue.startingWith(of(chargerId, ''));
      const nextId = first?.[0].slice(of(chargerId, '').length);
      return { ...(current && { outstanding: current }), ...(nextId !== undefined && { nextId }) };
    },

    async claim(chargerId, commandId, { sentAt, dueAt }) {
      if (outstanding.has(canonicalId(chargerId))) return false;
      const claimed = change(chargerId, commandId, 'queued', (it) => ({ ...it, state: 'sent', sentAt, dueAt }));
      if (!claimed) return false;
      outstanding.set(canonicalId(chargerId), { commandId, dueAt });
      queue.delete(of(chargerId, commandId));
      return true;
    },

    async putBack(chargerId, commandId) {
      if (outstanding.get(canonicalId(chargerId))?.commandId !== commandId) return false;
      outstanding.delete(canonicalId(chargerId));
      queue.set(of(chargerId, commandId), true);
      return change(chargerId, commandId, 'sent', ({ sentAt, dueAt, ...it }) => ({ ...it, state: 'queued' }));
    },

    async end(chargerId, commandId, from, outcome) {
      const ended = change(chargerId, commandId, from, ({ sealed, ...it }) => ({ ...it, ...outcome }));
      if (!ended) return false;
      queue.delete(of(chargerId, commandId));
      if (outstanding.get(canonicalId(chargerId))?.commandId === commandId) outstanding.delete(canonicalId(chargerId));
      return true;
    },

    async noteLateAnswer(chargerId, commandId, lateAnswer) {
      const it = commands.get(of(chargerId, commandId));
      if (!it || it.answer || it.lateAnswer) return;
      commands.set(of(chargerId, commandId), { ...it, lateAnswer });
    },

    async noteObserved(chargerId, commandId, observed, claim) {
      const it = commands.get(of(chargerId, commandId));
      if (!it || it.observed || (claim !== undefined && effects.has(of(chargerId, claim)))) return false;
      if (claim !== undefined) effects.set(of(chargerId, claim), commandId);
      const { watchedUntil, ...rest } = it;
      commands.set(of(chargerId, commandId), { ...rest, observed });
      return true;
    },

    async noteNotObserved(chargerId, commandId) {
      const it = commands.get(of(chargerId, commandId));
      if (it?.watchedUntil === undefined) return;
      const { watchedUntil, ...rest } = it;
      commands.set(of(chargerId, commandId), { ...rest, reason: 'notObserved' });
    },
  };
}
