import type { ChargerPlan, StatusReport } from '#shared/domain/charger.ts';
import type { Durations } from '#shared/domain/durations.ts';
import type { Reading, Sample } from '#shared/domain/reading.ts';
import type { Closing, Opening, OpenSession, Session } from '#shared/domain/session.ts';
import type { Tag } from '#shared/domain/tag.ts';
import { type Instant, toInstant } from '#shared/domain/time.ts';
import type { Tracing } from '#shared/domain/trace.ts';

/** The fixed clock of the tests, in milliseconds. */
export const noon = Date.UTC(2026, 5, 1, 12);

/** A moment so many seconds after noon. */
export const atSecond = (seconds: number): Instant => toInstant(noon + seconds * 1000);

/** As the templates have them. */
export const durations: Durations = {
  heardSlotMs: 300_000,
  offlineAfterMs: 600_000,
  lookEveryMs: 1_800_000,
  freeGraceMs: 900_000,
  goneGraceMs: 86_400_000,
  settleMs: 900_000,
  secretKeptMs: 300_000,
  commandAnswerMs: 60_000,
  bootGraceMs: 10_000,
  effectMs: 300_000,
  traceLookMs: 30_000,
  traceKeptMs: 604_800_000,
};

/** Where nobody is traced. */
export const untraced: Tracing = { note: async () => {}, isTraced: async () => false };

let drawn = 0;

/** A name that no other test of this file has. */
export const anew = (word: string): string => `${word}-${++drawn}`;

/** An idTag that no other test of this file has. */
export const anewTag = (): string => anew('TAG');

export const connector = (number: number) => ({ evse: number, connector: 1 });

export const chargerPlan = (changes: Partial<ChargerPlan> = {}): ChargerPlan => ({
  id: anew('CP'),
  organisationId: 'sunny',
  securityProfile: 1,
  registration: 'accepted',
  strictness: 'tolerant',
  heartbeatIntervalS: 300,
  quirks: [],
  connectors: [{ id: 1, type: 'Type2', maxPowerW: 22_000 }],
  ...changes,
});

export const status = (changes: Partial<StatusReport> = {}): StatusReport => ({
  connector: connector(1),
  status: 'Available',
  errorCode: 'NoError',
  at: atSecond(0),
  receivedAt: atSecond(0),
  ...changes,
});

export const tag = (changes: Partial<Tag> = {}): Tag => ({
  idTag: anewTag(),
  issuer: { organisationId: 'sunny' },
  status: 'Accepted',
  ...changes,
});

export const session = (changes: Partial<Session> = {}): Session => {
  const localId = changes.localId ?? anew('1');
  return {
    chargerId: anew('CP'),
    organisationId: 'sunny',
    localId,
    protocolTransactionId: localId,
    connector: connector(1),
    idTag: 'ABCD',
    tagStatus: 'Accepted',
    authorised: true,
    startedAt: atSecond(0),
    meterStartWh: 1000,
    receivedAt: atSecond(0),
    state: 'active',
    reviewReasons: [],
    decisions: [],
    ...changes,
  };
};

/** The start of a session, under a natural key of its own. */
export const opening = (changes: Partial<Session> = {}, more: Partial<Omit<Opening, 'session'>> = {}): Opening => ({
  session: session(changes),
  startKey: anew('start'),
  ...more,
});

/** What is kept of a session while it holds its connector. */
export function openOf(started: Session): OpenSession {
  const { localId, connector: at, idTag, startedAt, meterStartWh, parentIdTag, tagSlot } = started;
  if (!at || idTag === undefined || startedAt === undefined || meterStartWh === undefined) {
    throw new Error('Not every session opens');
  }
  return { localId, connector: at, idTag, startedAt, meterStartWh, parentIdTag, tagSlot };
}

/** The stop of an active session. */
export const closing = (started: Session, changes: Partial<Closing> = {}): Closing => ({
  chargerId: started.chargerId,
  organisationId: started.organisationId,
  localId: started.localId,
  frees: started.connector,
  tagSlot: started.tagSlot,
  endedAt: atSecond(3600),
  endReceivedAt: atSecond(3601),
  meterStopWh: 8200,
  energyWh: 7200,
  stopReason: 'Local',
  stopKey: anew('stop'),
  reviewReasons: [],
  ...changes,
});

export const sample = (changes: Partial<Sample> = {}): Sample => ({
  value: '1000',
  context: 'Sample.Periodic',
  format: 'Raw',
  measurand: 'Energy.Active.Import.Register',
  location: 'Outlet',
  unit: 'Wh',
  ...changes,
});

export const reading = (changes: Partial<Reading> = {}): Reading => ({
  connector: connector(1),
  protocolTransactionId: '123456789',
  at: atSecond(0),
  receivedAt: atSecond(1),
  samples: [sample()],
  registerWh: 1000,
  ...changes,
});
