import { createHash } from 'node:crypto';
import { type Connector, connectorText } from './connector.ts';
import type { EarlierStart, Opening, OpenSession, ReviewReason, SessionStore } from './session.ts';
import { sessionIdOf } from './session-id.ts';
import {
  canonicalTag,
  statusOf,
  type Tag,
  type TagKnowledge,
  type TagSlot,
  type TagStatus,
  type TagStore,
} from './tag.ts';
import { believe, toInstant } from './time.ts';

export interface StartReport {
  chargerId: string;
  organisationId: string;
  connector: Connector;
  /** False for a connector that this charger is not known to have. */
  connectorKnown: boolean;
  idTag: string;
  meterStartWh: number;
  reservationId?: number;
  /** The charger's own time, however odd. */
  reportedMs: number;
  receivedMs: number;
}

export interface StartAnswer {
  localId: string;
  tagStatus: TagStatus;
  tag?: Tag;
}

/** Of the starts that meet on one connector, or over one tag, each round lets one through: so many may meet at once. */
const ATTEMPTS = 32;

/**
 * Opens a session for whatever a charger reports, whether the tag may charge or not: what it reports has happened. The same start
 * again gets the same answer. An open session of the connector ends and goes to review (OCPP-S 4.8, E 3.54).
 */
export async function startSession(
  stores: { sessions: SessionStore; tags: TagStore },
  drawLocalId: () => string,
  report: StartReport,
): Promise<StartAnswer> {
  const startKey = startKeyOf(report);
  const time = believe(report.reportedMs, report.receivedMs);
  const look = () =>
    Promise.all([
      stores.sessions.beforeStart(report.chargerId, startKey, report.connector),
      stores.tags.lookUp(report.idTag, report.organisationId),
    ]);
  let [before, knowledge] = await look();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (before.same && (time.plausible || before.same.localId === before.open?.localId)) {
      return { ...before.same, tag: knowledge.tag };
    }
    const opening = openingOf(report, startKey, drawLocalId(), before, knowledge);
    let learnt: typeof before | undefined;
    const outcome = await stores.sessions.openSession(opening, (now) => {
      learnt = now;
    });
    const { localId, tagStatus } = opening.session;
    if (outcome === 'opened' && tagStatus) return { localId, tagStatus, tag: knowledge.tag };
    if (outcome === 'idTaken') continue;
    // The slots of a limited tag are not learnt from a lost race.
    if (learnt && !opening.session.tagSlot) before = learnt;
    else [before, knowledge] = await look();
  }
  throw new Error('The connector is contended: no start could be recorded');
}

/** One start however often it is sent: charger (by its partition), connector, tag, time and register. */
function startKeyOf({ connector, idTag, reportedMs, meterStartWh }: StartReport): string {
  const parts = [connectorText(connector), canonicalTag(idTag), reportedMs, meterStartWh];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 24);
}

function openingOf(
  report: StartReport,
  startKey: string,
  localId: string,
  before: { same?: EarlierStart; open?: OpenSession },
  knowledge: TagKnowledge,
): Opening {
  const { chargerId, organisationId, connector, idTag, meterStartWh, reservationId, receivedMs } = report;
  const time = believe(report.reportedMs, receivedMs);
  const reasons: ReviewReason[] = [];
  if (!report.connectorKnown || connector.evse === 0) reasons.push('unknownConnector');
  if (!time.plausible) reasons.push('implausibleStart');
  if (before.same) reasons.push('repeatedStart');
  const superseded = before.open && sessionIdOf(chargerId, before.open.localId);
  const { tagStatus, tagSlot } = admit(report, knowledge, superseded);
  return {
    startKey,
    replaces: before.same?.localId,
    supersedes: before.open,
    session: {
      chargerId,
      organisationId,
      localId,
      protocolTransactionId: localId,
      connector,
      idTag,
      parentIdTag: knowledge.tag?.parentIdTag,
      tagStatus,
      authorised: tagStatus === 'Accepted',
      tagSlot,
      reservationId,
      startedAt: time.at,
      meterStartWh,
      receivedAt: toInstant(receivedMs),
      state: 'active',
      reviewReasons: reasons,
      decisions: [],
      watchedAt: toInstant(receivedMs),
    },
  };
}

/** The verdict on the tag, with the slot that an accepted session of a limited tag takes. */
function admit(
  { connector, receivedMs }: StartReport,
  { tag, slots }: TagKnowledge,
  superseded: string | undefined,
): { tagStatus: TagStatus; tagSlot?: TagSlot } {
  const tagStatus = connector.evse === 0 ? 'Invalid' : statusOf(tag, receivedMs);
  if (tag?.maxOpenSessions === undefined || tagStatus !== 'Accepted') return { tagStatus };
  const taken = new Set(slots.filter((slot) => slot.sessionId !== superseded).map((slot) => slot.number));
  const number = Array.from({ length: tag.maxOpenSessions }, (_, index) => index).find((index) => !taken.has(index));
  if (number === undefined) return { tagStatus: 'ConcurrentTx' };
  return { tagStatus, tagSlot: { idTag: tag.idTag, issuer: tag.issuer, number } };
}
