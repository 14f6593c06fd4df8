import type { ChargerStore, ChargerView } from './charger.ts';
import { connectorText } from './connector.ts';
import type { Durations } from './durations.ts';
import type { EvidenceStore } from './evidence.ts';
import { lastHeardAt } from './heard.ts';
import { type Reading, type ReadingStore, registerStepOf } from './reading.ts';
import { energyBetween, type ReviewReason, type Session, type SessionStore, seriesOf } from './session.ts';
import { type Instant, toInstant } from './time.ts';

interface Stores {
  chargers: ChargerStore;
  sessions: SessionStore;
  readings: ReadingStore;
  evidence: EvidenceStore;
}

/**
 * Looks at an active session. One whose connector has been free for a while, or whose charger has been silent for long, will not be
 * stopped any more: it ends here, with what its readings tell, and goes to review. A stop that comes after all still counts.
 */
export async function lookAfter(
  stores: Stores,
  session: Session,
  nowMs: number,
  durations: Durations,
): Promise<'active' | 'ended' | 'lost'> {
  const { chargerId, localId: protocolTransactionId } = session;
  const [view, own, all] = await Promise.all([
    stores.chargers.viewCharger(chargerId),
    stores.readings.latestReadings({ chargerId, protocolTransactionId }),
    stores.readings.latestReadings(seriesOf(session)),
  ]);
  const { any: last, register } = all;
  const endedAt =
    freedAt(session, view, own.register, nowMs, durations.freeGraceMs) ??
    (await goneSince(stores, session, view, last, nowMs, durations.goneGraceMs));
  if (endedAt === undefined) return (await stores.sessions.recordLook(session, toInstant(nowMs))) ? 'active' : 'lost';
  return stores.sessions.inferEnd(session, {
    endedAt: latest(endedAt, session.startedAt),
    endReceivedAt: toInstant(nowMs),
    energyWh: register?.registerWh === undefined ? undefined : energyBetween(session.meterStartWh, register.registerWh),
  });
}

/**
 * When the connector was told to be free, where that was after the start, nothing speaks against it, and a stop has had its time to come.
 * `own` is the last register under the session's own id: a charger reads its meter also while nobody charges, and closes a session with a
 * reading that comes a moment late.
 */
function freedAt(
  session: Session,
  view: ChargerView | undefined,
  own: Reading | undefined,
  nowMs: number,
  graceMs: number,
): Instant | undefined {
  const { connector, startedAt, receivedAt } = session;
  const status = view?.statuses.find((each) => connector && connectorText(each.connector) === connectorText(connector));
  if (!status || startedAt === undefined || status.at <= startedAt) return undefined;
  if (status.status !== 'Available' && status.status !== 'Reserved') return undefined;
  // It went on charging, whatever it said of the connector.
  if (own && Date.parse(own.at) > Date.parse(status.at) + graceMs) return undefined;
  const knownSince = latest(status.receivedAt, receivedAt, own?.receivedAt);
  return Date.parse(knownSince) <= nowMs - graceMs ? status.at : undefined;
}

/** The last that was heard of the session, where its charger has not been heard for so long. */
async function goneSince(
  stores: Stores,
  session: Session,
  view: ChargerView | undefined,
  last: Reading | undefined,
  nowMs: number,
  graceMs: number,
): Promise<Instant | undefined> {
  const known = latest(session.receivedAt, last?.receivedAt);
  if (nowMs - Date.parse(known) < graceMs) return undefined;
  const heardAt = view && (await lastHeardAt(stores, view, nowMs, graceMs));
  if (heardAt !== undefined && nowMs - Date.parse(heardAt) < graceMs) return undefined;
  return last?.at ?? latest(heardAt ?? session.receivedAt);
}

/** How many readings of a session are looked over at a time. */
const PAGE = 100;

/**
 * The last look, when what came late has come: a register that fell on the way is a meter that was changed or reset, and the session
 * goes to review. One that another start has ended learns its energy from its readings.
 */
export async function lookOver(stores: Stores, session: Session, nowMs: number): Promise<boolean> {
  const { fell, lastWh } = await registersOf(stores.readings, session);
  const reviewReasons: ReviewReason[] = fell ? ['registerFell'] : [];
  // What was decided stays as it was decided.
  const isOpen = session.decisions.length === 0 && session.energyWh === undefined && session.meterStopWh === undefined;
  const energyWh = isOpen && lastWh !== undefined ? energyBetween(session.meterStartWh, lastWh) : undefined;
  return stores.sessions.lookOver(session, { reviewReasons, energyWh, at: toInstant(nowMs) });
}

async function registersOf(readings: ReadingStore, session: Session): Promise<{ fell: boolean; lastWh?: number }> {
  const { meterStartWh, meterStopWh } = session;
  let before = meterStartWh === undefined ? undefined : { wh: meterStartWh, stepWh: 1 };
  let fell = false;
  let lastWh: number | undefined;
  let lastAt: Instant | undefined;
  let believed: boolean | undefined;
  let highestWh: number | undefined;
  /** Registers are told in steps: what is less than one is rounding, and no fall. */
  const follow = (wh: number, stepWh: number) => {
    if (before && before.wh - wh >= Math.max(before.stepWh, stepWh)) fell = true;
    before = { wh, stepWh };
  };
  let next: string | undefined;
  do {
    const page = await readings.listReadings(seriesOf(session), PAGE, next);
    for (const { registerWh, samples, at, reportedAt } of page.items) {
      // Of one moment nobody knows which came first.
      if (registerWh === undefined || (at === lastAt && registerWh <= (lastWh ?? 0))) continue;
      // Those whose time cannot be believed come before all others, whenever they were: between the two there is no order.
      const isBelieved = reportedAt === undefined;
      if (believed !== undefined && believed !== isBelieved) before = undefined;
      believed = isBelieved;
      follow(registerWh, registerStepOf(samples));
      [lastWh, lastAt] = [registerWh, at];
      highestWh = Math.max(registerWh, highestWh ?? registerWh);
    }
    next = page.next;
  } while (next !== undefined);
  if (meterStopWh !== undefined) follow(meterStopWh, 1);
  return { fell, lastWh: fell ? lastWh : highestWh };
}

/** There is always one: the first is given. */
function latest(first: Instant, ...others: (Instant | undefined)[]): Instant {
  return others.reduce<Instant>((so, each) => (each !== undefined && each > so ? each : so), first);
}
