import type { StatusReport } from '#shared/domain/charger.ts';
import { connectorText, wholeCharger } from '#shared/domain/connector.ts';
import type { Evidence } from '#shared/domain/evidence.ts';
import { parseFrame } from '#shared/ocpp/frame.ts';
import type { Caused, Sighting } from './operation.ts';
import { connectorOf } from './v16-words.ts';

/** What a charger has said since a command was sent to it: looked up when somebody wants to know, so that its messages cost no more for it. */

export function bootSince({ charger: { boot }, sentAt }: Caused): Sighting[] {
  return boot && boot.at >= sentAt ? [{ at: boot.at, what: 'BootNotification', claim: `boot#${boot.at}` }] : [];
}

/** Newest statuses that were received since: of one connector, or of all where that is 0. */
export async function statusesSince({ charger, stores, sentAt }: Caused, connectorId: number): Promise<StatusReport[]> {
  const view = await stores.chargers.viewCharger(charger.id);
  return (view?.statuses ?? []).filter(
    ({ connector, receivedAt }) => receivedAt >= sentAt && (connectorId === 0 || connector.evse === connectorId),
  );
}

/** A heartbeat is written down once in five minutes: another one within them is not seen. */
export async function heardSince({ charger, stores, sentAt }: Caused): Promise<Sighting[]> {
  const heardAt = (await stores.chargers.currentConnection(charger.id))?.lastHeardAt;
  return heardAt !== undefined && heardAt >= sentAt ? [{ at: heardAt, what: 'Heartbeat' }] : [];
}

/** Readings of sessions, and of connectors without one. */
export async function readingsSince(
  { charger, stores, sentAt }: Caused,
  connectorId: number | undefined,
): Promise<Sighting[]> {
  const chargerId = charger.id;
  const isMeant = (evse: number) => connectorId === undefined || evse === connectorId;
  const open = (await stores.sessions.listOpen(chargerId)).filter(
    ({ connector }) => connector === undefined || isMeant(connector.evse),
  );
  const view = await stores.chargers.viewCharger(chargerId);
  const connectors = new Map(
    [
      wholeCharger,
      ...(connectorId === undefined ? [] : [connectorOf(connectorId)]),
      ...charger.connectors.map(({ id }) => connectorOf(id)),
      ...(view?.statuses ?? []).map((status) => status.connector),
    ].map((connector) => [connectorText(connector), connector]),
  );
  const latest = await Promise.all([
    ...open.map(({ localId }) => stores.readings.latestReadings({ chargerId, protocolTransactionId: localId })),
    ...[...connectors.values()]
      .filter(({ evse }) => isMeant(evse))
      .map((connector) => stores.readings.latestReadings({ chargerId, connector })),
  ]);
  return latest
    .flatMap(({ any }) => (any && any.receivedAt >= sentAt ? [any.receivedAt] : []))
    .map((at) => ({ at, what: 'MeterValues' }));
}

/** How many of the newest reports are looked through. */
const LOOKED_THROUGH = 100;

/** What notifications of progress said, newest first. */
export async function reportsSince(
  { charger, stores, sentAt, untilAt }: Caused,
  kind: Evidence['kind'],
): Promise<Sighting[]> {
  const { items } = await stores.evidence.listEvidence(charger.id, LOOKED_THROUGH);
  return items
    .filter((report) => report.kind === kind && report.at >= sentAt && (untilAt === undefined || report.at < untilAt))
    .map(({ at, content }) => ({ at, what: statusIn(content) }));
}

function statusIn(text: string): string {
  const frame = parseFrame(text);
  return frame.kind === 'call' && typeof frame.payload.status === 'string' ? frame.payload.status : '';
}
