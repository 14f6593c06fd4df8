import { describe, expect, test } from 'vitest';
import type { Command } from '#shared/domain/command.ts';
import { InvalidCursor } from '#shared/domain/paging.ts';
import { command } from '#test/support/commands.ts';
import { eachKind, forgedCursors } from '#test/support/each-kind.ts';
import { anew, atSecond } from '#test/support/examples.ts';

const sent = { sentAt: atSecond(1), dueAt: atSecond(61) };
const answered = { state: 'answered', answer: { status: 'Accepted' }, answeredAt: atSecond(2) } as const;

describe.each(eachKind)('commands $kind', ({ stores: { commands } }) => {
  async function queued(chargerId: string, changes: Partial<Command> = {}): Promise<Command> {
    const it = command(chargerId, changes);
    await commands.enqueue(it);
    return it;
  }

  async function outstanding(chargerId: string): Promise<Command> {
    const it = await queued(chargerId);
    await commands.claim(chargerId, it.commandId, sent);
    return it;
  }

  describe('the queue of a charger', () => {
    test('has turns in the order of asking, whatever the case of the identity', async () => {
      const chargerId = anew('Cp');
      const first = await queued(chargerId);
      await queued(chargerId);

      expect(await commands.findCommand(chargerId.toUpperCase(), first.commandId)).toEqual(first);
      expect(await commands.outlook(chargerId.toLowerCase())).toEqual({ nextId: first.commandId });
      expect(await commands.outlook(anew('CP'))).toEqual({});
    });

    test('gives the one place to one command, and says until when', async () => {
      const chargerId = anew('CP');
      const [first, second] = [await queued(chargerId), await queued(chargerId)];

      expect(await commands.claim(chargerId, first.commandId, sent)).toBe(true);
      expect(await commands.claim(chargerId, second.commandId, sent)).toBe(false);
      expect(await commands.claim(chargerId, first.commandId, sent)).toBe(false);

      expect(await commands.outlook(chargerId)).toEqual({
        outstanding: { commandId: first.commandId, dueAt: sent.dueAt },
        nextId: second.commandId,
      });
      expect(await commands.findCommand(chargerId, first.commandId)).toEqual({ ...first, ...sent, state: 'sent' });
    });

    test('lets one of two that claim at once through', async () => {
      const chargerId = anew('CP');
      const it = await queued(chargerId);

      const claims = await Promise.all([1, 2, 3].map(() => commands.claim(chargerId, it.commandId, sent)));

      expect(claims.filter(Boolean)).toHaveLength(1);
    });

    test('takes back what was not delivered, at the place it had', async () => {
      const chargerId = anew('CP');
      const first = await outstanding(chargerId);
      await queued(chargerId);

      expect(await commands.putBack(chargerId, first.commandId)).toBe(true);
      expect(await commands.putBack(chargerId, first.commandId)).toBe(false);

      expect(await commands.outlook(chargerId)).toEqual({ nextId: first.commandId });
      expect(await commands.findCommand(chargerId, first.commandId)).toEqual(first);
    });
  });

  describe('an outcome', () => {
    test('frees the place, once, and erases what was sealed', async () => {
      const chargerId = anew('CP');
      const it = await queued(chargerId, { sealed: 'c2VjcmV0' });
      await commands.claim(chargerId, it.commandId, sent);

      expect(await commands.end(chargerId, it.commandId, 'sent', answered)).toBe(true);
      expect(await commands.end(chargerId, it.commandId, 'sent', { state: 'timedOut' })).toBe(false);

      expect(await commands.outlook(chargerId)).toEqual({});
      const { sealed, ...rest } = it;
      expect(await commands.findCommand(chargerId, it.commandId)).toEqual({ ...rest, ...sent, ...answered });
    });

    test('of a queued command takes it out of the queue; it is sent no more', async () => {
      const chargerId = anew('CP');
      const it = await queued(chargerId);

      expect(await commands.end(chargerId, it.commandId, 'sent', { state: 'timedOut' })).toBe(false);
      expect(await commands.end(chargerId, it.commandId, 'queued', { state: 'expired', reason: 'notSentInTime' })).toBe(
        true,
      );

      expect(await commands.claim(chargerId, it.commandId, sent)).toBe(false);
      expect(await commands.outlook(chargerId)).toEqual({});
      expect(await commands.findCommand(chargerId, it.commandId)).toMatchObject({ state: 'expired' });
    });

    test('that comes late stands beside, and the first one that does', async () => {
      const chargerId = anew('CP');
      const it = await outstanding(chargerId);
      await commands.end(chargerId, it.commandId, 'sent', { state: 'timedOut', reason: 'noAnswer' });
      const late = { at: atSecond(90), answer: { status: 'Accepted' } };

      await commands.noteLateAnswer(chargerId, it.commandId, late);
      await commands.noteLateAnswer(chargerId, it.commandId, { ...late, at: atSecond(91) });

      expect(await commands.findCommand(chargerId, it.commandId)).toMatchObject({
        state: 'timedOut',
        lateAnswer: late,
      });
    });

    test('is kept as the answer that it was, and no later one beside it', async () => {
      const chargerId = anew('CP');
      const it = await outstanding(chargerId);
      await commands.end(chargerId, it.commandId, 'sent', answered);

      await commands.noteLateAnswer(chargerId, it.commandId, { at: atSecond(90), answer: { status: 'Rejected' } });

      const kept = await commands.findCommand(chargerId, it.commandId);
      expect(kept?.answer).toEqual({ status: 'Accepted' });
      expect(kept?.lateAnswer).toBeUndefined();
    });
  });

  describe('what a command caused', () => {
    const watched = { ...answered, watchedUntil: atSecond(600) };

    test('is noted once, and ends the watch', async () => {
      const chargerId = anew('CP');
      const it = await outstanding(chargerId);
      await commands.end(chargerId, it.commandId, 'sent', watched);
      const observed = { at: atSecond(20), what: 'BootNotification' };

      expect(await commands.noteObserved(chargerId, it.commandId, observed)).toBe(true);
      expect(await commands.noteObserved(chargerId, it.commandId, { ...observed, at: atSecond(30) })).toBe(false);

      const kept = await commands.findCommand(chargerId, it.commandId);
      expect(kept?.observed).toEqual(observed);
      expect(kept?.watchedUntil).toBeUndefined();
    });

    test('is the effect of one command only', async () => {
      const chargerId = anew('CP');
      const ended = async () => {
        const it = await outstanding(chargerId);
        await commands.end(chargerId, it.commandId, 'sent', watched);
        return it;
      };
      const [first, second] = [await ended(), await ended()];
      const observed = { at: atSecond(20), what: 'session' };

      expect(await commands.noteObserved(chargerId, first.commandId, observed, 'session 1')).toBe(true);
      expect(await commands.noteObserved(chargerId, second.commandId, observed, 'session 1')).toBe(false);
      expect(await commands.noteObserved(chargerId, second.commandId, observed, 'session 2')).toBe(true);
    });

    test('may be missing at the end', async () => {
      const chargerId = anew('CP');
      const it = await outstanding(chargerId);
      await commands.end(chargerId, it.commandId, 'sent', watched);

      await commands.noteNotObserved(chargerId, it.commandId);

      const kept = await commands.findCommand(chargerId, it.commandId);
      expect(kept).toMatchObject({ state: 'answered', reason: 'notObserved' });
      expect(kept?.watchedUntil).toBeUndefined();
    });
  });

  describe('a request that is repeated', () => {
    test('finds the command of the first, with what was asked then, and queues nothing', async () => {
      const chargerId = anew('CP');
      const [first, second] = [command(chargerId), command(chargerId)];

      await commands.enqueue(first, { key: 'once', digest: 'a' });
      const again = await commands.enqueue(second, { key: 'once', digest: 'b' });

      expect(again).toEqual({ is: 'repeated', commandId: first.commandId, digest: 'a' });
      expect(await commands.findRepeated(chargerId, 'once', atSecond(1))).toEqual({
        commandId: first.commandId,
        digest: 'a',
      });
      expect(await commands.findRepeated(chargerId, 'twice', atSecond(1))).toBeUndefined();
      expect(await commands.findRepeated(chargerId, 'once', atSecond(24 * 3600 + 1))).toBeUndefined();
      expect(await commands.findCommand(chargerId, second.commandId)).toBeUndefined();
      expect((await commands.listCommands(chargerId, 10)).items).toEqual([first]);
    });

    test('is a new one for another charger, with another key, or after a day', async () => {
      const chargerId = anew('CP');
      const day = 24 * 3600;
      await commands.enqueue(command(chargerId), { key: 'once', digest: 'a' });

      const outcomes = await Promise.all([
        commands.enqueue(command(anew('CP')), { key: 'once', digest: 'a' }),
        commands.enqueue(command(chargerId), { key: 'twice', digest: 'a' }),
        commands.enqueue(command(chargerId, { createdAt: atSecond(day + 1) }), { key: 'once', digest: 'a' }),
      ]);

      expect(outcomes.map(({ is }) => is)).toEqual(['queued', 'queued', 'queued']);
    });
  });

  describe('the history of a charger', () => {
    test('comes newest first, page by page', async () => {
      const chargerId = anew('CP');
      const all = [await queued(chargerId), await queued(chargerId), await queued(chargerId)];

      const first = await commands.listCommands(chargerId, 2);
      const second = await commands.listCommands(chargerId, 2, first.next);

      expect([...first.items, ...second.items]).toEqual(all.reverse());
      expect(second.next).toBeUndefined();
      expect(await commands.listCommands(anew('CP'), 2)).toEqual({ items: [], next: undefined });
    });

    test.each(forgedCursors)('has no page at a forged cursor: %s', async (_, cursor) => {
      await expect(commands.listCommands(anew('CP'), 2, cursor)).rejects.toThrow(InvalidCursor);
    });
  });
});
