import type * as z from 'zod';
import { type Campaign, type CampaignTarget, tallyOf } from '#shared/domain/campaign.ts';
import { type ChargerView, isOnline, type StatusReport } from '#shared/domain/charger.ts';
import type { InstalledProfile } from '#shared/domain/charging-profile.ts';
import type { Command } from '#shared/domain/command.ts';
import type { ConfigurationTemplate, Drift } from '#shared/domain/configuration-template.ts';
import type { Configuration } from '#shared/domain/configurations.ts';
import type { Durations } from '#shared/domain/durations.ts';
import type { FirmwareFile } from '#shared/domain/firmware.ts';
import { lastHeardAt } from '#shared/domain/heard.ts';
import type { ListState } from '#shared/domain/list-sync.ts';
import type { LocalList, LocalListEntry } from '#shared/domain/local-list.ts';
import { planUpdate } from '#shared/domain/local-list.ts';
import { energyOf, type Reading, type ReadingStore } from '#shared/domain/reading.ts';
import { type Reservation, stateOf } from '#shared/domain/reservation.ts';
import { countedOf, energyBetween, type Session, seriesOf } from '#shared/domain/session.ts';
import { sessionIdOf } from '#shared/domain/session-id.ts';
import { statusOf, type Tag } from '#shared/domain/tag.ts';
import type { Instant } from '#shared/domain/time.ts';
import type { TraceEntry } from '#shared/domain/trace.ts';
import type { campaign, campaignCommand } from '#shared/http/campaign.ts';
import type { charger } from '#shared/http/charger.ts';
import type { chargingProfile } from '#shared/http/charging-profile.ts';
import type { command } from '#shared/http/command.ts';
import type { applied, configuration, template } from '#shared/http/configuration.ts';
import type { firmwareFile } from '#shared/http/files.ts';
import type { localList } from '#shared/http/local-list.ts';
import type { reservation } from '#shared/http/reservation.ts';
import type { meterReading, session } from '#shared/http/session.ts';
import type { tag } from '#shared/http/tag.ts';
import type { trace, traceFrame } from '#shared/http/trace.ts';
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

export function configurationAnswer({ known, template, drift }: Configuration): z.input<typeof configuration> {
  return {
    keys: known.keys.map(({ key, value, readonly, readAt, pendingRestart, uncertain }) => ({
      key,
      value: value ?? null,
      readonly,
      readAt,
      pendingRestart: pendingRestart ?? null,
      uncertain: uncertain ?? false,
    })),
    unsupported: [...known.unsupported],
    template: template ? templateAnswer(template) : null,
    drift: drift.map(driftAnswer),
  };
}

export const driftAnswer = ({ value, ...it }: Drift): z.input<typeof applied>['left'][number] => ({
  ...it,
  value: value ?? null,
});

export const templateAnswer = ({ settings, ...it }: ConfigurationTemplate): z.input<typeof template> => ({
  ...it,
  settings: [...settings],
});

export const traceAnswer = (
  chargerId: string,
  until: Instant | undefined,
  { traceLookMs }: Pick<Durations, 'traceLookMs'>,
): z.input<typeof trace> => ({
  chargerId,
  until: until ?? null,
  takesEffectWithinS: Math.ceil(traceLookMs / 1000),
});

export const traceFrameAnswer = ({
  at,
  direction,
  action,
  text,
  connectionId,
  ms,
}: TraceEntry): z.input<typeof traceFrame> => ({
  at,
  direction,
  action: action ?? null,
  text,
  connectionId,
  ms: ms ?? null,
});

/** With the wave that is under way: its outcomes are not in the tally yet. */
export async function campaignAnswer({ stores }: { stores: Stores }, it: Campaign): Promise<z.input<typeof campaign>> {
  const targets = it.state === 'ended' ? [] : await stores.campaigns.waveOf(it);
  const { succeeded, failed, reasons } = tallyOf(it, targets);
  const commanded = targets.filter(({ state }) => state === 'commanded').length;
  const waves = Math.ceil(it.total / it.waveSize);
  return {
    campaignId: it.campaignId,
    name: it.name,
    organisationId: it.organisationId,
    command: { action: it.action, payload: it.payload },
    chargers: it.chargers,
    waveSize: it.waveSize,
    intervalS: it.intervalS,
    window: it.window ?? null,
    stopAtFailureRate: it.stopAtFailureRate ?? null,
    whenOffline: it.whenOffline,
    expiresInS: it.expiresInS,
    by: it.by,
    createdAt: it.createdAt,
    state: it.state,
    reason: it.state === 'stopped' ? (it.reason ?? null) : null,
    wave: Math.min(it.wave + 1, waves),
    waves,
    counts: { total: it.total, waiting: it.total - commanded - succeeded - failed, commanded, succeeded, failed },
    failures: reasons,
  };
}

export const campaignCommandAnswer = (
  { waveSize }: Campaign,
  { index, chargerId, state, reason, note, commandId }: CampaignTarget,
): z.input<typeof campaignCommand> => ({
  chargerId,
  wave: Math.floor(index / waveSize) + 1,
  state,
  reason: reason ?? null,
  note: note ?? null,
  commandId: commandId ?? null,
});

export const profileAnswer = ({
  connectorId,
  profile,
  installedAt,
}: InstalledProfile): z.input<typeof chargingProfile> => ({
  connectorId,
  profileId: profile.profileId,
  purpose: profile.purpose,
  kind: profile.kind,
  recurrency: profile.recurrency ?? null,
  stackLevel: profile.stackLevel,
  transactionId: profile.transactionId ?? null,
  validFrom: profile.validFrom ?? null,
  validTo: profile.validTo ?? null,
  schedule: {
    startAt: profile.schedule.startAt ?? null,
    durationS: profile.schedule.durationS ?? null,
    unit: profile.schedule.unit,
    minRate: profile.schedule.minRateTenths === undefined ? null : profile.schedule.minRateTenths / 10,
    periods: profile.schedule.periods.map(({ startS, limitTenths, phases }) => ({
      startS,
      limit: limitTenths / 10,
      phases: phases ?? null,
    })),
  },
  installedAt,
});

export function localListAnswer({
  desired,
  state: { held, pending, sync },
}: {
  desired?: LocalList;
  state: ListState;
}): z.input<typeof localList> {
  const { known, lastVersion } = held;
  const list = typeof known === 'string' ? undefined : known;
  return {
    desired: desired ? { revision: desired.revision, entries: desired.entries.map(entryAnswer) } : null,
    held: {
      is: typeof known === 'string' ? known : 'list',
      version: list?.version ?? null,
      entries: list?.entries.map(entryAnswer) ?? null,
    },
    lastVersion,
    inStep: desired !== undefined && !pending && planUpdate({ desired, held }).kind === 'nothing',
    pendingCommandId: pending?.commandId ?? null,
    sync: sync ? { ...sync, reason: sync.reason ?? null } : null,
  };
}

const entryAnswer = ({ idTag, status, expiryDate, parentIdTag }: LocalListEntry) => ({
  idTag,
  status,
  expiryDate: expiryDate ?? null,
  parentIdTag: parentIdTag ?? null,
});

export const reservationAnswer = (
  it: Reservation,
  statuses: readonly StatusReport[],
  nowMs: number,
): z.input<typeof reservation> => ({
  reservationId: it.reservationId,
  connectorId: it.connectorId,
  idTag: it.idTag,
  parentIdTag: it.parentIdTag ?? null,
  expiryDate: it.expiryDate,
  state: stateOf(it, statuses, nowMs),
  commandId: it.commandId,
  acceptedAt: it.acceptedAt,
  endedAt: it.endedAt ?? null,
  sessionId: it.localId === undefined ? null : sessionIdOf(it.chargerId, it.localId),
});
