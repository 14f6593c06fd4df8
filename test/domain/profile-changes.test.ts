import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChargingProfile } from '#shared/domain/charging-profile.ts';
import { type ProfileChange, profilesAfter, profilesOfNow, spentChanges } from '#shared/domain/profile-changes.ts';
import { chargingProfile, chargingProfiles } from '#test/support/charging-profiles.ts';
import { atSecond } from '#test/support/examples.ts';

const commandId = (order: number) => `command-${String(order).padStart(3, '0')}`;

const set = (order: number, connectorId: number, profile: ChargingProfile): ProfileChange => ({
  commandId: commandId(order),
  at: atSecond(order),
  connectorId,
  profile,
});

const clearing = (order: number, cleared = {}): ProfileChange => ({
  commandId: commandId(order),
  at: atSecond(order),
  cleared,
});

const idsOf = (installed: { profile: ChargingProfile }[]) => installed.map(({ profile }) => profile.profileId);

const histories = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.tuple(fc.integer({ min: 0, max: 2 }), chargingProfiles) },
      {
        weight: 1,
        arbitrary: fc.record({ profileId: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }) }),
      },
    ),
    { maxLength: 12 },
  )
  .map((steps) =>
    steps.map((step, order) => (Array.isArray(step) ? set(order, step[0], step[1]) : clearing(order, step))),
  );

describe('what a charger has', () => {
  test('follows from the order of the commands, not from that of the answers', () => {
    fc.assert(
      fc.property(
        histories.chain((history) =>
          fc.tuple(fc.constant(history), fc.shuffledSubarray(history, { minLength: history.length })),
        ),
        ([history, shuffled]) => {
          expect(profilesAfter(shuffled)).toEqual(profilesAfter(history));
        },
      ),
    );
  });

  test('a clearing that is told late leaves what came after it', () => {
    const changes = [set(1, 1, chargingProfile({ profileId: 1 })), set(3, 1, chargingProfile({ profileId: 3 }))];

    expect(idsOf(profilesAfter([...changes, clearing(2)]))).toEqual([3]);
  });

  test('of a session ends with it', () => {
    const ofSession = chargingProfile({ profileId: 2, purpose: 'TxProfile', transactionId: '7' });
    const changes = [set(1, 1, chargingProfile({ profileId: 1 })), set(2, 1, ofSession)];

    expect(idsOf(profilesOfNow(changes, new Set(['7'])))).toEqual([1, 2]);
    expect(idsOf(profilesOfNow(changes, new Set(['8'])))).toEqual([1]);
  });
});

describe('what makes no difference any more', () => {
  test('can be forgotten: what is in force stays as it is, whatever comes later', () => {
    const open = new Set(['7']);
    fc.assert(
      fc.property(histories, fc.nat({ max: 12 }), (history, untilOrder) => {
        const spent = spentChanges(history, open, commandId(untilOrder));
        const kept = history.filter((change) => !spent.includes(change.commandId));

        expect(profilesOfNow(kept, open)).toEqual(profilesOfNow(history, open));
        expect(spent.every((id) => id < commandId(untilOrder))).toBe(true);
      }),
    );
  });

  test('is what was replaced, cleared or ended before then; never the newest change', () => {
    const profile = chargingProfile({ profileId: 1 });
    const ended = chargingProfile({ profileId: 2, purpose: 'TxProfile', transactionId: '8' });
    const changes = [set(1, 1, profile), set(2, 1, ended), set(3, 1, profile), clearing(4)];

    expect(spentChanges(changes, new Set(), commandId(9))).toEqual([1, 2, 3].map(commandId));
    expect(spentChanges(changes, new Set(), commandId(2))).toEqual([commandId(1)]);
  });
});
