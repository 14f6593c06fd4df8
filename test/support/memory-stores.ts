import type { Stores } from '#shared/store/stores.ts';
import { memoryChargerStore } from './memory/charger-store.ts';
import { memoryCommandStore } from './memory/command-store.ts';
import { memoryEvidenceStore } from './memory/evidence-store.ts';
import { memoryFirmwareStore } from './memory/firmware-store.ts';
import { memoryReadingStore } from './memory/reading-store.ts';
import { memorySessionStore } from './memory/session-store.ts';
import { memoryTagStore, type SlotHolders } from './memory/tag-store.ts';

/** Stores without a database, of the same behaviour: test/contracts holds both kinds to it. */
export function memoryStores(): Stores {
  const slots: SlotHolders = new Map();
  return {
    chargers: memoryChargerStore(),
    tags: memoryTagStore(slots),
    sessions: memorySessionStore(slots),
    readings: memoryReadingStore(),
    evidence: memoryEvidenceStore(),
    commands: memoryCommandStore(),
    firmware: memoryFirmwareStore(),
  };
}
