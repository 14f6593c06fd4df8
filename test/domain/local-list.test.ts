import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  afterAnswer,
  type HeldList,
  type KnownList,
  type ListUpdate,
  type LocalListEntry,
  nextVersion,
  planUpdate,
  versionTold,
} from '#shared/domain/local-list.ts';
import { canonicalTag } from '#shared/domain/tag.ts';
import { atSecond } from '#test/support/examples.ts';

const entry = (idTag: string, changes: Partial<LocalListEntry> = {}): LocalListEntry => ({
  idTag,
  status: 'Accepted',
  ...changes,
});
const listOf = (entries: LocalListEntry[]) => ({ revision: 1, entries });
const holding = (known: KnownList, lastVersion = 0): HeldList => ({ known, lastVersion });
const family = ['A', 'B', 'C', 'D'].map((idTag) => entry(idTag));
const held = holding({ version: 7, entries: family }, 7);

describe('row 46: the version of a list', () => {
  test.each([
    ['empty', 0, 1],
    ['unknown', 12, 13],
    [{ version: 7, entries: [] }, 3, 8],
    ['unknown', -1, 1],
    ['unknown', 2 ** 31 - 2, 2 ** 31 - 1],
    ['unknown', 2 ** 31 - 1, undefined],
  ] as [KnownList, number, number | undefined][])(
    'after %j, with %i the highest so far, is %j',
    (known, last, next) => {
      expect(nextVersion(holding(known, last))).toBe(next);
    },
  );

  test('cannot grow for ever: then nothing is sent', () => {
    expect(planUpdate({ desired: listOf(family), held: holding('unknown', 2 ** 31 - 1) })).toEqual({
      kind: 'refused',
      field: 'listVersion',
      rule: 'it grows, up to 2147483647',
    });
  });
});

describe('row 46: what is sent', () => {
  test('is nothing where the charger has the list, whatever the case and the order of its tags', () => {
    const desired = listOf([entry('d'), entry('c'), entry('b'), entry('a')]);

    expect(planUpdate({ desired, held })).toEqual({ kind: 'nothing' });
  });

  test('are the changes, and a deletion is an entry without idTagInfo', () => {
    const expiryDate = atSecond(60);
    const desired = listOf([entry('A', { expiryDate }), entry('B'), entry('C'), entry('E', { parentIdTag: 'P' })]);

    expect(planUpdate({ desired, held })).toEqual({
      kind: 'send',
      updates: [
        {
          updateType: 'Differential',
          listVersion: 8,
          entries: [
            { idTag: 'D' },
            { idTag: 'A', idTagInfo: { status: 'Accepted', expiryDate } },
            { idTag: 'E', idTagInfo: { status: 'Accepted', parentIdTag: 'P' } },
          ],
        },
      ],
    });
  });

  test.each([
    ['status', { status: 'Blocked' }],
    ['expiry date', { expiryDate: atSecond(1) }],
    ['parent', { parentIdTag: 'P' }],
  ] as const)('is a tag whose %s changed', (_, change) => {
    const plan = planUpdate({ desired: listOf([entry('A', change), ...family.slice(1)]), held });

    expect(plan).toMatchObject({
      updates: [{ updateType: 'Differential', entries: [{ idTag: 'A', idTagInfo: change }] }],
    });
  });

  test.each([
    ['unknown', family],
    ['empty', family],
    ['unknown', []],
    [{ version: 7, entries: family }, ['A', 'X', 'Y'].map((idTag) => entry(idTag))],
    [{ version: 7, entries: family }, []],
  ] as [KnownList, LocalListEntry[]][])(
    'is everything where %j is known and changes would be no fewer',
    (known, all) => {
      const plan = planUpdate({ desired: listOf(all), held: holding(known, 7) });

      expect(plan).toMatchObject({
        updates: [{ updateType: 'Full', listVersion: 8, entries: all.map(({ idTag }) => ({ idTag })) }],
      });
    },
  );

  test('row 45: is split, a Full list followed by Differential ones', () => {
    const plan = planUpdate({ desired: listOf(family), held: holding('unknown', 3), maxPerMessage: 3 });

    expect(plan).toMatchObject({
      updates: [
        { updateType: 'Full', listVersion: 4, entries: [{ idTag: 'A' }, { idTag: 'B' }, { idTag: 'C' }] },
        { updateType: 'Differential', listVersion: 5, entries: [{ idTag: 'D' }] },
      ],
    });
  });

  test('row 45: fills a frame of 32 KB to the last entry that fits, counted in bytes', () => {
    const many = Array.from({ length: 1000 }, (_, index) => entry(`${'€'.repeat(15)}${index}`));

    const plan = planUpdate({ desired: listOf(many), held: holding('empty') });
    const updates = plan.kind === 'send' ? plan.updates : [];
    const sizes = updates.map(frameBytes);

    expect(updates.flatMap(({ entries }) => entries)).toHaveLength(1000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(32 * 1024);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(32 * 1024 - 120);
  });
});

describe('row 46: nothing is sent, and it is said why,', () => {
  const refusalOf = (entries: LocalListEntry[], limits: { maxTotal?: number; maxPerMessage?: number } = {}) =>
    planUpdate({ desired: listOf(entries), held: holding('unknown'), ...limits });

  test('of more entries than the charger keeps', () => {
    expect(refusalOf(family, { maxTotal: 3 })).toEqual({
      kind: 'refused',
      field: 'entries',
      rule: 'at most 3 (LocalAuthListMaxLength)',
    });
    expect(refusalOf(family, { maxTotal: 4 })).toMatchObject({ kind: 'send' });
  });

  test.each([
    ['idTag', entry('x'.repeat(21))],
    ['idTag', entry('')],
    ['parentIdTag', entry('X', { parentIdTag: 'x'.repeat(21) })],
    ['parentIdTag', entry('X', { parentIdTag: '' })],
  ])('of an %s that is none', (field, bad) => {
    expect(refusalOf([entry('A'), bad])).toEqual({
      kind: 'refused',
      field: `entries.1.${field}`,
      rule: '1 to 20 characters',
    });
  });

  test('of one tag twice', () => {
    expect(refusalOf([entry('a'), entry('A')])).toMatchObject({ kind: 'refused', field: 'entries.1.idTag' });
  });

  test('of a charger that takes no entries in a message, or whose frames are smaller than one', () => {
    expect(refusalOf(family, { maxPerMessage: 0 })).toMatchObject({ field: 'SendLocalListMaxLength' });
    const plan = planUpdate({ desired: listOf(family), held: holding('unknown'), maxFrameBytes: 150 });
    expect(plan).toMatchObject({ kind: 'refused', field: 'frame' });
  });

  test('of a charger that keeps no list; no list at all is what it has', () => {
    const unsupported = holding('unsupported', 4);

    expect(planUpdate({ desired: listOf(family), held: unsupported })).toMatchObject({
      kind: 'refused',
      field: 'charger',
    });
    expect(planUpdate({ desired: listOf([]), held: unsupported })).toEqual({ kind: 'nothing' });
  });
});

describe('row 46: after', () => {
  const full: ListUpdate = {
    updateType: 'Full',
    listVersion: 9,
    entries: [{ idTag: 'X', idTagInfo: { status: 'Blocked' } }],
  };
  const differential: ListUpdate = { ...full, updateType: 'Differential', entries: [...full.entries, { idTag: 'a' }] };

  test('Accepted the charger has what was sent', () => {
    expect(afterAnswer(held, full, 'Accepted')).toEqual(
      holding({ version: 9, entries: [entry('X', { status: 'Blocked' })] }, 9),
    );
    expect(afterAnswer(held, differential, 'Accepted')).toEqual(
      holding({ version: 9, entries: [...family.slice(1), entry('X', { status: 'Blocked' })] }, 9),
    );
  });

  test('Accepted of changes to a list that nobody knows, it is as little known', () => {
    expect(afterAnswer(holding('unknown', 8), differential, 'Accepted')).toEqual(holding('unknown', 9));
  });

  test.each(['Failed', 'VersionMismatch', undefined] as const)(
    '%s everything is sent, with a higher version than any that was sent or told',
    (status) => {
      const after = afterAnswer(held, differential, status);
      const told = versionTold(after, 40);

      expect(after).toEqual(holding('unknown', 9));
      expect(planUpdate({ desired: listOf(family), held: after })).toMatchObject({
        updates: [{ updateType: 'Full', listVersion: 10 }],
      });
      expect(planUpdate({ desired: listOf(family), held: told })).toMatchObject({
        updates: [{ updateType: 'Full', listVersion: 41 }],
      });
    },
  );

  test('NotSupported it keeps no list', () => {
    expect(afterAnswer(held, full, 'NotSupported')).toEqual(holding('unsupported', 9));
  });

  test.each([
    [-1, 'unsupported', 7],
    [0, 'empty', 7],
    [7, held.known, 7],
    [6, 'unknown', 7],
    [8, 'unknown', 8],
  ] as const)('the charger told version %i', (listVersion, known, lastVersion) => {
    expect(versionTold(held, listVersion)).toEqual(holding(known, lastVersion));
  });

  test('the version of a charger of which nothing was known, its list is not known either', () => {
    expect(versionTold(holding('unsupported'), 3)).toEqual(holding('unknown', 3));
  });
});

function frameBytes({ updateType, listVersion, entries }: ListUpdate): number {
  const payload = { listVersion, updateType, localAuthorizationList: entries };
  return Buffer.byteLength(JSON.stringify([2, 'f'.repeat(36), 'SendLocalList', payload]));
}

/** A charger as the specification has it (S 5.15), with tags in upper case and nothing of the rules under test. */
class ListKeeper {
  version: number;
  readonly list = new Map<string, unknown>();
  most: number;

  constructor(version: number, entries: readonly LocalListEntry[]) {
    this.version = version;
    for (const { idTag, ...info } of entries) this.list.set(idTag.toUpperCase(), info);
    this.most = this.list.size;
  }

  take({ updateType, listVersion, entries }: ListUpdate): 'Accepted' | 'VersionMismatch' {
    if (updateType === 'Differential' && listVersion <= this.version) return 'VersionMismatch';
    if (updateType === 'Full') this.list.clear();
    for (const { idTag, idTagInfo } of entries) {
      if (idTagInfo) this.list.set(idTag.toUpperCase(), idTagInfo);
      else this.list.delete(idTag.toUpperCase());
      this.most = Math.max(this.most, this.list.size);
    }
    this.version = listVersion;
    return 'Accepted';
  }
}

const idTags = fc.oneof(
  fc.constantFrom(...'abcdefABCDEF'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  fc.string({ unit: fc.constantFrom('€', '"', '\u0000', '😀'), minLength: 10, maxLength: 20 }),
);
const optionally = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const entries = (maxLength: number) =>
  fc.uniqueArray(
    fc
      .record({
        idTag: idTags,
        status: fc.constantFrom('Accepted', 'Blocked', 'Expired', 'Invalid'),
        expiryDate: optionally(fc.integer({ min: 0, max: 3 }).map(atSecond)),
        parentIdTag: optionally(fc.constantFrom('P', 'q')),
      })
      .map(({ idTag, status, expiryDate, parentIdTag }): LocalListEntry => {
        const info = { ...(expiryDate && { expiryDate }), ...(parentIdTag && { parentIdTag }) };
        return { idTag, status: status as LocalListEntry['status'], ...info };
      }),
    { selector: ({ idTag }) => canonicalTag(idTag), maxLength },
  );
const limits = fc.record({
  maxPerMessage: optionally(fc.integer({ min: 1, max: 12 })),
  maxFrameBytes: fc.constantFrom(400, 700, 32 * 1024),
});

const contentOf = (list: readonly LocalListEntry[]) =>
  new Map(list.map(({ idTag, ...info }) => [idTag.toUpperCase(), info]));

test('rows 45 and 46: updates in their order make any list the desired one, within the limits, each with a higher version', () => {
  fc.assert(
    fc.property(
      entries(40),
      entries(40),
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.constantFrom('known', 'unknown'),
      limits,
      (before, desired, version, knowledge, { maxPerMessage, maxFrameBytes }) => {
        const keeper = new ListKeeper(version, before);
        let now = holding(knowledge === 'known' ? { version, entries: before } : 'unknown', version);
        const maxTotal = Math.max(before.length, desired.length);

        const plan = planUpdate({ desired: listOf(desired), held: now, maxPerMessage, maxTotal, maxFrameBytes });
        const updates = plan.kind === 'send' ? plan.updates : [];

        expect(plan.kind).not.toBe('refused');
        let last = version;
        for (const [index, update] of updates.entries()) {
          expect(update.listVersion).toBeGreaterThan(last);
          expect(frameBytes(update)).toBeLessThanOrEqual(maxFrameBytes);
          expect(update.entries.length).toBeLessThanOrEqual(maxPerMessage ?? Number.POSITIVE_INFINITY);
          if (index > 0) expect(update).toMatchObject({ updateType: 'Differential' });
          last = update.listVersion;
          now = afterAnswer(now, update, keeper.take(update));
        }
        expect(keeper.list).toEqual(contentOf(desired));
        expect(keeper.most).toBeLessThanOrEqual(maxTotal);
        expect(planUpdate({ desired: listOf(desired), held: now })).toEqual({ kind: 'nothing' });
      },
    ),
  );
});

const answers = fc.constantFrom('kept', 'kept', 'Failed', 'lost', 'lostOnTheWay');

test('row 46: whatever goes wrong on the way, the charger has the desired list once nothing does', () => {
  fc.assert(
    fc.property(
      entries(12),
      fc.array(fc.record({ desired: entries(12), answers: fc.array(answers), asked: fc.boolean() }), { minLength: 1 }),
      (before, rounds) => {
        const keeper = new ListKeeper(5, before);
        let now = holding('unknown');
        const send = (desired: LocalListEntry[], outcomes: string[]) => {
          const plan = planUpdate({ desired: listOf(desired), held: now, maxPerMessage: 3 });
          for (const [index, update] of (plan.kind === 'send' ? plan.updates : []).entries()) {
            const outcome = outcomes[index] ?? 'kept';
            const arrives = outcome === 'kept' || outcome === 'lost';
            const status = arrives ? keeper.take(update) : 'Failed';
            now = afterAnswer(now, update, outcome === 'lost' || outcome === 'lostOnTheWay' ? undefined : status);
            if (now.known === 'unknown') return;
          }
        };

        for (const round of rounds) {
          if (round.asked) now = versionTold(now, keeper.version);
          send(round.desired, round.answers);
          if (typeof now.known !== 'string') expect(contentOf(now.known.entries)).toEqual(keeper.list);
        }
        const { desired } = rounds.at(-1) ?? { desired: [] };
        now = versionTold(now, keeper.version);
        send(desired, []);

        expect(keeper.list).toEqual(contentOf(desired));
      },
    ),
  );
});
