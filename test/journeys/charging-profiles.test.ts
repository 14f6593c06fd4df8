import { describe, test } from 'vitest';
import type { BodyOf } from '#test/support/api.ts';
import { localCloud } from '#test/support/local-cloud.ts';
import type { RawCharger } from '#test/support/raw-charger.ts';
import type { TestCharger } from '#test/support/test-charger.ts';
import { until } from '#test/support/until.ts';

/** Charging profiles on their way to a charger, and what is known of them afterwards. */

const cloud = localCloud({
  variables: { BOOT_GRACE_S: '1', COMMAND_ANSWER_S: '2', EFFECT_S: '30' },
  seed: { idTags: [{ idTag: 'DRIVER', status: 'Accepted' }] },
});

const profile = (changes: object = {}) => ({
  chargingProfileId: 1,
  stackLevel: 0,
  chargingProfilePurpose: 'TxDefaultProfile',
  chargingProfileKind: 'Absolute',
  chargingSchedule: {
    startSchedule: '2024-01-01T00:00:00Z',
    chargingRateUnit: 'A',
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 16.1 }],
  },
  ...changes,
});

const limitedTo = (limit: number) => ({
  chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit }] },
});

/** Sends a command, has the charger answer, and resolves with the CALL once the outcome is known. */
async function done(
  charger: TestCharger,
  socket: RawCharger,
  action: string,
  payload: object,
  answer: object,
  query = {},
) {
  const asked = charger.command(action, payload, { wait: 20, ...query });
  const call = await socket.nextCall();
  socket.answer(call, answer);
  await asked;
  return call;
}

const accepted = { status: 'Accepted' };

const install = (charger: TestCharger, socket: RawCharger, connectorId: number, csChargingProfiles: object) =>
  done(charger, socket, 'SetChargingProfile', { connectorId, csChargingProfiles }, accepted);

const start = (socket: RawCharger, connectorId: number, timestamp = new Date().toISOString()) =>
  socket.call('StartTransaction', { connectorId, idTag: 'DRIVER', meterStart: 0, timestamp });

const profilesOf = async ({ id: chargerId }: TestCharger) =>
  (await cloud.api.ask('listChargingProfiles', { params: { chargerId } })).items;

const scheduleOf = (
  { id: chargerId }: TestCharger,
  query: Record<string, string | number>,
): Promise<BodyOf<'getCompositeSchedule'>> => cloud.api.ask('getCompositeSchedule', { params: { chargerId }, query });

const refusedFields = async (charger: TestCharger, action: string, payload: object) => {
  const { status, errors } = await charger.commandRefusal(action, payload);
  return { status, fields: errors?.map(({ field }) => field) };
};

describe.concurrent('row 49: a charging profile', { timeout: 60_000 }, () => {
  test('is known to be installed once the charger has accepted it, and not before', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const payload = { connectorId: 1, csChargingProfiles: profile() };

    await done(charger, socket, 'SetChargingProfile', payload, { status: 'Rejected' });
    const before = await profilesOf(charger);
    const { payload: sent } = await install(charger, socket, 1, profile());

    expect(before).toEqual([]);
    expect(sent).toEqual({
      connectorId: 1,
      csChargingProfiles: {
        ...profile(),
        chargingSchedule: { ...profile().chargingSchedule, startSchedule: '2024-01-01T00:00:00.000Z' },
      },
    });
    expect(await profilesOf(charger)).toEqual([
      {
        connectorId: 1,
        profileId: 1,
        purpose: 'TxDefaultProfile',
        kind: 'Absolute',
        recurrency: null,
        stackLevel: 0,
        transactionId: null,
        validFrom: null,
        validTo: null,
        schedule: {
          startAt: '2024-01-01T00:00:00.000Z',
          durationS: null,
          unit: 'A',
          minRate: null,
          periods: [{ startS: 0, limit: 16.1, phases: null }],
        },
        installedAt: expect.any(String),
      },
    ]);
  });

  test('with the same id, or the same purpose and stack level, replaces; a clearing takes away what it names', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const ids = async () => (await profilesOf(charger)).map(({ profileId, connectorId }) => [profileId, connectorId]);

    await install(charger, socket, 1, profile());
    await install(charger, socket, 2, profile({ chargingProfileId: 2 }));
    await install(charger, socket, 2, profile({ chargingProfileId: 3 }));
    await install(charger, socket, 2, profile({ chargingProfileId: 4, stackLevel: 1 }));
    const replaced = await ids();
    await done(charger, socket, 'ClearChargingProfile', { connectorId: 2, stackLevel: 1 }, accepted);
    const cleared = await ids();
    await done(charger, socket, 'ClearChargingProfile', { id: 3 }, { status: 'Unknown' });

    expect(replaced).toEqual([
      [1, 1],
      [3, 2],
      [4, 2],
    ]);
    expect(cleared).toEqual([
      [1, 1],
      [3, 2],
    ]);
    expect(await ids()).toEqual([[1, 1]]);
  });

  test('every one is cleared only when that is confirmed', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await install(charger, socket, 1, profile());

    const refusal = await charger.commandRefusal('ClearChargingProfile', {});
    const heard = socket.callsHeard;
    await done(charger, socket, 'ClearChargingProfile', {}, accepted, { confirm: 'all' });

    expect(refusal).toMatchObject({
      status: 422,
      errors: [{ field: 'payload', rule: 'without any field every profile is cleared: confirm=all is due' }],
    });
    expect(heard).toBe(1);
    expect(await profilesOf(charger)).toEqual([]);
  });

  test('that cannot be is refused before it is sent, with the field and the rule', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await start(socket, 1);
    const ofSession = (changes: object) => profile({ chargingProfilePurpose: 'TxProfile', ...changes });
    const relative = { ...profile(), chargingProfileKind: 'Relative' };

    const refusals = [
      await refusedFields(charger, 'SetChargingProfile', { connectorId: 1, csChargingProfiles: relative }),
      await refusedFields(charger, 'SetChargingProfile', {
        connectorId: 1,
        csChargingProfiles: ofSession({ transactionId: 7 }),
      }),
      await refusedFields(charger, 'SetChargingProfile', {
        connectorId: 2,
        csChargingProfiles: ofSession({ transactionId }),
      }),
      await refusedFields(charger, 'RemoteStartTransaction', {
        idTag: 'DRIVER',
        chargingProfile: ofSession({ validFrom: '2024-01-02T00:00:00Z', validTo: '2024-01-01T00:00:00Z' }),
      }),
    ];

    expect(refusals).toEqual([
      { status: 422, fields: ['csChargingProfiles.chargingSchedule.startSchedule'] },
      { status: 422, fields: ['csChargingProfiles.transactionId'] },
      { status: 422, fields: ['csChargingProfiles.transactionId'] },
      { status: 422, fields: ['chargingProfile.validTo'] },
    ]);
    expect(socket.callsHeard).toBe(0);
  });

  test('of a session ends with it', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await start(socket, 1);
    await install(charger, socket, 1, profile({ chargingProfilePurpose: 'TxProfile', transactionId }));

    const during = await profilesOf(charger);
    await socket.call('StopTransaction', { transactionId, meterStop: 10, timestamp: new Date().toISOString() });

    expect(during).toMatchObject([{ purpose: 'TxProfile', transactionId: String(transactionId) }]);
    expect(await profilesOf(charger)).toEqual([]);
  });

  test('that comes with a remote start is known of the session once that has begun', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const chargingProfile = profile({ chargingProfilePurpose: 'TxProfile' });
    await done(
      charger,
      socket,
      'RemoteStartTransaction',
      { connectorId: 1, idTag: 'DRIVER', chargingProfile },
      accepted,
    );
    const before = await profilesOf(charger);

    const { transactionId } = await start(socket, 1);
    const [known] = await until('the profile is known', async () => {
      const found = await profilesOf(charger);
      return found.length > 0 && found;
    });

    expect(before).toEqual([]);
    expect(known).toMatchObject({ connectorId: 1, profileId: 1, transactionId: String(transactionId) });
  });
});

describe.concurrent('row 49: what limits a connector', { timeout: 60_000 }, () => {
  test('is told of all profiles together, in the unit that is asked for, a week ahead at most', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await install(charger, socket, 1, profile());
    await install(
      charger,
      socket,
      0,
      profile({ chargingProfileId: 2, chargingProfilePurpose: 'ChargePointMaxProfile', ...limitedTo(10) }),
    );
    const params = { chargerId: charger.id };

    const [own, other, watts] = [
      await scheduleOf(charger, { connectorId: 1 }),
      await scheduleOf(charger, { connectorId: 0 }),
      await scheduleOf(charger, { connectorId: 1, unit: 'W', durationS: 3600 }),
    ];

    expect(own).toMatchObject({ connectorId: 1, durationS: 86_400, unit: 'A', charger: null });
    expect(own.periods).toEqual([{ startS: 0, limit: 10, phases: null }]);
    expect(other.periods).toEqual([{ startS: 0, limit: 10, phases: null }]);
    expect(watts).toMatchObject({ durationS: 3600, unit: 'W', periods: [{ startS: 0, limit: 6900 }] });
    for (const query of [
      { connectorId: 1, durationS: 604_801 },
      { connectorId: -1 },
      {},
      { connectorId: 1, unit: 'kW' },
    ]) {
      await expect(cloud.api.refusal('getCompositeSchedule', { params, query })).resolves.toMatchObject({
        status: 400,
      });
    }
  });

  test('is compared with what the charger answered, until profiles change', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await install(charger, socket, 1, profile());
    const request = { connectorId: 1, duration: 600, chargingRateUnit: 'A' };
    const answered = (limit: number) => ({
      status: 'Accepted',
      connectorId: 1,
      scheduleStart: new Date().toISOString(),
      chargingSchedule: { duration: 600, chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit }] },
    });

    await done(charger, socket, 'GetCompositeSchedule', request, answered(16.14));
    const same = await scheduleOf(charger, { connectorId: 1 });
    const { id: commandId } = await done(charger, socket, 'GetCompositeSchedule', request, answered(10));
    const different = await scheduleOf(charger, { connectorId: 1 });
    const other = await scheduleOf(charger, { connectorId: 2 });
    await install(charger, socket, 1, profile(limitedTo(10)));
    const outdated = await scheduleOf(charger, { connectorId: 1 });

    expect(same.charger).toMatchObject({ durationS: 600, outdated: false, differences: [] });
    expect(different.charger).toMatchObject({
      commandId,
      periods: [{ startS: 0, limit: 10, phases: null }],
      differences: [
        { fromS: 0, ours: { limit: 16.1, unit: 'A', phases: null }, theirs: { limit: 10, unit: 'A', phases: null } },
      ],
    });
    expect(other.charger).toBeNull();
    expect(outdated.charger).toMatchObject({ commandId, outdated: true, differences: null });
  });
});

describe.concurrent('makes of chargers', { timeout: 60_000 }, () => {
  const boot = async (charger: TestCharger, chargePointVendor: string, chargePointModel: string) => {
    const socket = await charger.dial();
    await socket.boot({ chargePointVendor, chargePointModel });
    return socket;
  };

  test('ABB: a profile of another stack level is refused before it is sent', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await boot(charger, 'ABB', 'CDT_TACW22::NET_WIFI');

    const payload = { connectorId: 1, csChargingProfiles: profile({ stackLevel: 1 }) };
    const refusal = await charger.commandRefusal('SetChargingProfile', payload);
    await install(charger, socket, 1, profile());

    expect(refusal.errors).toEqual([{ field: 'csChargingProfiles.stackLevel', rule: 'only 0' }]);
    expect(await profilesOf(charger)).toHaveLength(1);
  });

  test('Huawei: a limit of 0 is refused before it is sent, in a remote start too', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await boot(charger, 'HUAWEI', 'SCharger-22KT-S0');
    const pausing = profile(limitedTo(0));

    const refusals = [
      await charger.commandRefusal('SetChargingProfile', { connectorId: 1, csChargingProfiles: pausing }),
      await charger.commandRefusal('RemoteStartTransaction', {
        idTag: 'DRIVER',
        chargingProfile: { ...pausing, chargingProfilePurpose: 'TxProfile' },
      }),
    ];
    await install(charger, socket, 1, profile(limitedTo(6)));

    const rule = 'at least 6 A for each phase';
    expect(refusals.map(({ errors }) => errors)).toEqual(
      ['csChargingProfiles', 'chargingProfile'].map((field) => [
        { field: `${field}.chargingSchedule.chargingSchedulePeriod[].limit`, rule },
      ]),
    );
    expect(await profilesOf(charger)).toHaveLength(1);
  });
});
