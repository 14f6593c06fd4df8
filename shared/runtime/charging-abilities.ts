import type { Charger } from '#shared/domain/charger.ts';
import { abilitiesFrom, type ChargingAbilities } from '#shared/domain/charging-profile.ts';
import { limitsOfProfiles, type VendorEntry, vendorEntries } from '#shared/ocpp/v16/vendors.ts';
import type { Stores } from '#shared/store/stores.ts';
import { knownValues } from './known-configuration.ts';
import { entriesFor } from './quirks.ts';

/** What a charger can do with profiles: what it told of itself, and what is known of its make. */
export async function chargingAbilities(
  stores: Pick<Stores, 'configurations'>,
  { id, boot }: Pick<Charger, 'id' | 'boot'>,
  entries: readonly VendorEntry[] = vendorEntries,
): Promise<ChargingAbilities> {
  const known = abilitiesFrom(await knownValues(stores, id));
  return { ...known, ...limitsOfProfiles(boot === undefined ? [] : entriesFor(boot, entries)) };
}
