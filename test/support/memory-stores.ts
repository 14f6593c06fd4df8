import type { Stores } from '#shared/store/stores.ts';
import { memoryCampaignStore } from './memory/campaign-store.ts';
import { memoryChargerStore } from './memory/charger-store.ts';
import { memoryCommandStore } from './memory/command-store.ts';
import { memoryConfigurationStore } from './memory/configuration-store.ts';
import { memoryEvidenceStore } from './memory/evidence-store.ts';
import { memoryFirmwareStore } from './memory/firmware-store.ts';
import { memoryLocalListStore } from './memory/local-list-store.ts';
import { memoryProfileStore } from './memory/profile-store.ts';
import { memoryReadingStore } from './memory/reading-store.ts';
import { memoryReservationStore } from './memory/reservation-store.ts';
import { memorySessionStore } from './memory/session-store.ts';
import { memoryTagStore, type SlotHolders } from './memory/tag-store.ts';
import { memoryTraceStore } from './memory/trace-store.ts';

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
    configurations: memoryConfigurationStore(),
    traces: memoryTraceStore(),
    campaigns: memoryCampaignStore(),
    profiles: memoryProfileStore(),
    localLists: memoryLocalListStore(),
    reservations: memoryReservationStore(),
    firmware: memoryFirmwareStore(),
  };
}
