import { describe, expect, test } from 'vitest';
import { type ListState, nothingKnown } from '#shared/domain/list-sync.ts';
import type { LocalListEntry } from '#shared/domain/local-list.ts';
import { eachKind } from '#test/support/each-kind.ts';
import { anew, atSecond } from '#test/support/examples.ts';

const entries: LocalListEntry[] = [
  { idTag: 'A', status: 'Accepted' },
  { idTag: 'b', status: 'Blocked', expiryDate: atSecond(60), parentIdTag: 'P' },
];

const whole: ListState = {
  held: { known: { version: 7, entries }, lastVersion: 9 },
  pending: { commandId: 'command-1', at: atSecond(1) },
  sync: { state: 'failed', by: 'somebody', startedAt: atSecond(0), failures: 3, reason: 'why' },
  revision: 0,
};

describe.each(eachKind)('local lists $kind', ({ stores: { localLists } }) => {
  test('are unknown where nothing was said', async () => {
    expect(await localLists.readList(anew('CP'))).toEqual({ state: nothingKnown });
  });

  test('that are desired are replaced whole, each time with a higher revision, whatever the case of the identity', async () => {
    const chargerId = anew('Cp');

    const first = await localLists.saveDesired(chargerId, entries);
    const second = await localLists.saveDesired(chargerId.toUpperCase(), []);

    expect([first, second]).toEqual([
      { revision: 1, entries },
      { revision: 2, entries: [] },
    ]);
    expect(await localLists.readList(chargerId.toLowerCase())).toEqual({ desired: second, state: nothingKnown });
  });

  test('take a thousand entries of any characters', async () => {
    const chargerId = anew('CP');
    const longest = Array.from(
      { length: 1000 },
      (_, index): LocalListEntry => ({
        idTag: `${index}`.padEnd(20, '\u0001'),
        status: 'Accepted',
        expiryDate: atSecond(0),
        parentIdTag: '\u0001'.repeat(20),
      }),
    );

    await localLists.saveDesired(chargerId, longest);
    await localLists.replaceState(chargerId, {
      ...nothingKnown,
      held: { known: { version: 1, entries: longest }, lastVersion: 1 },
    });

    const read = await localLists.readList(chargerId);
    expect(read.desired?.entries).toEqual(longest);
    expect(read.state.held.known).toEqual({ version: 1, entries: longest });
  });

  test.each([[whole], [{ ...nothingKnown, held: { known: 'unsupported', lastVersion: -1 } }]] as [ListState][])(
    'keep what is known of them: %j',
    async (state) => {
      const chargerId = anew('CP');

      expect(await localLists.replaceState(chargerId, state)).toBe(true);

      expect((await localLists.readList(chargerId)).state).toEqual({ ...state, revision: 1 });
    },
  );

  test('change for one of two that read the same, and forget what is absent', async () => {
    const chargerId = anew('CP');
    await localLists.replaceState(chargerId, whole);
    const { state } = await localLists.readList(chargerId);
    const settled: ListState = { held: state.held, revision: state.revision };

    const outcomes = await Promise.all([1, 2].map(() => localLists.replaceState(chargerId, settled)));

    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect(await localLists.replaceState(chargerId, whole)).toBe(false);
    expect((await localLists.readList(chargerId)).state).toEqual({ ...settled, revision: 2 });
  });
});
