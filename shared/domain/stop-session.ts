import { createHash } from 'node:crypto';
import type { ReadingStore } from './reading.ts';
import {
  type Closing,
  energyBetween,
  type OpenSession,
  type ReviewReason,
  type Session,
  type SessionStore,
} from './session.ts';
import { canonicalTag, type Tag, type TagStore } from './tag.ts';
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
}

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
export async function stopSession(stores: Stores, report: StopReport): Promise<{ tag?: Tag }> {
  const stopKey = stopKeyOf(report);
  const { chargerId, protocolTransactionId } = report;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [session, open, knowledge] = await Promise.all([
      stores.sessions.findSession(chargerId, protocolTransactionId),
      stores.sessions.listOpen(chargerId),
      report.idTag === undefined ? undefined : stores.tags.lookUp(report.idTag, report.organisationId),
    ]);
    const outcome = session
      ? await settle(stores, report, stopKey, session)
      : await settleUnknown(stores, report, stopKey, open, knowledge?.tag);
    if (outcome === 'done') return { tag: knowledge?.tag };
  }
  throw new Error('The session is contended: no stop could be recorded');
}

/** One stop however often it is sent. */
function stopKeyOf({ protocolTransactionId, meterStopWh, reportedMs, reason, idTag }: StopReport): string {
  const parts = [protocolTransactionId, meterStopWh, reportedMs, reason, idTag && canonicalTag(idTag)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 24);
}

async function settle(
  { sessions }: Stores,
  report: StopReport,
  stopKey: string,
  session: Session,
): Promise<'done' | 'again'> {
  if (session.endedBy === 'charger') {
    if (session.stopKey !== stopKey && !session.reviewReasons.includes('conflictingStop')) {
      await sessions.addReviewReason(session, 'conflictingStop');
    }
    return 'done';
  }
  const late: ReviewReason[] = session.state === 'ended' ? ['lateStop'] : [];
  const outcome = await sessions.closeSession(closingOf(report, stopKey, session, late));
  return outcome === 'closed' ? 'done' : 'again';
}

async function settleUnknown(
  { sessions, readings }: Stores,
  report: StopReport,
  stopKey: string,
  open: OpenSession[],
  tag: Tag | undefined,
): Promise<'done' | 'again'> {
  if (await sessions.findByStop(report.chargerId, stopKey)) return 'done';
  const candidates = open.filter((session) => couldEnd(report, session, tag));
  const fitting: OpenSession[] = [];
  for (const candidate of candidates) {
    const { register } = await readings.latestReadings({
      chargerId: report.chargerId,
      protocolTransactionId: candidate.localId,
      connector: candidate.connector,
      from: candidate.startedAt,
    });
    if (register?.registerWh === undefined || report.meterStopWh >= register.registerWh) fitting.push(candidate);
  }
  const [only, ...others] = fitting;
  const matched = only && others.length === 0 && (await sessions.findSession(report.chargerId, only.localId));
  if (!matched) {
    await sessions.parkStop(parkedStop(report, stopKey));
    return 'done';
  }
  if (matched.state !== 'active') return 'again';
  const closing = closingOf(report, stopKey, matched, ['matchedStop']);
  const outcome = await sessions.closeSession({ ...closing, remember: true });
  return outcome === 'closed' ? 'done' : 'again';
}

function couldEnd(report: StopReport, open: OpenSession, tag: Tag | undefined): boolean {
  if (report.meterStopWh < open.meterStartWh) return false;
  const { at, plausible } = believe(report.reportedMs, report.receivedMs);
  if (plausible && at < open.startedAt) return false;
  if (report.idTag === undefined || canonicalTag(report.idTag) === canonicalTag(open.idTag)) return true;
  const parent = tag?.parentIdTag;
  return (
    parent !== undefined && open.parentIdTag !== undefined && canonicalTag(parent) === canonicalTag(open.parentIdTag)
  );
}

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

function parkedStop(report: StopReport, stopKey: string): Session {
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
  };
}
