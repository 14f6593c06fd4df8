import { InvalidCursor, type Paged, pageOf } from '#shared/domain/paging.ts';
import {
  type OpenSession,
  type ReviewReason,
  type Session,
  type SessionStore,
  supersededAt,
} from '#shared/domain/session.ts';
import { sessionIdOf } from '#shared/domain/session-id.ts';
import type { TagSlot } from '#shared/domain/tag.ts';
import { type Database, type Item, type Obstacle, part } from './database.ts';
import { isKey, sessionKeys, tagKeys } from './keys.ts';
import { mergeSorted } from './merge.ts';
import { openItem, sessionItem, startItem } from './session-items.ts';

const failed = (obstacle: Obstacle | undefined) => obstacle?.code === 'ConditionalCheckFailed';

/** A set is a list of reasons that nobody can add to twice. An empty one cannot be stored. */
const reasonSet = (reasons: readonly string[]) => (reasons.length === 0 ? undefined : new Set(reasons));

/** How many sessions the watch gets together. */
const WATCHED_TOGETHER = 25;

export function dynamoSessionStore(database: Database, table: string, tagTable: string): SessionStore {
  const key = (chargerId: string, sk: string) => ({ pk: sessionKeys.partition(chargerId), sk });
  const slotKey = ({ idTag, issuer: by, number }: TagSlot) => ({
    pk: tagKeys.partition(idTag),
    sk: tagKeys.slot(by, number),
  });

  const itemOf = (session: Session): Item => {
    const { chargerId, organisationId, localId } = session;
    const spread = sessionKeys.spread(organisationId, chargerId);
    return {
      ...key(chargerId, sessionKeys.session(localId)),
      ...session,
      reviewReasons: reasonSet(session.reviewReasons),
      otherStops: session.otherStops && reasonSet(session.otherStops),
      decisions: session.decisions.length > 0 ? session.decisions : undefined,
      watchKey: session.watchedAt === undefined ? undefined : sessionKeys.watch(session.state, chargerId),
      chargerKey: sessionKeys.partition(chargerId),
      receivedKey: sessionKeys.received(session.receivedAt, chargerId, localId),
      openKey: session.state === 'active' ? spread : undefined,
      reviewKey: session.reviewReasons.length > 0 ? spread : undefined,
      reviewedKey:
        session.reviewReasons.length > 0 ? sessionKeys.received(session.receivedAt, chargerId, localId) : undefined,
    };
  };

  /** Into review, with the values that it takes: since then, unless it was there before. */
  const REVIEW = '#reviewKey = :reviewKey, #reviewedKey = if_not_exists(#reviewedKey, :reviewedKey)';
  const reviewOf = (
    { organisationId, chargerId, localId }: Pick<Session, 'organisationId' | 'chargerId' | 'localId'>,
    since: string,
    reasons: readonly ReviewReason[],
  ) => ({
    reviewKey: sessionKeys.spread(organisationId, chargerId),
    reviewedKey: sessionKeys.received(since, chargerId, localId),
    reasons: reasonSet(reasons),
  });

  const releaseSlot = (slot: TagSlot, chargerId: string, localId: string) =>
    part.remove(tagTable, slotKey(slot), 'attribute_not_exists(pk) OR #sessionId = :sessionId', {
      sessionId: sessionIdOf(chargerId, localId),
    });

  /** A stop is counted for one session, or parked, and never both. */
  const stopPart = (chargerId: string, stopKey: string, localId: string) =>
    part.put(table, { ...key(chargerId, sessionKeys.stop(stopKey)), localId }, 'attribute_not_exists(pk)');

  const sameSlot = (a: TagSlot, b: TagSlot) => slotKey(a).pk === slotKey(b).pk && slotKey(a).sk === slotKey(b).sk;

  /** The sessions behind the entries of an index, which holds keys only; in the order of the entries. */
  async function load(
    entries: Item[],
    onUnreadable: (error: unknown) => void = (error) => {
      throw error;
    },
  ): Promise<Session[]> {
    if (entries.length === 0) return [];
    const keys = entries.map((entry) => ({ pk: String(entry.pk), sk: String(entry.sk) }));
    const found = new Map((await database.getMany(table, keys)).map((item) => [`${item.pk} ${item.sk}`, item]));
    return keys.flatMap(({ pk, sk }) => {
      const item = found.get(`${pk} ${sk}`);
      if (!item) return [];
      const read = sessionItem.safeParse(item);
      if (!read.success) onUnreadable(read.error);
      return read.success ? [read.data] : [];
    });
  }

  const queryIndex = (
    index: string,
    [attribute, sort]: [string, string],
    value: string,
    limit: number,
    after: string | undefined,
  ) =>
    database.query(table, {
      index,
      condition: `#${attribute} = :value${after === undefined ? '' : ` AND #${sort} < :after`}`,
      values: { value, ...(after !== undefined && { after }) },
      limit,
      descending: true,
    });

  const checkCursor = (after: string | undefined) => {
    if (after !== undefined && !(isKey(after) && /^\d{4}-[^#]*Z#/.test(after))) throw new InvalidCursor();
  };

  const pageWith = async (entries: Paged<Item>): Promise<Paged<Session>> => ({
    items: await load(entries.items),
    next: entries.next,
  });

  return {
    async beforeStart(chargerId, startKey, at) {
      const keys = [key(chargerId, sessionKeys.start(startKey)), key(chargerId, sessionKeys.open(at))];
      const items = await database.getMany(table, keys);
      const [same, open] = keys.map(({ sk }) => items.find((item) => item.sk === sk));
      return { same: same && startItem.parse(same), open: open && openItem.parse(open) };
    },

    async openSession({ session, startKey, replaces, supersedes }, learn) {
      const { chargerId, localId, connector: at, receivedAt } = session;
      if (!at) throw new Error('A session opens on a connector');
      const old = supersedes?.localId;
      // A transaction may name an item once only.
      if (old === localId) return 'idTaken';
      const sessionId = sessionIdOf(chargerId, localId);
      const open: OpenSession & Item = { ...openItem.parse(session) };
      const parts = [
        part.put(table, itemOf(session), 'attribute_not_exists(pk)'),
        part.put(
          table,
          { ...key(chargerId, sessionKeys.start(startKey)), localId, tagStatus: session.tagStatus },
          replaces === undefined ? 'attribute_not_exists(pk)' : '#localId = :old',
          replaces === undefined ? undefined : { old: replaces },
        ),
        part.put(
          table,
          { ...key(chargerId, sessionKeys.open(at)), ...open },
          old === undefined ? 'attribute_not_exists(pk)' : '#localId = :old',
          old === undefined ? undefined : { old },
        ),
      ];
      if (supersedes && old !== undefined) {
        parts.push(
          part.update(table, key(chargerId, sessionKeys.session(old)), {
            update: `SET #state = :ended, #endedBy = :superseded, #endedAt = :at, #endReceivedAt = :receivedAt, #watchKey = :watchKey, #watchedAt = :receivedAt, ${REVIEW} ADD #reviewReasons :reasons REMOVE #openKey`,
            condition: '#state = :active',
            values: {
              ended: 'ended',
              superseded: 'superseded',
              active: 'active',
              at: supersededAt(supersedes, session),
              receivedAt,
              watchKey: sessionKeys.watch('ended', chargerId),
              ...reviewOf({ ...session, localId: old }, receivedAt, ['superseded']),
            },
          }),
        );
        const freed = supersedes.tagSlot;
        if (freed && !(session.tagSlot && sameSlot(freed, session.tagSlot)))
          parts.push(releaseSlot(freed, chargerId, old));
      }
      if (session.tagSlot) {
        parts.push(
          part.put(
            tagTable,
            { ...slotKey(session.tagSlot), number: session.tagSlot.number, sessionId },
            old === undefined ? 'attribute_not_exists(pk)' : 'attribute_not_exists(pk) OR #sessionId = :old',
            old === undefined ? undefined : { old: sessionIdOf(chargerId, old) },
          ),
        );
      }
      const refused = await database.transact(parts);
      if (refused === undefined) return 'opened';
      if (failed(refused[0])) return 'idTaken';
      const [, start, holder] = refused;
      const told =
        replaces === undefined &&
        refused.every(({ code }) => code !== 'TransactionConflict') &&
        (failed(start) || failed(holder));
      if (told) {
        learn?.({
          same: failed(start) ? start?.item && startItem.parse(start.item) : undefined,
          open: failed(holder) ? holder?.item && openItem.parse(holder.item) : supersedes,
        });
      }
      return 'lost';
    },

    async closeSession(closing, learn) {
      const {
        chargerId,
        organisationId,
        localId,
        frees,
        tagSlot: slot,
        remember,
        reviewReasons: reasons,
        ...told
      } = closing;
      const facts = Object.entries({
        ...told,
        state: 'ended',
        endedBy: 'charger',
        watchKey: sessionKeys.watch('ended', chargerId),
        watchedAt: told.endReceivedAt,
      }).filter(([, value]) => value !== undefined);
      const values: Item = { ...Object.fromEntries(facts), ...(frees ? { active: 'active' } : { charger: 'charger' }) };
      const set = facts.map(([name]) => `#${name} = :${name}`);
      if (reasons.length > 0) {
        set.push(REVIEW);
        Object.assign(values, reviewOf(closing, told.endReceivedAt, reasons));
      }
      const parts = [
        part.update(table, key(chargerId, sessionKeys.session(localId)), {
          update: `SET ${set.join(', ')} REMOVE #openKey${reasons.length > 0 ? ' ADD #reviewReasons :reasons' : ''}`,
          condition: frees ? '#state = :active' : '#state = :state AND #endedBy <> :charger',
          values,
        }),
      ];
      if (frees) {
        parts.push(part.remove(table, key(chargerId, sessionKeys.open(frees)), '#localId = :localId', { localId }));
      }
      if (slot) parts.push(releaseSlot(slot, chargerId, localId));
      if (remember) parts.push(stopPart(chargerId, closing.stopKey, localId));
      const refused = await database.transact(parts);
      if (refused === undefined) return 'closed';
      const [ended] = refused;
      if (failed(ended) && ended?.item) learn?.(sessionItem.parse(ended.item));
      return 'lost';
    },

    async parkStop(stop) {
      const parts = [
        part.put(table, itemOf(stop), 'attribute_not_exists(pk)'),
        stopPart(stop.chargerId, stop.stopKey, stop.localId),
      ];
      return (await database.transact(parts)) === undefined ? 'parked' : 'lost';
    },

    async findByStop(chargerId, stopKey) {
      const item = await database.get(table, key(chargerId, sessionKeys.stop(stopKey)));
      return item && String(item.localId);
    },

    async recordConflictingStop(session, stopKey, at) {
      await database.update(
        table,
        key(session.chargerId, sessionKeys.session(session.localId)),
        {
          update: `SET ${REVIEW} ADD #reviewReasons :reasons, #otherStops :stops`,
          values: { ...reviewOf(session, at, ['conflictingStop']), stops: new Set([stopKey]), stopKey },
          condition: 'attribute_exists(pk) AND NOT contains(#otherStops, :stopKey)',
        },
        'nothing',
      );
    },

    async decide({ chargerId, localId, reviewReasons: seen }, decision) {
      const after = await database.update(
        table,
        key(chargerId, sessionKeys.session(localId)),
        {
          update:
            'SET #decisions = list_append(if_not_exists(#decisions, :none), :decisions) REMOVE #reviewReasons, #reviewKey, #reviewedKey',
          condition: [
            '#state = :ended AND size(#reviewReasons) = :count',
            ...seen.map((_, index) => `contains(#reviewReasons, :reason${index})`),
          ].join(' AND '),
          values: {
            none: [],
            decisions: [decision],
            ended: 'ended',
            count: seen.length,
            ...Object.fromEntries(seen.map((each, index) => [`reason${index}`, each])),
          },
        },
        'nothing',
      );
      return after ? 'decided' : 'changed';
    },

    async *watched(state, before) {
      const pages = sessionKeys.allWatches(state).map((watchKey) =>
        database.pages(table, {
          index: 'watch',
          condition: '#watchKey = :watchKey AND #watchedAt < :before',
          values: { watchKey, before },
          limit: WATCHED_TOGETHER,
        }),
      );
      // A page of each partition in turn, so that none waits for all of another.
      const unreadable: unknown[] = [];
      while (pages.length > 0) {
        for (const partition of [...pages]) {
          const { done, value = [] } = await partition.next();
          if (done) pages.splice(pages.indexOf(partition), 1);
          const sessions: Session[] = await load(value, (error) => unreadable.push(error));
          // An index is a moment behind its table.
          const due = sessions.filter(
            (each) => each.state === state && each.watchedAt !== undefined && each.watchedAt < before,
          );
          if (due.length > 0) yield due;
        }
      }
      if (unreadable.length > 0) throw new AggregateError(unreadable, `${unreadable.length} sessions cannot be read`);
    },

    async countReviews() {
      const entries = await database.scan(table, 'review');
      const received = entries.map((entry) => String(entry.reviewedKey).split('#', 1)[0]).toSorted();
      return { count: entries.length, oldest: received[0] };
    },

    async recordLook(session, at) {
      if (session.watchedAt === undefined) return false;
      const after = await database.update(
        table,
        key(session.chargerId, sessionKeys.session(session.localId)),
        {
          update: 'SET #watchedAt = :at',
          condition: '#state = :active AND #watchedAt = :before',
          values: { at, active: 'active', before: session.watchedAt },
        },
        'nothing',
      );
      return after !== undefined;
    },

    async inferEnd({ chargerId, organisationId, localId, connector: at, tagSlot: slot }, { energyWh, ...ending }) {
      if (!at) throw new Error('A session that is active has a connector');
      const parts = [
        part.update(table, key(chargerId, sessionKeys.session(localId)), {
          update: `SET #state = :ended, #endedBy = :watchdog, #endedAt = :endedAt, #endReceivedAt = :endReceivedAt, ${
            energyWh === undefined ? '' : '#energyWh = :energyWh, '
          }#watchKey = :watchKey, #watchedAt = :endReceivedAt, ${REVIEW} ADD #reviewReasons :reasons REMOVE #openKey`,
          condition: '#state = :active',
          values: {
            ...ending,
            ...(energyWh !== undefined && { energyWh }),
            ended: 'ended',
            active: 'active',
            watchdog: 'watchdog',
            watchKey: sessionKeys.watch('ended', chargerId),
            ...reviewOf({ organisationId, chargerId, localId }, ending.endReceivedAt, ['inferredEnd']),
          },
        }),
        part.remove(table, key(chargerId, sessionKeys.open(at)), '#localId = :localId', { localId }),
      ];
      if (slot) parts.push(releaseSlot(slot, chargerId, localId));
      return (await database.transact(parts)) === undefined ? 'ended' : 'lost';
    },

    async lookOver(session, { reviewReasons: reasons, energyWh, at }) {
      const { chargerId, localId, watchedAt } = session;
      if (watchedAt === undefined) return false;
      const sets = [
        ...(energyWh === undefined ? [] : ['#energyWh = :energyWh']),
        ...(reasons.length === 0 ? [] : [REVIEW]),
      ];
      // What somebody has decided meanwhile stays as it was decided.
      const undecided = energyWh === undefined ? '' : ' AND attribute_not_exists(#decisions)';
      const after = await database.update(
        table,
        key(chargerId, sessionKeys.session(localId)),
        {
          update: [
            ...(sets.length > 0 ? [`SET ${sets.join(', ')}`] : []),
            'REMOVE #watchKey, #watchedAt',
            ...(reasons.length > 0 ? ['ADD #reviewReasons :reasons'] : []),
          ].join(' '),
          condition: `#state = :ended AND #watchedAt = :before${undecided}`,
          values: {
            ended: 'ended',
            before: watchedAt,
            ...(energyWh !== undefined && { energyWh }),
            ...(reasons.length > 0 && reviewOf(session, at, reasons)),
          },
        },
        'nothing',
      );
      return after !== undefined;
    },

    async findSession(chargerId, localId) {
      const item = await database.get(table, key(chargerId, sessionKeys.session(localId)));
      return item && sessionItem.parse(item);
    },

    async listOpen(chargerId) {
      const items = await database.query(table, {
        condition: 'pk = :pk AND begins_with(sk, :prefix)',
        values: { pk: sessionKeys.partition(chargerId), prefix: sessionKeys.openPrefix },
      });
      return items.map((item) => openItem.parse(item));
    },

    async listOfCharger(chargerId, limit, after) {
      checkCursor(after);
      const entries = await queryIndex(
        'byCharger',
        ['chargerKey', 'receivedKey'],
        sessionKeys.partition(chargerId),
        limit + 1,
        after,
      );
      return pageWith(pageOf(entries, limit, (entry) => String(entry.receivedKey)));
    },

    async listOfOrganisation(organisationId, which, limit, after) {
      checkCursor(after);
      const keys: [string, string] = which === 'open' ? ['openKey', 'receivedKey'] : ['reviewKey', 'reviewedKey'];
      const spreads = sessionKeys.allSpreads(organisationId);
      const lists = await Promise.all(spreads.map((spread) => queryIndex(which, keys, spread, limit + 1, after)));
      const page = await pageWith(mergeSorted(lists, limit, (entry) => String(entry[keys[1]]), 'descending'));
      // An index is a moment behind its table.
      const still = ({ state, reviewReasons: reasons }: Session) =>
        which === 'open' ? state === 'active' : reasons.length > 0;
      return { ...page, items: page.items.filter(still) };
    },
  };
}
