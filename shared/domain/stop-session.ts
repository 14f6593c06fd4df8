import { createHash } from 'node:crypto';
import type { Reading, ReadingStore } from './reading.ts';
import {
  type Closing,
  energyBetween,
  type OpenSession,
  type ReviewReason,
  type Session,
  type SessionStore,
} from './session.ts';
import { canonicalTag, isOfSameGroup, type Tag, type TagStore } from './tag.ts';
import { believe, toInstant } from './time.ts';

export interface StopReport {
  chargerId: string;
  organisationId: string;
  /** As the charger named it: any integer, also one that was never issued. */
  protocolTransactionId: string;
  idTag?: string;
  meterStopWh: number;
  reason: string;
  reportedMs: number;
  receivedMs: number;
  /** What came along with the stop. */
  readings: Reading[];
}

/** 'repeated': it was counted before. 'conflicting': another stop was, and this one goes to review. */
export type StopOutcome = 'counted' | 'repeated' | 'conflicting';

const ATTEMPTS = 6;

interface Stores {
  sessions: SessionStore;
  tags: TagStore;
  readings: ReadingStore;
}

/**
 * Ends a session with what the charger reports. A second stop counts nothing twice; a stop that names an id never issued is matched
 * only where exactly one open session fits, and is otherwise parked for review: a wrong match bills somebody else (E 3.18).
 * Answers the tag that the stop named, where it is known.
 */
export async function stopSession(stores: Stores, report: StopReport): Promise<{ tag?: Tag; outcome: StopOutcome }> {
  const stopKey = stopKeyOf(report);
  const { chargerId, protocolTransactionId } = report;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [session, open, knowledge] = await Promise.all([
      stores.sessions.findSession(chargerId, protocolTransactionId),
      stores.sessions.listOpen(chargerId),
      report.idTag === undefined ? undefined : stores.tags.lookUp(report.idTag, report.organisationId),
    ]);
    const outcome = session
      ? await settle(stores, report, stopKey, session, knowledge?.tag)
      : await settleUnknown(stores, report, stopKey, open, knowledge?.tag);
    if (outcome !== 'again') return { tag: knowledge?.tag, outcome };
  }
  throw new Error('The session is contended: no stop could be recorded');
}

/** One stop however often it is sent. */
function stopKeyOf({ protocolTransactionId, meterStopWh, reportedMs, reason, idTag }: StopReport): string {
  const parts = [protocolTransactionId, meterStopWh, reportedMs, reason, idTag && canonicalTag(idTag)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 24);
}

async function settle(
  stores: Stores,
  report: StopReport,
  stopKey: string,
  session: Session,
  tag: Tag | undefined,
): Promise<StopOutcome | 'again'> {
  const [outcome] = await Promise.all([
    end(stores, report, stopKey, session, tag),
    fileReadings(stores, report, session),
  ]);
  return outcome;
}

async function end(
  { sessions, ...others }: Stores,
  report: StopReport,
  stopKey: string,
  session: Session,
  tag: Tag | undefined,
): Promise<StopOutcome | 'again'> {
  if (session.endedBy === 'charger') {
    if (session.stopKey === stopKey || session.otherStops?.includes(stopKey)) return 'repeated';
    await sessions.recordConflictingStop(session, stopKey, toInstant(report.receivedMs));
    return 'conflicting';
  }
  const also: ReviewReason[] = session.state === 'ended' ? ['lateStop'] : [];
  if (isForeign(report, session, tag)) also.push('foreignStop');
  let learnt: Session | undefined;
  const outcome = await sessions.closeSession(closingOf(report, stopKey, session, also), (now) => {
    learnt = now;
  });
  if (outcome === 'closed') return 'counted';
  return learnt ? end({ sessions, ...others }, report, stopKey, learnt, tag) : 'again';
}

async function fileReadings(
  { readings }: Stores,
  { chargerId, readings: brought }: StopReport,
  { localId, connector }: Pick<Session, 'localId' | 'connector'>,
): Promise<void> {
  const filed = brought.map((reading) => ({ ...reading, connector, filedUnder: localId }));
  if (filed.length > 0) await readings.record(chargerId, filed);
}

async function settleUnknown(
  stores: Stores,
  report: StopReport,
  stopKey: string,
  open: OpenSession[],
  tag: Tag | undefined,
): Promise<StopOutcome | 'again'> {
  const { sessions } = stores;
  const before = await sessions.findByStop(report.chargerId, stopKey);
  if (before !== undefined) {
    const session = await sessions.findSession(report.chargerId, before);
    if (session) await fileReadings(stores, report, session);
    return 'repeated';
  }
  const only = await onlyFitting(stores, report, open, tag);
  const matched = only && (await sessions.findSession(report.chargerId, only.localId));
  if (!matched) {
    const stop = parkedStop(report, stopKey);
    const [outcome] = await Promise.all([sessions.parkStop(stop), fileReadings(stores, report, stop)]);
    return outcome === 'parked' ? 'counted' : 'again';
  }
  if (matched.state !== 'active') return 'again';
  const closing = closingOf(report, stopKey, matched, ['matchedStop']);
  const outcome = await sessions.closeSession({ ...closing, remember: true });
  if (outcome === 'closed') await fileReadings(stores, report, matched);
  return outcome === 'closed' ? 'counted' : 'again';
}

/** The one open session that a stop can have meant; undefined where there is none, or a choice. */
async function onlyFitting(
  { readings }: Stores,
  report: StopReport,
  open: OpenSession[],
  tag: Tag | undefined,
): Promise<OpenSession | undefined> {
  const candidates = open.filter((session) => couldEnd(report, session, tag));
  const registers = await Promise.all(
    candidates.map(({ localId, connector, startedAt: from }) =>
      readings.latestReadings({ chargerId: report.chargerId, protocolTransactionId: localId, connector, from }),
    ),
  );
  const fitting = candidates.filter((_, index) => report.meterStopWh >= (registers[index]?.register?.registerWh ?? 0));
  return fitting.length === 1 ? fitting[0] : undefined;
}

function couldEnd(report: StopReport, open: OpenSession, tag: Tag | undefined): boolean {
  if (report.meterStopWh < open.meterStartWh) return false;
  const { at, plausible } = believe(report.reportedMs, report.receivedMs);
  if (plausible && at < open.startedAt) return false;
  return !isForeign(report, open, tag);
}

/** Whether the stop names a tag that has nothing to do with the one that started. */
const isForeign = (
  { idTag }: StopReport,
  started: { idTag?: string; parentIdTag?: string },
  tag: Tag | undefined,
): boolean => idTag !== undefined && !isOfSameGroup(started, { idTag, parentIdTag: tag?.parentIdTag });

function closingOf(report: StopReport, stopKey: string, session: Session, also: ReviewReason[]): Closing {
  const time = believe(report.reportedMs, report.receivedMs);
  const beforeStart = session.startedAt !== undefined && time.at < session.startedAt;
  const energyWh = energyBetween(session.meterStartWh, report.meterStopWh);
  const reasons = [...also];
  if (!time.plausible) reasons.push('implausibleStop');
  if (beforeStart) reasons.push('stopBeforeStart');
  if (session.meterStartWh !== undefined && energyWh === undefined) reasons.push('meterBelowStart');
  if (!session.authorised && energyWh !== undefined && energyWh > 0) reasons.push('unauthorisedEnergy');
  const active = session.state === 'active';
  return {
    chargerId: report.chargerId,
    organisationId: session.organisationId,
    localId: session.localId,
    frees: active ? session.connector : undefined,
    tagSlot: active ? session.tagSlot : undefined,
    endedAt: time.at,
    endReceivedAt: toInstant(report.receivedMs),
    meterStopWh: report.meterStopWh,
    energyWh,
    stopReason: report.reason,
    stopKey,
    reviewReasons: reasons,
  };
}

function parkedStop(report: StopReport, stopKey: string): Session & { stopKey: string } {
  const time = believe(report.reportedMs, report.receivedMs);
  const receivedAt = toInstant(report.receivedMs);
  return {
    chargerId: report.chargerId,
    organisationId: report.organisationId,
    localId: `stop-${stopKey}`,
    protocolTransactionId: report.protocolTransactionId,
    idTag: report.idTag,
    authorised: false,
    receivedAt,
    state: 'ended',
    endedBy: 'charger',
    endedAt: time.at,
    endReceivedAt: receivedAt,
    meterStopWh: report.meterStopWh,
    stopReason: report.reason,
    stopKey,
    reviewReasons: time.plausible ? ['unmatchedStop'] : ['unmatchedStop', 'implausibleStop'],
    decisions: [],
  };
}
