import { describe, expect, test } from 'vitest';
import type { ProfileChange } from '#shared/domain/profile-changes.ts';
import { chargingProfile } from '#test/support/charging-profiles.ts';
import { eachKind } from '#test/support/each-kind.ts';
import { anew, atSecond } from '#test/support/examples.ts';

const change = (order: number, changes: Partial<ProfileChange> = {}): ProfileChange => ({
  commandId: `command-${order}`,
  at: atSecond(order),
  connectorId: 1,
  profile: chargingProfile(),
  ...changes,
});

describe.each(eachKind)('changes of charging profiles $kind', ({ stores: { profiles } }) => {
  test('read as they were recorded, in the order of their commands, whatever the case of the identity', async () => {
    const chargerId = anew('Cp');
    const whole = chargingProfile({
      purpose: 'TxProfile',
      kind: 'Recurring',
      recurrency: 'Weekly',
      transactionId: '7',
      validFrom: atSecond(0),
      validTo: atSecond(60),
      schedule: { durationS: 60, unit: 'W', minRateTenths: 5, periods: [{ startS: 0, limitTenths: 0, phases: 1 }] },
    });
    const first = change(1, { profile: whole });
    const second: ProfileChange = {
      commandId: 'command-2',
      at: atSecond(2),
      cleared: { profileId: 1, connectorId: 0, purpose: 'TxProfile', stackLevel: 2 },
    };

    await profiles.recordChange(chargerId, second);
    await profiles.recordChange(chargerId.toUpperCase(), first);

    expect(await profiles.listChanges(chargerId.toLowerCase())).toEqual([first, second]);
    expect(await profiles.listChanges(anew('CP'))).toEqual([]);
  });

  test('of one command is what was recorded first', async () => {
    const chargerId = anew('CP');
    await profiles.recordChange(chargerId, change(1));

    await profiles.recordChange(chargerId, change(1, { at: atSecond(90) }));

    expect(await profiles.listChanges(chargerId)).toEqual([change(1)]);
  });

  test('are forgotten when they are named, and stay the others', async () => {
    const chargerId = anew('CP');
    for (const order of [1, 2, 3]) await profiles.recordChange(chargerId, change(order));

    await profiles.forgetChanges(chargerId, ['command-1', 'command-3', 'command-9']);
    await profiles.forgetChanges(chargerId, []);

    expect(await profiles.listChanges(chargerId)).toEqual([change(2)]);
  });

  test('stand beside the queue of commands, not in it', async () => {
    const chargerId = anew('CP');
    await profiles.recordChange(chargerId, change(1));

    expect(await eachKind[0]?.stores.commands.outlook(chargerId)).toEqual({});
    expect(await eachKind[1]?.stores.commands.outlook(chargerId)).toEqual({});
  });
});
