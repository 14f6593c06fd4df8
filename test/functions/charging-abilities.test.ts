import { describe, expect, test } from 'vitest';
import { setChargingProfile } from '#functions/ocpp/v16/outbound/SetChargingProfile.ts';
import type { Charger } from '#shared/domain/charger.ts';
import type { KnownConfiguration } from '#shared/domain/configuration.ts';
import { atSecond, chargerPlan, noon } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

const charger: Charger = { ...chargerPlan(), revision: 1 };

const known = (values: Record<string, string>): KnownConfiguration => ({
  keys: Object.entries(values).map(([key, value]) => ({ key, value, readonly: true, readAt: atSecond(0) })),
  unsupported: [],
});

/** Of a profile in watts, of stack level 2, with two periods. */
async function refusedFor(configuration: KnownConfiguration | undefined, ofCharger = charger) {
  const stores = memoryStores();
  if (configuration) await stores.configurations.keepKnown(ofCharger.id, configuration, 0);
  const periods = [0, 60].map((startPeriod) => ({ startPeriod, limit: 0 }));
  const csChargingProfiles = {
    chargingProfileId: 1,
    stackLevel: 2,
    chargingProfilePurpose: 'TxDefaultProfile' as const,
    chargingProfileKind: 'Relative' as const,
    chargingSchedule: { chargingRateUnit: 'W' as const, chargingSchedulePeriod: periods },
  };
  const request = { connectorId: 1, csChargingProfiles };
  const refusals = await setChargingProfile.refuse?.(request, {
    ...{ commandId: 'C', charger: ofCharger, stores, nowMs: noon },
  });
  return refusals?.map(({ rule }) => rule);
}

describe('row 49: a profile that the charger cannot take is refused', () => {
  test.each([
    ['ChargeProfileMaxStackLevel', '1', 'at most 1'],
    ['ChargingScheduleMaxPeriods', '1', 'at most 1 entries'],
    ['ChargingScheduleAllowedChargingRateUnit', 'Current', 'only A'],
    ['chargeprofilemaxstacklevel', ' 1 ', 'at most 1'],
  ])('by what it told of %s', async (key, value, rule) => {
    expect(await refusedFor(known({ [key]: value }))).toEqual([rule]);
  });

  test('by what is known of its make, besides', async () => {
    const boot = { vendor: 'Huawei', model: 'SCharger', at: atSecond(0) };

    const rules = await refusedFor(known({ ChargeProfileMaxStackLevel: '1' }), { ...charger, boot });

    expect(rules).toEqual(['at most 1', 'at least 6 A for each phase']);
  });

  test('by nothing where nothing is known', async () => {
    expect(await refusedFor(undefined)).toEqual([]);
    expect(await refusedFor(known({}))).toEqual([]);
  });
});
