import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { CampaignStore } from '#shared/domain/campaign.ts';
import type { ChargerStore } from '#shared/domain/charger.ts';
import type { CommandStore } from '#shared/domain/command.ts';
import type { ConfigurationStore } from '#shared/domain/configurations.ts';
import type { EvidenceStore } from '#shared/domain/evidence.ts';
import type { FirmwareStore } from '#shared/domain/firmware.ts';
import type { LocalListStore } from '#shared/domain/list-sync.ts';
import type { ChargingProfileStore } from '#shared/domain/profile-changes.ts';
import type { ReadingStore } from '#shared/domain/reading.ts';
import type { ReservationStore } from '#shared/domain/reservation.ts';
import type { SessionStore } from '#shared/domain/session.ts';
import type { TagStore } from '#shared/domain/tag.ts';
import type { TraceStore } from '#shared/domain/trace.ts';
import { dynamoCampaignStore } from './campaign-store.ts';
import { dynamoChargerStore } from './charger-store.ts';
import { dynamoCommandStore } from './command-store.ts';
import { dynamoConfigurationStore } from './configuration-store.ts';
import { Database } from './database.ts';
import { dynamoEvidenceStore } from './evidence-store.ts';
import { dynamoFirmwareStore } from './firmware-store.ts';
import { dynamoLocalListStore } from './local-list-store.ts';
import { dynamoProfileStore } from './profile-store.ts';
import { dynamoReadingStore } from './reading-store.ts';
import { dynamoReservationStore } from './reservation-store.ts';
import { dynamoSessionStore } from './session-store.ts';
import type { TableName } from './tables.ts';
import { dynamoTagStore } from './tag-store.ts';
import { dynamoTraceStore } from './trace-store.ts';

/** Everything that is kept, behind interfaces of the domain. */
export interface Stores {
  chargers: ChargerStore;
  tags: TagStore;
  sessions: SessionStore;
  readings: ReadingStore;
  evidence: EvidenceStore;
  commands: CommandStore;
  configurations: ConfigurationStore;
  traces: TraceStore;
  campaigns: CampaignStore;
  profiles: ChargingProfileStore;
  localLists: LocalListStore;
  reservations: ReservationStore;
  firmware: FirmwareStore;
}

export function dynamoStores(client: DynamoDBClient, tableNames: Record<TableName, string>): Stores {
  const database = new Database(client);
  return {
    chargers: dynamoChargerStore(database, tableNames.chargers),
    tags: dynamoTagStore(database, tableNames.tags),
    sessions: dynamoSessionStore(database, tableNames.sessions, tableNames.tags),
    readings: dynamoReadingStore(database, tableNames.readings),
    evidence: dynamoEvidenceStore(database, tableNames.evidence),
    commands: dynamoCommandStore(database, tableNames.commands),
    configurations: dynamoConfigurationStore(database, tableNames.commands),
    traces: dynamoTraceStore(database, tableNames.evidence),
    campaigns: dynamoCampaignStore(database, tableNames.commands),
    profiles: dynamoProfileStore(database, tableNames.commands),
    localLists: dynamoLocalListStore(database, tableNames.commands),
    reservations: dynamoReservationStore(database, tableNames.commands),
    firmware: dynamoFirmwareStore(database, tableNames.commands),
  };
}
