import type { Charger } from '#shared/domain/charger.ts';
import { isOfMake, type Make } from '#shared/domain/make.ts';
import { type Quirk, type VendorEntry, vendorEntries } from '#shared/ocpp/v16/vendors.ts';

interface QuirkInForce {
  quirk: Quirk;
  /** By whose decision, in words for operators. */
  why: string;
}

/** What is known of a make. */
export const entriesFor = (make: Make, entries: readonly VendorEntry[] = vendorEntries): VendorEntry[] =>
  entries.filter((entry) => isOfMake(make, entry));

/** What an operator set, and what is known of the make that the charger booted with last. */
export function quirksInForce({ quirks, boot }: Pick<Charger, 'quirks' | 'boot'>): QuirkInForce[] {
  const known = boot === undefined ? [] : entriesFor(boot);
  const all = [
    ...quirks.map((quirk) => ({ quirk, why: 'set by an operator' })),
    ...known.flatMap(({ quirks, why }) => quirks.map((quirk) => ({ quirk, why }))),
  ];
  return all.filter(({ quirk }, index) => all.findIndex((other) => other.quirk === quirk) === index);
}
