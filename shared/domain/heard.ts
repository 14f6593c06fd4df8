import type { ChargerView } from './charger.ts';
import { type Connector, connectorText, wholeCharger } from './connector.ts';
import type { EvidenceStore } from './evidence.ts';
import type { ReadingStore } from './reading.ts';
import type { SessionStore } from './session.ts';
import type { Instant } from './time.ts';

interface Stores {
  sessions: SessionStore;
  readings: ReadingStore;
  evidence: EvidenceStore;
}

/**
 * When a charger was last heard, to within `slotMs`. Any message is a sign of life (OCPP-S 4.6), but writing that down for each would double the cost of
 * readings: what they leave behind anyway is looked at instead, and only where the cheaper signs are older than they may be.
 */
export async function lastHeardAt(
  stores: Stores,
  { charger, connection, statuses }: ChargerView,
  nowMs: number,
  slotMs: number,
): Promise<Instant | undefined> {
  const near = latest([
    connection.connectedAt,
    connection.lastHeardAt,
    charger.boot?.at,
    ...statuses.map((status) => status.receivedAt),
  ]);
  const connected = connection.connectionId !== undefined;
  if (!connected || (near !== undefined && nowMs - Date.parse(near) <= slotMs)) return near;

  const { id: chargerId } = charger;
  const [open, sessions, evidence] = await Promise.all([
    stores.sessions.listOpen(chargerId),
    stores.sessions.listOfCharger(chargerId, 1),
    stores.evidence.listEvidence(chargerId, 1),
  ]);
  const connectors = new Map<string, Connector>(
    [
      wholeCharger,
      ...charger.connectors.map(({ id }) => ({ evse: id, connector: 1 })),
      ...statuses.map((status) => status.connector),
    ].map((connector) => [connectorText(connector), connector]),
  );
  const readings = await Promise.all([
    ...open.map(({ localId }) => stores.readings.latestReadings({ chargerId, protocolTransactionId: localId })),
    ...[...connectors.values()].map((connector) => stores.readings.latestReadings({ chargerId, connector })),
  ]);
  return latest([
    near,
    ...sessions.items.flatMap((session) => [session.receivedAt, session.endReceivedAt]),
    ...evidence.items.map((item) => item.at),
    ...readings.map(({ any }) => any?.receivedAt),
  ]);
}

const latest = (instants: (Instant | undefined)[]): Instant | undefined =>
  instants
    .filter((instant) => instant !== undefined)
    .toSorted()
    .at(-1);
