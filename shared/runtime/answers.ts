import type * as z from 'zod';
import { type ChargerView, isOnline } from '#shared/domain/charger.ts';
import type { Command } from '#shared/domain/command.ts';
import type { Durations } from '#shared/domain/durations.ts';
import type { FirmwareFile } from '#shared/domain/firmware.ts';
import { lastHeardAt } from '#shared/domain/heard.ts';
import { energyOf, type Reading, type ReadingStore } from '#shared/domain/reading.ts';
import { countedOf, energyBetween, type Session, seriesOf } from '#shared/domain/session.ts';
import { sessionIdOf } from '#shared/domain/session-id.ts';
import { statusOf, type Tag } from '#shared/domain/tag.ts';
import type { charger } from '#shared/http/charger.ts';
import type { command } from '#shared/http/command.ts';
import type { firmwareFile } from '#shared/http/files.ts';
import type { meterReading, session } from '#shared/http/session.ts';
import type { tag } from '#shared/http/tag.ts';
import type { Stores } from '#shared/store/stores.ts';
import { quirksInForce } from './quirks.ts';

/** What the app API says of the domain's things. */

export async function chargerAnswer(
  { stores, durations, nowMs }: { stores: Stores; durations: Durations; nowMs: number },
  view: ChargerView,
): Promise<z.input<typeof charger>> {
  const { charger: it, connection, statuses } = view;
  const heardAt = await lastHeardAt(stores, view, nowMs, durations.heardSlotMs);
  const ids = new Set([...it.connectors.map(({ id }) => id), ...statuses.map((status) => status.connector.evse)]);
  return {
    id: it.id,
    organisationId: it.organisationId,
    registration: it.registration,
    acceptedAt: it.acceptedAt ?? null,
    strictness: it.strictness,
    securityProfile: it.securityProfile,
    credential: it.credential?.kind ?? 'none',
    nextCredential: it.nextCredential?.kind ?? null,
    heartbeatIntervalS: it.heartbeatIntervalS,
    toldIntervalS: it.toldIntervalS ?? null,
    assumeProtocol: it.assumeProtocol ?? null,
    quirks: it.quirks,
    quirksInForce: quirksInForce(it),
    online: isOnline(connection, heardAt, it.heartbeatIntervalS, nowMs, durations.offlineAfterMs),
    connectedAt: connection.connectionId === undefined ? null : (connection.connectedAt ?? null),
    lastHeardAt: heardAt ?? null,
    bootedAt: it.boot?.at ?? null,
    vendor: it.boot?.vendor ?? null,
    model: it.boot?.model ?? null,
    serialNumber: it.boot?.serialNumber ?? null,
    firmwareVersion: it.boot?.firmwareVersion ?? null,
    connectors: [...ids]
      .sort((a, b) => a - b)
      .map((id) => {
        const plan = it.connectors.find((connector) => connector.id === id);
        const status = statuses.find((report) => report.connector.evse === id);
        return {
          id,
          type: plan?.type ?? null,
          maxPowerW: plan?.maxPowerW ?? null,
          status: status?.status ?? null,
          errorCode: status?.errorCode ?? null,
          info: status?.info ?? null,
          vendorErrorCode: status?.vendorErrorCode ?? null,
          statusAt: status?.at ?? null,
        };
      }),
  };
}

export async function sessionAnswer(readings: ReadingStore, it: Session): Promise<z.input<typeof session>> {
  return {
    id: sessionIdOf(it.chargerId, it.localId),
    organisationId: it.organisationId,
    chargerId: it.chargerId,
    connectorId: it.connector?.evse ?? null,
    protocolTransactionId: it.protocolTransactionId,
    idTag: it.idTag ?? null,
    state: it.state,
    endedBy: it.endedBy ?? null,
    authorised: it.authorised,
    tagStatus: it.tagStatus ?? null,
    startedAt: it.startedAt ?? null,
    endedAt: it.endedAt ?? null,
    receivedAt: it.receivedAt,
    endReceivedAt: it.endReceivedAt ?? null,
    meterStartWh: it.meterStartWh ?? null,
    meterStopWh: it.meterStopWh ?? null,
    energyWh: (it.state === 'active' ? await liveEnergy(readings, it) : it.energyWh) ?? null,
    stopReason: it.stopReason ?? null,
    reservationId: it.reservationId ?? null,
    reviewReasons: it.reviewReasons,
    decisions: it.decisions.map(({ energyWh, startedAt, endedAt, ...decision }) => ({
      ...decision,
      energyWh: energyWh ?? null,
      startedAt: startedAt ?? null,
      endedAt: endedAt ?? null,
    })),
    counts: countsAnswer(it),
  };
}

function countsAnswer(it: Session): z.input<typeof session>['counts'] {
  const counted = countedOf(it);
  return (
    (counted && {
      energyWh: counted.energyWh ?? null,
      startedAt: counted.startedAt ?? null,
      endedAt: counted.endedAt ?? null,
      waived: counted.waived,
    }) ??
    null
  );
}

/** Live progress is read from the newest register, never written to the session. Readings that tell none leave it unknown. */
async function liveEnergy(readings: ReadingStore, it: Session): Promise<number | undefined> {
  const { any, register } = await readings.latestReadings(seriesOf(it));
  const newestWh = any === undefined ? it.meterStartWh : register?.registerWh;
  return newestWh === undefined ? undefined : energyBetween(it.meterStartWh, newestWh);
}

export const readingAnswer = ({
  at,
  reportedAt,
  receivedAt,
  connector,
  protocolTransactionId,
  samples,
}: Reading): z.input<typeof meterReading> => ({
  at,
  reportedAt: reportedAt ?? null,
  receivedAt,
  connectorId: connector?.evse ?? null,
  protocolTransactionId: protocolTransactionId ?? null,
  sampledValues: samples.map(({ phase, ...sample }) => ({
    ...sample,
    phase: phase ?? null,
    energyWh: energyOf({ phase, ...sample }) ?? null,
  })),
});

export const tagAnswer = (it: Tag, nowMs: number): z.input<typeof tag> => ({
  idTag: it.idTag,
  issuer: it.issuer === 'installation' ? 'installation' : it.issuer.organisationId,
  status: statusOf(it, nowMs),
  parentIdTag: it.parentIdTag ?? null,
  expiryDate: it.expiryDate ?? null,
  maxOpenSessions: it.maxOpenSessions ?? null,
});

export function firmwareAnswer(
  { fileId, ...it }: FirmwareFile,
  uploaded?: { sizeBytes: number; at: string },
): z.input<typeof firmwareFile> {
  return {
    ...it,
    firmwareFileId: fileId,
    sizeBytes: it.sizeBytes ?? null,
    sha256: it.sha256 ?? null,
    uploaded: uploaded ?? null,
  };
}

export function commandAnswer(it: Command): z.input<typeof command> {
  return {
    commandId: it.commandId,
    chargerId: it.chargerId,
    action: it.action,
    payload: it.payload,
    state: it.state,
    reason: it.reason ?? null,
    answer: it.answer ?? null,
    lateAnswer: it.lateAnswer ?? null,
    observed: it.observed ?? null,
    by: it.by,
    whenOffline: it.whenOffline,
    createdAt: it.createdAt,
    expiresAt: it.expiresAt,
    sentAt: it.sentAt ?? null,
    answeredAt: it.answeredAt ?? null,
  };
}
