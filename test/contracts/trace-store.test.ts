import { describe, expect, test } from 'vitest';
import { InvalidCursor } from '#shared/domain/paging.ts';
import { TRACED_AT_ONCE, type TraceEntry, type TraceRange } from '#shared/domain/trace.ts';
import { eachKind, forgedCursors } from '#test/support/each-kind.ts';
import { anew, atSecond } from '#test/support/examples.ts';

const entry = (second: number, changes: Partial<TraceEntry> = {}): TraceEntry => ({
  at: atSecond(second),
  direction: 'in',
  text: `[2,"${second}","Heartbeat",{}]`,
  action: 'Heartbeat',
  connectionId: 'c1',
  ...changes,
});

const gone = atSecond(86_400);
const newest = { from: atSecond(-10), order: 'newestFirst' } as const;

describe.each(eachKind)('traces $kind', ({ stores: { traces } }) => {
  async function kept(chargerId: string, entries: TraceEntry[]): Promise<void> {
    for (const [index, one] of entries.entries()) await traces.keepEntry(chargerId, one, `00${index}#x`, gone);
  }

  const read = async (chargerId: string, range: TraceRange, limit = 10) =>
    (await traces.readEntries(chargerId, range, limit)).map(({ entry }) => entry);

  describe('the list of who is traced', () => {
    test('has each charger once, in capitals, with its latest end, until it is ended', async () => {
      const [first, second] = [anew('Cp'), anew('Cp')];

      await traces.startTrace(first, atSecond(3600), atSecond(0));
      await traces.startTrace(second, atSecond(3600), atSecond(0));
      await traces.startTrace(first.toUpperCase(), atSecond(60), atSecond(0));
      await traces.endTrace(second.toLowerCase(), atSecond(1));
      await traces.endTrace(anew('CP'), atSecond(1));

      expect(await traces.traced()).toEqual([{ chargerId: first.toUpperCase(), until: atSecond(60) }]);
      await traces.endTrace(first, atSecond(1));
      expect(await traces.traced()).toEqual([]);
    });

    test('takes so many at once, whoever asks at the same time; those that have ended make room', async () => {
      const ids = Array.from({ length: TRACED_AT_ONCE - 3 }, () => anew('CP'));
      for (const id of ids) await traces.startTrace(id, atSecond(60), atSecond(0));

      const started = await Promise.all(
        [1, 2, 3, 4].map(() => traces.startTrace(anew('CP'), atSecond(60), atSecond(0))),
      );

      expect(started.filter(Boolean)).toHaveLength(3);
      expect(await traces.traced()).toHaveLength(TRACED_AT_ONCE);
      expect(await traces.startTrace(ids[0] ?? '', atSecond(90), atSecond(1))).toBe(true);
      expect(await traces.startTrace(anew('CP'), atSecond(120), atSecond(60))).toBe(true);
      expect(await traces.traced()).toHaveLength(2);
      for (const { chargerId } of await traces.traced()) await traces.endTrace(chargerId, atSecond(200));
    });
  });

  describe('entries', () => {
    test('are read newest or oldest first, whatever the case of the identity, as they were kept', async () => {
      const chargerId = anew('Cp');
      const all = [
        entry(1),
        entry(1, { direction: 'out', text: '[3,"1",{}]', ms: 12 }),
        entry(2, { direction: 'disconnected', text: '', action: undefined }),
      ];
      await kept(chargerId, all);

      const oldest = await read(chargerId.toLowerCase(), { ...newest, order: 'oldestFirst' });

      expect(oldest).toEqual(JSON.parse(JSON.stringify(all)));
      expect(await read(chargerId.toUpperCase(), newest)).toEqual(oldest.toReversed());
      expect(await read(anew('CP'), newest)).toEqual([]);
    });

    test('are read from one moment on and before another', async () => {
      const chargerId = anew('CP');
      await kept(
        chargerId,
        [1, 2, 3, 4].map((second) => entry(second)),
      );
      const seconds = async (range: TraceRange) => (await read(chargerId, range)).map(({ at }) => at);

      expect(await seconds({ from: atSecond(2), to: atSecond(4), order: 'oldestFirst' })).toEqual([
        atSecond(2),
        atSecond(3),
      ]);
      expect(await seconds({ from: atSecond(3), order: 'newestFirst' })).toEqual([atSecond(4), atSecond(3)]);
      expect(await seconds({ from: atSecond(4), to: atSecond(2), order: 'newestFirst' })).toEqual([]);
    });

    test.each(['newestFirst', 'oldestFirst'] as const)('go on after any of them: %s', async (order) => {
      const chargerId = anew('CP');
      await kept(
        chargerId,
        [1, 1, 2, 3, 3].map((second) => entry(second)),
      );
      const range = { from: atSecond(1), to: atSecond(4), order };
      const all = await traces.readEntries(chargerId, range, 10);

      const rest = await Promise.all(
        all.map(({ cursor }) => traces.readEntries(chargerId, { ...range, after: cursor }, 10)),
      );
      const nextOnes = await Promise.all(
        all.map(({ cursor }) => traces.readEntries(chargerId, { ...range, after: cursor }, 1)),
      );

      expect(all).toHaveLength(5);
      expect(rest).toEqual(all.map((_, index) => all.slice(index + 1)));
      expect(nextOnes).toEqual(all.map((_, index) => all.slice(index + 1, index + 2)));
    });

    test('of the longest length that arrives are kept whole', async () => {
      const chargerId = anew('CP');
      const long = entry(1, { text: 'x'.repeat(128 * 1024) });

      await kept(chargerId, [long]);

      expect(await read(chargerId, newest)).toEqual([long]);
    });

    test.each(forgedCursors)('refuse to begin after what no page gave: %s', async (_, after) => {
      await expect(traces.readEntries(anew('CP'), { ...newest, after }, 10)).rejects.toThrow(InvalidCursor);
    });
  });
});
