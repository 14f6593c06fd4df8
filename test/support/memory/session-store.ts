import { canonicalId } from '#shared/domain/charger.ts';
import { type Connector, connectorText } from '#shared/domain/connector.ts';
import {
  type EarlierStart,
  type OpenSession,
  type ReviewReason,
  reviewReasons,
  type Session,
  type SessionStore,
  supersededAt,
} from '#shared/domain/session.ts';
import { sessionIdOf } from '#shared/domain/session-id.ts';
import type { TagSlot } from '#shared/domain/tag.ts';
import { pageOfRows, Rows } from './rows.ts';
import { type SlotHolders, slotText } from './tag-store.ts';

export function memorySessionStore(slots: SlotHolders): SessionStore {
  const sessions = new Rows<Session>();
  const starts = new Rows<EarlierStart>();
  const open = new Rows<OpenSession>();
  const stops = new Rows<string>();
  /** Since when a session is in review. */
  const reviewed = new Map<string, string>();

  const key = (chargerId: string, name: string) => `${canonicalId(chargerId)}/${name}`;
  const openKey = (chargerId: string, connector: Connector) => key(chargerId, connectorText(connector));

  const isFreeFor = (slot: TagSlot, sessionId: string | undefined) => {
    const holder = slots.get(slotText(slot));
    return holder === undefined || holder.sessionId === sessionId;
  };

  const withReasons = (session: Session, more: ReviewReason[], since = session.receivedAt): ReviewReason[] => {
    const all = reviewReasons.filter((reason) => session.reviewReasons.includes(reason) || more.includes(reason));
    const name = key(session.chargerId, session.localId);
    if (all.length > 0 && !reviewed.has(name)) reviewed.set(name, since);
    return all;
  };

  const byReceipt = (
    wanted: (session: Session) => boolean,
    since = (session: Session) => session.receivedAt,
  ): [string, Session][] =>
    sessions
      .startingWith('')
      .filter(([, session]) => wanted(session))
      .map(([rowKey, session]): [string, Session] => [`${since(session)}|${rowKey}`, session])
      .sort(([a], [b]) => (a < b ? 1 : -1));

  return {
    async beforeStart(chargerId, startKey, connector) {
      return { same: starts.get(key(chargerId, startKey)), open: open.get(openKey(chargerId, connector)) };
    },

    async openSession({ session, startKey, replaces, supersedes }) {
      const { chargerId, localId, connector, idTag, startedAt, meterStartWh, tagStatus, parentIdTag, tagSlot } =
        session;
      const told = connector && tagStatus && idTag !== undefined && startedAt !== undefined;
      if (!told || meterStartWh === undefined) throw new Error('A session opens with all that a start tells');
      const old = supersedes && key(chargerId, supersedes.localId);
      const oldSession = old === undefined ? undefined : sessions.get(old);
      const oldId = supersedes && sessionIdOf(chargerId, supersedes.localId);
      if (sessions.has(key(chargerId, localId))) return 'idTaken';
      const undisturbed =
        starts.get(key(chargerId, startKey))?.localId === replaces &&
        open.get(openKey(chargerId, connector))?.localId === supersedes?.localId &&
        (supersedes === undefined || oldSession?.state === 'active') &&
        (supersedes?.tagSlot === undefined || isFreeFor(supersedes.tagSlot, oldId)) &&
        (tagSlot === undefined || isFreeFor(tagSlot, oldId));
      if (!undisturbed) return 'lost';

      if (supersedes?.tagSlot) slots.delete(slotText(supersedes.tagSlot));
      if (tagSlot) {
        slots.set(slotText(tagSlot), { number: tagSlot.number, sessionId: sessionIdOf(chargerId, localId) });
      }
      if (old !== undefined && oldSession && supersedes) {
        sessions.set(old, {
          ...oldSession,
          state: 'ended',
          endedBy: 'superseded',
          endedAt: supersededAt(supersedes, session),
          endReceivedAt: session.receivedAt,
          watchedAt: session.receivedAt,
          reviewReasons: withReasons(oldSession, ['superseded'], session.receivedAt),
        });
      }
      sessions.set(key(chargerId, localId), { ...session, reviewReasons: withReasons(session, []) });
      starts.set(key(chargerId, startKey), { localId, tagStatus });
      open.set(openKey(chargerId, connector), {
        localId,
        connector,
        idTag,
        parentIdTag,
        startedAt,
        meterStartWh,
        tagSlot,
      });
      return 'opened';
    },

    async closeSession(closing) {
      const {
        chargerId,
        organisationId: _,
        localId,
        frees,
        tagSlot,
        remember,
        reviewReasons: reasons,
        ...told
      } = closing;
      const session = sessions.get(key(chargerId, localId));
      const undisturbed =
        session &&
        (frees ? session.state === 'active' : session.state === 'ended' && session.endedBy !== 'charger') &&
        (frees === undefined || open.get(openKey(chargerId, frees))?.localId === localId) &&
        (tagSlot === undefined || isFreeFor(tagSlot, sessionIdOf(chargerId, localId))) &&
        !(remember && stops.has(key(chargerId, closing.stopKey)));
      if (!undisturbed) return 'lost';

      if (frees) open.delete(openKey(chargerId, frees));
      if (tagSlot) slots.delete(slotText(tagSlot));
      if (remember) stops.set(key(chargerId, closing.stopKey), localId);
      sessions.set(key(chargerId, localId), {
        ...session,
        ...told,
        energyWh: told.energyWh ?? session.energyWh,
        state: 'ended',
        endedBy: 'charger',
        watchedAt: told.endReceivedAt,
        reviewReasons: withReasons(session, reasons, told.endReceivedAt),
      });
      return 'closed';
    },

    async parkStop(stop) {
      const { chargerId, localId, stopKey } = stop;
      if (sessions.has(key(chargerId, localId)) || stops.has(key(chargerId, stopKey))) return 'lost';
      sessions.set(key(chargerId, localId), { ...stop, reviewReasons: withReasons(stop, []) });
      stops.set(key(chargerId, stopKey), localId);
      return 'parked';
    },

    async findByStop(chargerId, stopKey) {
      return stops.get(key(chargerId, stopKey));
    },

    async recordConflictingStop({ chargerId, localId }, stopKey, at) {
      const session = sessions.get(key(chargerId, localId));
      if (!session || session.otherStops?.includes(stopKey)) return;
      sessions.set(key(chargerId, localId), {
        ...session,
        otherStops: [...(session.otherStops ?? []), stopKey],
        reviewReasons: withReasons(session, ['conflictingStop'], at),
      });
    },

    async decide({ chargerId, localId, reviewReasons: seen }, decision) {
      const session = sessions.get(key(chargerId, localId));
      const unchanged =
        session?.state === 'ended' &&
        seen.length > 0 &&
        session.reviewReasons.length === seen.length &&
        seen.every((reason) => session.reviewReasons.includes(reason));
      if (!unchanged) return 'changed';
      reviewed.delete(key(chargerId, localId));
      sessions.set(key(chargerId, localId), {
        ...session,
        reviewReasons: [],
        decisions: [...session.decisions, decision],
      });
      return 'decided';
    },

    async *watched(state, before) {
      const due = sessions
        .startingWith('')
        .map(([, session]) => session)
        .filter((session) => session.state === state && session.watchedAt !== undefined && session.watchedAt < before)
        .sort((a, b) => (String(a.watchedAt) < String(b.watchedAt) ? -1 : 1));
      for (let from = 0; from < due.length; from += 25) yield due.slice(from, from + 25);
    },

    async countReviews() {
      return { count: reviewed.size, oldest: [...reviewed.values()].toSorted()[0] };
    },

    async recordLook({ chargerId, localId, watchedAt }, at) {
      const session = sessions.get(key(chargerId, localId));
      if (session?.state !== 'active' || session.watchedAt !== watchedAt) return false;
      sessions.set(key(chargerId, localId), { ...session, watchedAt: at });
      return true;
    },

    async inferEnd({ chargerId, localId }, ending) {
      const session = sessions.get(key(chargerId, localId));
      const { connector, tagSlot } = session ?? {};
      if (session?.state !== 'active' || !connector) return 'lost';
      if (open.get(openKey(chargerId, connector))?.localId !== localId) return 'lost';
      if (tagSlot && !isFreeFor(tagSlot, sessionIdOf(chargerId, localId))) return 'lost';
      open.delete(openKey(chargerId, connector));
      if (tagSlot) slots.delete(slotText(tagSlot));
      sessions.set(key(chargerId, localId), {
        ...session,
        ...ending,
        state: 'ended',
        endedBy: 'watchdog',
        watchedAt: ending.endReceivedAt,
        reviewReasons: withReasons(session, ['inferredEnd'], ending.endReceivedAt),
      });
      return 'ended';
    },

    async lookOver({ chargerId, localId, watchedAt }, { reviewReasons: reasons, energyWh, at }) {
      const session = sessions.get(key(chargerId, localId));
      if (session?.state !== 'ended' || session.watchedAt === undefined || session.watchedAt !== watchedAt)
        return false;
      if (energyWh !== undefined && session.decisions.length > 0) return false;
      sessions.set(key(chargerId, localId), {
        ...session,
        energyWh: energyWh ?? session.energyWh,
        watchedAt: undefined,
        reviewReasons: withReasons(session, reasons, at),
      });
      return true;
    },

    async findSession(chargerId, localId) {
      return sessions.get(key(chargerId, localId));
    },

    async listOpen(chargerId) {
      return open.startingWith(key(chargerId, '')).map(([, session]) => session);
    },

    async listOfCharger(chargerId, limit, after) {
      const own = byReceipt((session) => canonicalId(session.chargerId) === canonicalId(chargerId));
      return pageOfRows(own, 'descending', limit, after);
    },

    async listOfOrganisation(organisationId, which, limit, after) {
      const isListed = (session: Session) =>
        which === 'open' ? session.state === 'active' : session.reviewReasons.length > 0;
      const since = ({ chargerId, localId, receivedAt }: Session) =>
        (which === 'review' && reviewed.get(key(chargerId, localId))) || receivedAt;
      const listed = byReceipt((session) => session.organisationId === organisationId && isListed(session), since);
      return pageOfRows(listed, 'descending', limit, after);
    },
  };
}
