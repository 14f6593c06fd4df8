import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command } from '#shared/domain/command.ts';
import {
  afterConflict,
  afterUpdate,
  announce,
  beginSync,
  endSync,
  type ListState,
  nothingKnown,
  outcomeOf,
  TRIES,
  type UpdateOutcome,
} from '#shared/domain/list-sync.ts';
import { type ListUpdate, type LocalListEntry, planUpdate } from '#shared/domain/local-list.ts';
import { atSecond, noon } from '#test/support/examples.ts';

const command = (changes: Partial<Command>): Command => ({
  commandId: 'command-1',
  chargerId: 'CP',
  action: 'SendLocalList',
  payload: {},
  state: 'sent',
  by: 'somebody',
  createdAt: atSecond(0),
  expiresAt: atSecond(300),
  whenOffline: 'fail',
  ...changes,
});

const full = (listVersion: number, entries: LocalListEntry[] = []): ListUpdate => ({
  updateType: 'Full',
  listVersion,
  entries: entries.map(({ idTag, ...idTagInfo }) => ({ idTag, idTagInfo })),
});

const running = beginSync(nothingKnown, 'somebody', atSecond(0));

describe('row 46: what became of an update', () => {
  const pending = { commandId: 'command-1', at: atSecond(0) };
  const outcome = (it: Command | undefined, afterMs = 0) => outcomeOf(pending, it, () => 'Failed', noon + afterMs);

  test.each([
    ['queued', 'open'],
    ['sent', 'open'],
    ['failed', 'unsent'],
    ['expired', 'unsent'],
    ['answered', 'Failed'],
    ['timedOut', 'Failed'],
  ] as const)('whose command is %s is %s', (state, expected) => {
    expect(outcome(command({ state }))).toBe(expected);
  });

  test('without an answer that says so is not known', () => {
    expect(outcomeOf(pending, command({ state: 'timedOut' }), () => undefined, noon)).toBe('unanswered');
  });

  test('that was announced and is not there is open for a minute', () => {
    expect(outcome(undefined, 59_999)).toBe('open');
    expect(outcome(undefined, 60_000)).toBe('unsent');
  });
});

describe('row 46: after an update', () => {
  test('that was not sent the list is as it was, and the sync is given up', () => {
    const state = announce(running, 8, 'command-1', atSecond(1));

    expect(afterUpdate(state, 'unsent', full(8))).toEqual({
      held: { known: 'unknown', lastVersion: 8 },
      sync: { ...running.sync, state: 'failed', reason: 'an update could not be sent in time' },
      revision: 0,
    });
  });

  test.each(['Failed', 'VersionMismatch', 'unanswered'] as const)(
    'that was %s the list is unknown, and after three the sync is given up',
    (outcome) => {
      const first = afterUpdate(running, outcome, full(1));
      const second = afterUpdate(first, outcome, full(2));
      const states = [first, second, afterUpdate(second, outcome, full(3))];

      expect(states.map(({ sync }) => sync?.state)).toEqual(['running', 'running', 'failed']);
      expect(states.at(-1)).toMatchObject({
        held: { known: 'unknown', lastVersion: 3 },
        sync: { failures: TRIES, reason: expect.stringContaining(outcome) },
      });
    },
  );

  test('that is not supported there is no list, and the sync is given up at once', () => {
    expect(afterUpdate(running, 'NotSupported', full(1))).toMatchObject({
      held: { known: 'unsupported' },
      sync: { state: 'failed', reason: 'the charger keeps no local list' },
    });
  });

  test('without a sync only the list changes', () => {
    expect(afterUpdate(nothingKnown, 'Accepted', full(3))).toEqual({
      held: { known: { version: 3, entries: [] }, lastVersion: 3 },
      revision: 0,
    });
  });
});

test('row 46: a conflict makes a list unknown, but not one that there cannot be', () => {
  const held = (known: ListState['held']['known']) => ({ ...running, held: { known, lastVersion: 4 } });

  expect(afterConflict(held({ version: 4, entries: [] })).held).toEqual({ known: 'unknown', lastVersion: 4 });
  expect(afterConflict(held('unsupported')).held.known).toBe('unsupported');
});

/** A charger as OCPP-S 5.15 has it, which takes an update or not. */
class Charger {
  version = 0;
  entries = new Map<string, LocalListEntry>();

  take({ updateType, listVersion, entries }: ListUpdate): 'Accepted' | 'VersionMismatch' {
    if (updateType === 'Differential' && listVersion <= this.version) return 'VersionMismatch';
    if (updateType === 'Full') this.entries.clear();
    for (const { idTag, idTagInfo } of entries) {
      if (idTagInfo) this.entries.set(idTag, { idTag, ...idTagInfo });
      else this.entries.delete(idTag);
    }
    this.version = listVersion;
    return 'Accepted';
  }
}

test('row 46: a sync that is done has made the list the desired one, whatever failed on the way', () => {
  const tags = fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F'), { maxLength: 6 });
  const mishaps = fc.array(fc.constantFrom('none', 'none', 'Failed', 'answerLost', 'neverSeen'), { maxLength: 12 });

  fc.assert(
    fc.property(tags, tags, mishaps, fc.integer({ min: 1, max: 3 }), (before, wanted, fates, maxPerMessage) => {
      const charger = new Charger();
      const listOf = (idTags: string[]) => idTags.map((idTag) => ({ idTag, status: 'Accepted' as const }));
      const first = full(1, listOf(before));
      charger.take(first);
      let state = beginSync(afterUpdate(nothingKnown, 'Accepted', first), 'somebody', atSecond(0));
      const desired = { revision: 1, entries: listOf(wanted) };
      const versions: number[] = [];

      for (let step = 0; state.sync?.state === 'running'; step++) {
        const plan = planUpdate({ desired, held: state.held, maxPerMessage });
        const [update] = plan.kind === 'send' ? plan.updates : [];
        if (!update) {
          state = endSync(state);
          break;
        }
        versions.push(update.listVersion);
        const fate = fates[step] ?? 'none';
        const taken = fate === 'none' || fate === 'answerLost' ? charger.take(update) : 'Failed';
        const outcome: Exclude<UpdateOutcome, 'open'> = fate === 'none' || fate === 'Failed' ? taken : 'unanswered';
        state = afterUpdate(announce(state, update.listVersion, `command-${step}`, atSecond(step)), outcome, update);
      }

      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      expect(new Set(versions).size).toBe(versions.length);
      if (state.sync?.state === 'done') expect([...charger.entries.keys()].sort()).toEqual(wanted.toSorted());
      else expect(state.sync?.failures).toBe(TRIES);
    }),
  );
});
