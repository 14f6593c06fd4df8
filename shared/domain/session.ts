import type { Connector } from './connector.ts';
import type { Paged } from './paging.ts';
import type { SeriesKey } from './reading.ts';
import type { TagSlot, TagStatus } from './tag.ts';
import type { Instant } from './time.ts';

export const reviewReasons = [
  'superseded',
  'unauthorisedEnergy',
  'unknownConnector',
  'implausibleStart',
  'implausibleStop',
  'repeatedStart',
  'stopBeforeStart',
  'meterBelowStart',
  'conflictingStop',
  'lateStop',
  'matchedStop',
  'unmatchedStop',
  'foreignStop',
  'registerFell',
  'inferredEnd',
] as const;

export type ReviewReason = (typeof reviewReasons)[number];

type EndedBy = 'charger' | 'superseded' | 'watchdog';

/** One charging session, as the charger reported it. Fields that nobody told are absent. */
export interface Session {
  chargerId: string;
  organisationId: string;
  /** Its name among the sessions of its charger: the transaction id where one was issued. */
  localId: string;
  /** As it stands on the wire. */
  protocolTransactionId: string;
  connector?: Connector;
  idTag?: string;
  parentIdTag?: string;
  tagStatus?: TagStatus;
  authorised: boolean;
  tagSlot?: TagSlot;
  reservationId?: number;
  startedAt?: Instant;
  meterStartWh?: number;
  /** When the start reached us; the order of lists. For a stop without a session: when that did. */
  receivedAt: Instant;
  state: 'active' | 'ended';
  endedBy?: EndedBy;
  endedAt?: Instant;
  endReceivedAt?: Instant;
  meterStopWh?: number;
  /** Never negative; absent when unknown. */
  energyWh?: number;
  stopReason?: string;
  /** What a second stop is compared with. */
  stopKey?: string;
  /** The keys of stops that came besides it. */
  otherStops?: string[];
  /** Why somebody has to look at it; empty when nobody has to, or somebody has. */
  reviewReasons: ReviewReason[];
  /** What was decided in reviews, the first one first. */
  decisions: Decision[];
  /** When the watch looked at it last, or what it looked for began; absent once nothing more is expected of it. */
  watchedAt?: Instant;
}

/** What somebody decided about a session in review. What the charger reported stays as it is; a correction stands beside it. */
export interface Decision {
  outcome: 'approve' | 'correct' | 'waive';
  /** The reasons that it settles. */
  reasons: ReviewReason[];
  note: string;
  /** The subject of whoever decided. */
  by: string;
  at: Instant;
  /** Of a correction: what counts in the place of what was reported. */
  energyWh?: number;
  startedAt?: Instant;
  endedAt?: Instant;
}

/** What is remembered of a start under its natural key, so that its retry gets the same answer. */
export interface EarlierStart {
  localId: string;
  tagStatus: TagStatus;
}

/** The session that holds a connector. */
export interface OpenSession {
  localId: string;
  connector: Connector;
  idTag: string;
  parentIdTag?: string;
  startedAt: Instant;
  meterStartWh: number;
  tagSlot?: TagSlot;
}

export interface Opening {
  session: Session;
  startKey: string;
  /** The ended session whose natural key this start takes over. */
  replaces?: string;
  /** The open session of the connector, which ends with this start. */
  supersedes?: OpenSession;
}

/** What a stop changes. */
export interface Closing {
  chargerId: string;
  organisationId: string;
  localId: string;
  /** Frees the connector; absent for a session that does not hold it any more. */
  frees?: Connector;
  tagSlot?: TagSlot;
  endedAt: Instant;
  endReceivedAt: Instant;
  meterStopWh: number;
  energyWh?: number;
  stopReason: string;
  stopKey: string;
  reviewReasons: ReviewReason[];
  /** Remembers the stop of a never issued id, so that its retry finds this session. */
  remember?: boolean;
}

/** How a session ends that nobody stopped. */
interface InferredEnding {
  endedAt: Instant;
  endReceivedAt: Instant;
  energyWh?: number;
}

export interface SessionStore {
  /** One request: the start of the same natural key, and the session that holds the connector. */
  beforeStart(
    chargerId: string,
    startKey: string,
    connector: Connector,
  ): Promise<{ same?: EarlierStart; open?: OpenSession }>;
  /**
   * All or nothing. 'idTaken': the local id belongs to another session of this charger. 'lost': another start or stop came in
   * between; `learn` is told what stands there now, where the store knows without another read.
   */
  openSession(
    opening: Opening,
    learn?: (before: { same?: EarlierStart; open?: OpenSession }) => void,
  ): Promise<'opened' | 'idTaken' | 'lost'>;
  /** 'lost': it is not as it was read any more; `learn` is told as what it is now, where the store knows without another read. */
  closeSession(closing: Closing, learn?: (session: Session) => void): Promise<'closed' | 'lost'>;
  /** Keeps a stop that belongs to no session. 'lost': it is parked already, or was counted for a session. */
  parkStop(stop: Session & { stopKey: string }): Promise<'parked' | 'lost'>;
  /** The session that a stop of this natural key was counted for, parked or matched. */
  findByStop(chargerId: string, stopKey: string): Promise<string | undefined>;
  /** For review, and remembered, so that its retry is known: the key of a stop that differs from the one that counts. */
  recordConflictingStop(session: Session, stopKey: string, at: Instant): Promise<void>;
  /** Takes it out of review. 'changed': its reasons are others by now, or somebody else has decided; then nothing changes. */
  decide(session: Session, decision: Decision): Promise<'decided' | 'changed'>;
  /** How many await review in the whole installation, and since when the first of them does. */
  countReviews(): Promise<{ count: number; oldest?: Instant }>;
  /** Sessions that were last looked at before then: those that are active, or those that ended since. Some at a time, roughly the oldest look first. Throws at the end where some could not be read. */
  watched(state: Session['state'], before: Instant): AsyncIterable<Session[]>;
  /** False when somebody else looked at it meanwhile, or it has ended: then nothing changes. */
  recordLook(session: Session, at: Instant): Promise<boolean>;
  /** Ends an active session that its charger will not end. 'lost': it has ended meanwhile. */
  inferEnd(session: Session, ending: InferredEnding): Promise<'ended' | 'lost'>;
  /** The last look at an ended session: what it found, and where nobody told an energy, the one that its readings tell. */
  lookOver(
    session: Session,
    found: { reviewReasons: ReviewReason[]; energyWh?: number; at: Instant },
  ): Promise<boolean>;
  findSession(chargerId: string, localId: string): Promise<Session | undefined>;
  listOpen(chargerId: string): Promise<OpenSession[]>;
  /** Newest received first. */
  listOfCharger(chargerId: string, limit: number, after?: string): Promise<Paged<Session>>;
  /** Open ones: newest received first. Those in review: the last to come into it first. */
  listOfOrganisation(
    organisationId: string,
    which: 'open' | 'review',
    limit: number,
    after?: string,
  ): Promise<Paged<Session>>;
}

/** When a session ends because another one starts on its connector: never before it began, whatever the clocks say. */
export function supersededAt(old: OpenSession, next: Session): Instant {
  const startedAt = next.startedAt ?? next.receivedAt;
  const inOrder = startedAt > old.startedAt;
  return inOrder ? startedAt : old.startedAt;
}

/** What flowed between two registers; undefined where the second is the smaller one. */
export function energyBetween(startWh: number | undefined, stopWh: number): number | undefined {
  return startWh === undefined || stopWh < startWh ? undefined : stopWh - startWh;
}

/** Where the readings of a session are found: its own, and those of its connector that name no transaction. */
export const seriesOf = (it: Session): SeriesKey => ({
  chargerId: it.chargerId,
  protocolTransactionId: it.localId,
  connector: it.connector,
  from: it.startedAt,
  to: it.endedAt,
});

type Counted = Pick<Session, 'energyWh' | 'startedAt' | 'endedAt'> & { waived: boolean };

/**
 * What counts of a session: as reported, but for what was corrected since it was approved last. Undefined while it is active or awaits
 * review.
 */
export function countedOf(it: Session): Counted | undefined {
  if (it.state === 'active' || it.reviewReasons.length > 0) return undefined;
  const { energyWh, startedAt, endedAt } = it;
  const reported: Counted = { energyWh, startedAt, endedAt, waived: false };
  return it.decisions.reduce<Counted>((counted, decision) => {
    if (decision.outcome === 'approve') return reported;
    return {
      energyWh: decision.energyWh ?? counted.energyWh,
      startedAt: decision.startedAt ?? counted.startedAt,
      endedAt: decision.endedAt ?? counted.endedAt,
      waived: decision.outcome === 'waive',
    };
  }, reported);
}
