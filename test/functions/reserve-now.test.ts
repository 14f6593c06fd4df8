import { expect, test } from 'vitest';
import { reserveNow } from '#functions/ocpp/v16/outbound/ReserveNow.ts';
import type { Charger } from '#shared/domain/charger.ts';
import { atSecond, chargerPlan, noon } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

const charger: Charger = { ...chargerPlan(), revision: 1 };

test.each([
  [0, 'false', ['connectorId']],
  [0, 'False ', ['connectorId']],
  [0, 'true', []],
  [0, undefined, []],
  [1, 'false', []],
] as const)(
  'row 47: connector %i, where ReserveConnectorZeroSupported is %j, is refused for %j',
  async (connectorId, value, fields) => {
    const key = { key: 'ReserveConnectorZeroSupported', value, readonly: true, readAt: atSecond(0) };
    const stores = memoryStores();
    await stores.configurations.keepKnown(charger.id, { keys: [key], unsupported: [] }, 0);
    const request = { connectorId, expiryDate: atSecond(60), idTag: 'A', reservationId: 1 };

    const refusals = await reserveNow.refuse?.(request, { commandId: 'C', charger, stores, nowMs: noon });

    expect(refusals?.map(({ field }) => field)).toEqual(fields);
  },
);
