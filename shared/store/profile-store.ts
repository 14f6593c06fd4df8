import * as z from 'zod';
import type { ChargingProfileStore } from '#shared/domain/profile-changes.ts';
import { type Database, part } from './database.ts';
import { commandKeys } from './keys.ts';

const purpose = z.enum(['ChargePointMaxProfile', 'TxDefaultProfile', 'TxProfile']);

const profile = z.object({
  profileId: z.int(),
  purpose,
  kind: z.enum(['Absolute', 'Recurring', 'Relative']),
  recurrency: z.enum(['Daily', 'Weekly']).optional(),
  stackLevel: z.int(),
  transactionId: z.string().optional(),
  validFrom: z.string().optional(),
  validTo: z.string().optional(),
  schedule: z.object({
    startAt: z.string().optional(),
    durationS: z.int().optional(),
    unit: z.enum(['A', 'W']),
    minRateTenths: z.int().optional(),
    periods: z.array(z.object({ startS: z.int(), limitTenths: z.int(), phases: z.int().optional() })),
  }),
});

const criteria = z.object({
  profileId: z.int().optional(),
  connectorId: z.int().optional(),
  purpose: purpose.optional(),
  stackLevel: z.int().optional(),
});

const changed = z.object({ commandId: z.string(), at: z.string() });

const changeItem = z.union([changed.extend({ connectorId: z.int(), profile }), changed.extend({ cleared: criteria })]);

export function dynamoProfileStore(database: Database, table: string): ChargingProfileStore {
  const key = (chargerId: string, commandId: string) => ({
    pk: commandKeys.partition(chargerId),
    sk: commandKeys.profileChange(commandId),
  });

  return {
    async recordChange(chargerId, change) {
      await database.put(table, { ...key(chargerId, change.commandId), ...change }, 'attribute_not_exists(pk)');
    },

    async listChanges(chargerId) {
      const items = await database.query(table, {
        condition: 'pk = :pk AND begins_with(sk, :prefix)',
        values: { pk: commandKeys.partition(chargerId), prefix: commandKeys.profileChangePrefix },
      });
      return items.map((item) => changeItem.parse(item));
    },

    async forgetChanges(chargerId, commandIds) {
      if (commandIds.length === 0) return;
      await database.transact(commandIds.map((commandId) => part.remove(table, key(chargerId, commandId))));
    },
  };
}
