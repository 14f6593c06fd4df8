import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  abilitiesFrom,
  type ChargingAbilities,
  type ChargingProfile,
  clear,
  install,
  refusalsOf,
  tenthsOf,
  withoutTransaction,
} from '#shared/domain/charging-profile.ts';
import { chargingProfile, chargingProfiles, installations, installedAt } from '#test/support/charging-profiles.ts';
import { atSecond } from '#test/support/examples.ts';

const ofSession = (changes: Partial<ChargingProfile> = {}) =>
  chargingProfile({ purpose: 'TxProfile', transactionId: '7', ...changes });

const ofCharger = (changes: Partial<ChargingProfile> = {}) =>
  chargingProfile({ purpose: 'ChargePointMaxProfile', ...changes });

const daily = (changes: Partial<ChargingProfile> = {}) =>
  chargingProfile({ kind: 'Recurring', recurrency: 'Daily', ...changes });

const idsOf = (installed: { profile: ChargingProfile }[]) => installed.map(({ profile }) => profile.profileId);

describe('row 49: a limit has one decimal at most', () => {
  test.each([
    [0, 0],
    [6, 60],
    [16.1, 161],
    [21.4, 214],
    [8.3, 83],
    [0.1, 1],
    [429_496_729.5, 4_294_967_295],
  ])('%d is %i tenths', (limit, tenths) => {
    expect(tenthsOf(limit)).toBe(tenths);
  });

  test.each([0.05, 16.11, 0.1 + 0.2, Number.NaN, Infinity, 1e300])('%d is no limit', (limit) => {
    expect(tenthsOf(limit)).toBeUndefined();
  });

  test('any number of tenths comes back from the number that OCPP writes', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 12 }), (tenths) => {
        const written = JSON.parse(`${Math.floor(tenths / 10)}.${tenths % 10}`);

        expect(tenthsOf(written)).toBe(tenths);
      }),
    );
  });
});

describe('row 49: what a charger can do with profiles', () => {
  const from = (keys: Record<string, string>) => abilitiesFrom(new Map(Object.entries(keys)));

  test('is read from its configuration, however it writes the keys', () => {
    const abilities = from({
      chargeprofilemaxstacklevel: '8',
      ChargingScheduleAllowedChargingRateUnit: 'Current,Power',
      ChargingScheduleMaxPeriods: ' 24 ',
      MaxChargingProfilesInstalled: '10',
      HeartbeatInterval: '300',
    });

    expect(abilities).toEqual({ maxStackLevel: 8, allowedUnits: ['A', 'W'], maxPeriods: 24, maxInstalled: 10 });
  });

  test.each([
    ['Current', ['A']],
    ['power', ['W']],
    ['A', ['A']],
    ['w', ['W']],
    ['W, CURRENT,', ['W', 'A']],
    ['A,Current', ['A']],
    ['Current,Horses', ['A']],
    ['Horses', undefined],
    ['', undefined],
  ])('rate units %j', (text, units) => {
    expect(from({ ChargingScheduleAllowedChargingRateUnit: text }).allowedUnits).toEqual(units);
  });

  test.each(['', '-1', '1.5', 'many', '0x10', '1e3', '99999999999', '1,2'])('the number %j tells nothing', (text) => {
    const abilities = from({
      ChargeProfileMaxStackLevel: text,
      ChargingScheduleMaxPeriods: text,
      MaxChargingProfilesInstalled: text,
    });

    expect(Object.values(abilities).filter((ability) => ability !== undefined)).toEqual([]);
  });

  test('stack level 0 alone is possible; no period and no profile at all is not', () => {
    const keys = {
      ChargeProfileMaxStackLevel: '0',
      ChargingScheduleMaxPeriods: '0',
      MaxChargingProfilesInstalled: '0',
    };

    expect(from(keys)).toEqual({ maxStackLevel: 0 });
  });
});

describe('row 49: a profile can be installed', () => {
  test.each<[string, number, ChargingProfile]>([
    ['a default on one connector', 1, chargingProfile()],
    ['a default on all', 0, chargingProfile()],
    ['the limit of the charger', 0, ofCharger()],
    ['one of a session', 2, ofSession()],
    ['one that starts with the session', 1, ofSession({ kind: 'Relative', schedule: relative(160) })],
    ['one of every day', 1, daily()],
  ])('%s', (_, connectorId, profile) => {
    expect(refusalsOf(profile, connectorId, {}, [])).toEqual([]);
  });

  test('within all abilities, at their very limit', () => {
    const profile = chargingProfile({ stackLevel: 2, schedule: { periods: periodsAt(0, 60) } });
    const abilities: ChargingAbilities = {
      maxStackLevel: 2,
      onlyStackLevels: [0, 2],
      allowedUnits: ['A'],
      maxPeriods: 2,
      maxInstalled: 2,
      minimumCurrentTenths: 60,
    };

    expect(refusalsOf(profile, 1, abilities, installedAt(2, chargingProfile({ profileId: 2 })))).toEqual([]);
  });
});

describe('row 49: a profile cannot be installed', () => {
  const schedule = 'csChargingProfiles.chargingSchedule';

  test.each<[string, string, number, ChargingProfile]>([
    ['connectorId', 'out of range', -1, chargingProfile()],
    ['connectorId', '0 is due for a ChargePointMaxProfile', 1, ofCharger()],
    ['connectorId', 'above 0 is due for a TxProfile', 0, ofSession()],
    ['csChargingProfiles.transactionId', 'is due for a TxProfile', 1, ofSession({ transactionId: undefined })],
    ['csChargingProfiles.transactionId', 'only for a TxProfile', 1, chargingProfile({ transactionId: '7' })],
    ['csChargingProfiles.recurrencyKind', 'is due for Recurring', 1, daily({ recurrency: undefined })],
    ['csChargingProfiles.recurrencyKind', 'only for Recurring', 1, chargingProfile({ recurrency: 'Daily' })],
    ['csChargingProfiles.stackLevel', 'out of range', 1, chargingProfile({ stackLevel: -1 })],
    [
      'csChargingProfiles.validTo',
      'after validFrom',
      1,
      chargingProfile({ validFrom: atSecond(9), validTo: atSecond(9) }),
    ],
    [`${schedule}.startSchedule`, 'is due for Recurring', 1, daily({ schedule: relative(160) })],
    [`${schedule}.startSchedule`, 'not for Relative', 1, chargingProfile({ kind: 'Relative' })],
    [`${schedule}.duration`, 'above 0 is due', 1, chargingProfile({ schedule: { durationS: 0 } })],
    [
      `${schedule}.chargingSchedulePeriod`,
      'at least one entry is due',
      1,
      chargingProfile({ schedule: { periods: [] } }),
    ],
    [
      `${schedule}.chargingSchedulePeriod[].startPeriod`,
      'the first is 0',
      1,
      chargingProfile({ schedule: { periods: periodsAt(1, 2) } }),
    ],
    [
      `${schedule}.chargingSchedulePeriod[].startPeriod`,
      'each is later than the one before',
      1,
      chargingProfile({ schedule: { periods: periodsAt(0, 60, 60) } }),
    ],
    [
      `${schedule}.chargingSchedulePeriod[].limit`,
      'out of range',
      1,
      chargingProfile({ schedule: { periods: [{ startS: 0, limitTenths: -1 }] } }),
    ],
    [
      `${schedule}.chargingSchedulePeriod[].numberPhases`,
      'out of range',
      1,
      chargingProfile({ schedule: { periods: [{ startS: 0, limitTenths: 160, phases: 4 }] } }),
    ],
  ])('%s: %s', (field, rule, connectorId, profile) => {
    expect(refusalsOf(profile, connectorId, {}, [])).toEqual([{ field, rule }]);
  });

  test.each<[string, string, ChargingAbilities]>([
    ['csChargingProfiles.stackLevel', 'at most 1', { maxStackLevel: 1 }],
    ['csChargingProfiles.stackLevel', 'only 0', { onlyStackLevels: [0] }],
    [`${schedule}.chargingRateUnit`, 'only W', { allowedUnits: ['W'] }],
    [`${schedule}.chargingSchedulePeriod`, 'at most 1 entries', { maxPeriods: 1 }],
    [`${schedule}.chargingSchedulePeriod[].limit`, 'at least 6 A for each phase', { minimumCurrentTenths: 60 }],
  ])('where the charger cannot do it: %s: %s', (field, rule, abilities) => {
    const periods = [
      { startS: 0, limitTenths: 160 },
      { startS: 60, limitTenths: 59 },
    ];

    const refusals = refusalsOf(chargingProfile({ stackLevel: 2, schedule: { periods } }), 1, abilities, []);

    expect(refusals).toEqual([{ field, rule }]);
  });

  test.each([
    ['of one phase', 1, 13_800],
    ['of three phases', 3, 41_400],
    ['of phases that are not told', undefined, 41_400],
  ])('the minimum current counts in watts as well, %s', (_, phases, least) => {
    const refused = [least - 1, least].map((limitTenths) =>
      refusalsOf(
        chargingProfile({ schedule: { unit: 'W', periods: [{ startS: 0, limitTenths, phases }] } }),
        1,
        { minimumCurrentTenths: 60 },
        [],
      ).map(({ field }) => field),
    );

    expect(refused).toEqual([[`${schedule}.chargingSchedulePeriod[].limit`], []]);
  });

  test('where the charger has as many as it can hold, unless it takes the place of one', () => {
    const full = installedAt(1, chargingProfile({ profileId: 1 }), chargingProfile({ profileId: 2, stackLevel: 1 }));
    const refusals = (profile: ChargingProfile) => refusalsOf(profile, 1, { maxInstalled: 2 }, full);

    expect(refusals(chargingProfile({ profileId: 3, stackLevel: 2 }))).toEqual([
      { field: 'csChargingProfiles', rule: 'at most 2 are installed' },
    ]);
    expect(refusals(chargingProfile({ profileId: 2, stackLevel: 2 }))).toEqual([]);
    expect(refusals(chargingProfile({ profileId: 3, stackLevel: 1 }))).toEqual([]);
  });

  test('and every rule that it breaks is told at once', () => {
    const profile = daily({ stackLevel: 9, recurrency: undefined, transactionId: '7', schedule: relative(-1) });

    expect(refusalsOf(profile, -1, { maxStackLevel: 8 }, []).map(({ field }) => field)).toEqual([
      'connectorId',
      'csChargingProfiles.transactionId',
      'csChargingProfiles.recurrencyKind',
      `${schedule}.startSchedule`,
      `${schedule}.chargingSchedulePeriod[].limit`,
      'csChargingProfiles.stackLevel',
    ]);
  });
});

describe('row 49: a profile takes the place of', () => {
  const at = atSecond(60);

  test('the one with its id, on whichever connector that is', () => {
    const installed = installedAt(1, chargingProfile({ profileId: 5 }));
    const profile = ofSession({ profileId: 5, stackLevel: 3 });

    expect(install(installed, 2, profile, at)).toEqual([{ connectorId: 2, profile, installedAt: at }]);
  });

  test('the one with its purpose and stack level on its connector', () => {
    const installed = installedAt(1, chargingProfile({ profileId: 5 }));

    expect(idsOf(install(installed, 1, chargingProfile({ profileId: 6 }), at))).toEqual([6]);
  });

  test('both, where they are two', () => {
    const installed = installedAt(1, chargingProfile({ profileId: 5 }), ofSession({ profileId: 6 }));

    expect(idsOf(install(installed, 1, chargingProfile({ profileId: 6 }), at))).toEqual([6]);
  });

  test.each([
    ['connector', 2, chargingProfile({ profileId: 6 })],
    ['purpose', 1, ofSession({ profileId: 6 })],
    ['stack level', 1, chargingProfile({ profileId: 6, stackLevel: 1 })],
  ])('none with another %s', (_, connectorId, profile) => {
    const installed = installedAt(1, chargingProfile({ profileId: 5 }));

    expect(idsOf(install(installed, connectorId, profile, at))).toEqual([5, 6]);
  });

  test('itself: installing it twice is installing it once', () => {
    fc.assert(
      fc.property(installations, chargingProfiles, fc.nat({ max: 2 }), (installed, profile, connectorId) => {
        const once = install(installed, connectorId, profile, at);

        expect(install(once, connectorId, profile, at)).toEqual(once);
      }),
    );
  });

  test('so that what is not refused never makes more than the charger can hold', () => {
    const histories = fc.array(fc.tuple(chargingProfiles, fc.nat({ max: 2 })), { maxLength: 20 });
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 5 }), (history, maxInstalled) => {
        const installed = history.reduce<ReturnType<typeof installedAt>>(
          (so, [profile, connectorId]) =>
            refusalsOf(profile, connectorId, { maxInstalled }, so).length > 0
              ? so
              : install(so, connectorId, profile, at),
          [],
        );

        expect(installed.length).toBeLessThanOrEqual(maxInstalled);
        expect(new Set(idsOf(installed)).size).toBe(installed.length);
      }),
    );
  });
});

describe('row 49: profiles are cleared', () => {
  const installed = [
    ...installedAt(0, ofCharger({ profileId: 1 }), chargingProfile({ profileId: 2 })),
    ...installedAt(1, chargingProfile({ profileId: 3 }), chargingProfile({ profileId: 4, stackLevel: 1 })),
    ...installedAt(2, chargingProfile({ profileId: 5 }), ofSession({ profileId: 6, stackLevel: 1 })),
  ];

  test.each<[string, Parameters<typeof clear>[1], number[]]>([
    ['by id', { profileId: 4 }, [4]],
    ['by id alone, whatever else is told', { profileId: 4, connectorId: 2, purpose: 'TxProfile', stackLevel: 9 }, [4]],
    ['by an id that none has: none, whatever else is told', { profileId: 9, connectorId: 1 }, []],
    ['of a connector', { connectorId: 1 }, [3, 4]],
    ['of connector 0, which is not all of them', { connectorId: 0 }, [1, 2]],
    ['with a purpose', { purpose: 'TxDefaultProfile' }, [2, 3, 4, 5]],
    ['with a stack level', { stackLevel: 1 }, [4, 6]],
    ['with all that is told', { connectorId: 2, purpose: 'TxDefaultProfile', stackLevel: 0 }, [5]],
    ['none, where none has all that is told', { connectorId: 1, purpose: 'TxProfile' }, []],
    ['all, where nothing is told', {}, [1, 2, 3, 4, 5, 6]],
  ])('%s', (_, criteria, ids) => {
    const { kept, cleared } = clear(installed, criteria);

    expect(idsOf(cleared)).toEqual(ids);
    expect(idsOf(kept)).toEqual(idsOf(installed).filter((id) => !ids.includes(id)));
  });

  test('without criteria nothing is left of any', () => {
    fc.assert(
      fc.property(installations, (any) => {
        expect(clear(any, {})).toEqual({ kept: [], cleared: any });
      }),
    );
  });

  test('those of a session when its transaction is over', () => {
    const both = [...installed, ...installedAt(1, ofSession({ profileId: 7, transactionId: '8' }))];

    expect(idsOf(withoutTransaction(both, '7'))).toEqual([1, 2, 3, 4, 5, 7]);
  });
});

function relative(limitTenths: number): ChargingProfile['schedule'] {
  return { startAt: undefined, unit: 'A', periods: [{ startS: 0, limitTenths }] };
}

function periodsAt(...starts: number[]) {
  return starts.map((startS) => ({ startS, limitTenths: 160 }));
}
