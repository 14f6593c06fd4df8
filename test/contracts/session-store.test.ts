import { describe, expect, test } from 'vitest';
import { InvalidCursor } from '#shared/domain/paging.ts';
import { reviewReasons, type Session } from '#shared/domain/session.ts';
import { sessionIdOf } from '#shared/domain/session-id.ts';
import type { TagSlot } from '#shared/domain/tag.ts';
import { eachKind, forgedCursors } from '#test/support/each-kind.ts';
import { anew, anewTag, atSecond, closing, connector, opening, openOf, session, tag } from '#test/support/examples.ts';
import { allPages } from '#test/support/pages.ts';

describe.each(eachKind)('sessions $kind', ({ stores: { sessions, tags } }) => {
  const opened = async (...parts: Parameters<typeof opening>) => {
    const start = opening(...parts);
    expect(await sessions.openSession(start)).toBe('opened');
    return start;
  };

  const ended = async (changes: Partial<Session> = {}) => {
    const { session: started } = await opened(changes);
    expect(await sessions.closeSession(closing(started))).toBe('closed');
    return started;
  };

  const find = ({ chargerId, localId }: Session) => sessions.findSession(chargerId, localId);

  describe('a session that opens', () => {
    test('is found under the charger in any case, and reads as it was written', async () => {
      const { session: started } = await opened({
        chargerId: anew('Garage Nord'),
        parentIdTag: 'FAMILY',
        reservationId: 0,
        authorised: false,
        tagStatus: 'Blocked',
        meterStartWh: -5,
        reviewReasons: ['unknownConnector', 'implausibleStart'],
      });

      expect(await sessions.findSession(started.chargerId.toLowerCase(), started.localId)).toEqual(started);
      expect(await sessions.findSession(started.chargerId.toUpperCase(), started.localId)).toEqual(started);
    });

    test('is not found under another charger or another id', async () => {
      const { session: started } = await opened();

      expect(await sessions.findSession(anew('CP'), started.localId)).toBeUndefined();
      expect(await sessions.findSession(started.chargerId, anew('1'))).toBeUndefined();
      expect(await sessions.findSession(started.chargerId, '9'.repeat(5000))).toBeUndefined();
    });

    test('is known before the same start, and before the next start on its connector', async () => {
      const start = await opened({ tagStatus: 'Blocked', authorised: false, parentIdTag: 'FAMILY' });
      const { chargerId, localId } = start.session;

      const same = await sessions.beforeStart(chargerId.toLowerCase(), start.startKey, connector(1));
      const next = await sessions.beforeStart(chargerId, anew('start'), connector(1));
      const elsewhere = await sessions.beforeStart(chargerId, anew('start'), connector(2));
      const otherCharger = await sessions.beforeStart(anew('CP'), start.startKey, connector(1));

      const open = openOf(start.session);
      expect(same).toEqual({ same: { localId, tagStatus: 'Blocked' }, open });
      expect(next).toEqual({ open });
      expect([elsewhere, otherCharger]).toEqual([{}, {}]);
    });

    test('is refused where its id is another session’s, and changes nothing', async () => {
      const { session: first } = await opened();
      const start = opening({ chargerId: first.chargerId, localId: first.localId, connector: connector(2) });

      const outcome = await sessions.openSession(start);

      expect(outcome).toBe('idTaken');
      expect(await find(first)).toEqual(first);
      expect(await sessions.listOpen(first.chargerId)).toEqual([openOf(first)]);
      expect(await sessions.beforeStart(first.chargerId, start.startKey, connector(2))).toEqual({});
    });

    test('is refused where its id is that of the very session which it supersedes', async () => {
      const { session: first } = await opened();

      const outcome = await sessions.openSession(
        opening({ chargerId: first.chargerId, localId: first.localId }, { supersedes: openOf(first) }),
      );

      expect(outcome).toBe('idTaken');
      expect(await find(first)).toEqual(first);
    });

    test('is lost where the same start has come in between', async () => {
      const first = await opened();
      const again = opening(
        { chargerId: first.session.chargerId, connector: connector(2) },
        { startKey: first.startKey },
      );

      const outcome = await sessions.openSession(again);

      expect(outcome).toBe('lost');
      expect(await find(again.session)).toBeUndefined();
      expect(await sessions.listOpen(first.session.chargerId)).toHaveLength(1);
    });

    test('is lost where another session holds the connector that was free', async () => {
      const { session: first } = await opened();
      const second = opening({ chargerId: first.chargerId });

      const outcome = await sessions.openSession(second);

      expect(outcome).toBe('lost');
      expect(await find(second.session)).toBeUndefined();
      expect(await sessions.listOpen(first.chargerId)).toEqual([openOf(first)]);
    });

    test('takes over the natural key of an ended one', async () => {
      const first = await opened();
      const { chargerId, localId } = first.session;
      await sessions.closeSession(closing(first.session));

      const second = await opened({ chargerId }, { startKey: first.startKey, replaces: localId });
      const third = await sessions.openSession(
        opening({ chargerId, connector: connector(2) }, { startKey: first.startKey, replaces: localId }),
      );

      expect(third).toBe('lost');
      expect((await sessions.beforeStart(chargerId, first.startKey, connector(1))).same?.localId).toBe(
        second.session.localId,
      );
    });

    test('row 30: is one, where two sockets report the same start at the same moment', async () => {
      const chargerId = anew('CP');
      const startKey = anew('start');
      const starts = [1, 2, 3].map(() => opening({ chargerId }, { startKey }));

      const outcomes = await Promise.all(starts.map((start) => sessions.openSession(start)));

      expect(outcomes.toSorted()).toEqual(['lost', 'lost', 'opened']);
      expect(await sessions.listOpen(chargerId)).toHaveLength(1);
    });

    test('of two with the same id at the same moment one is told to draw another', async () => {
      const chargerId = anew('CP');
      const localId = anew('1');
      const starts = [1, 2].map((number) => opening({ chargerId, localId, connector: connector(number) }));

      const outcomes = await Promise.all(starts.map((start) => sessions.openSession(start)));

      expect(outcomes.toSorted()).toEqual(['idTaken', 'opened']);
    });

    test('holds its own connector only', async () => {
      const chargerId = anew('CP');
      const numbers = [10, 2, 1, 999];

      await Promise.all(numbers.map((number) => opened({ chargerId, connector: connector(number) })));

      const open = await sessions.listOpen(chargerId.toLowerCase());
      expect(open.map((one) => one.connector.evse)).toEqual([1, 2, 10, 999]);
    });
  });

  describe('row 31: a session that supersedes the open one', () => {
    test('ends it for review at its own start', async () => {
      const { session: first } = await opened();
      const { chargerId } = first;

      const { session: second } = await opened(
        { chargerId, startedAt: atSecond(60), receivedAt: atSecond(61) },
        { supersedes: openOf(first) },
      );

      expect(await find(first)).toEqual({
        ...first,
        state: 'ended',
        endedBy: 'superseded',
        endedAt: atSecond(60),
        endReceivedAt: atSecond(61),
        watchedAt: atSecond(61),
        reviewReasons: ['superseded'],
      });
      expect(await find(second)).toEqual(second);
      expect(await sessions.listOpen(chargerId)).toEqual([openOf(second)]);
    });

    test('never ends it before it began, though the clock of a start from an offline queue says so', async () => {
      const { session: first } = await opened({ startedAt: atSecond(0) });

      await opened({ chargerId: first.chargerId, startedAt: atSecond(-60) }, { supersedes: openOf(first) });

      expect((await find(first))?.endedAt).toBe(atSecond(0));
    });

    test('keeps the reasons for which it was to be reviewed anyway', async () => {
      const { session: first } = await opened({ reviewReasons: ['implausibleStart'] });

      await opened({ chargerId: first.chargerId }, { supersedes: openOf(first) });

      expect((await find(first))?.reviewReasons).toEqual(['superseded', 'implausibleStart']);
    });

    test('is lost where the open one has been stopped, or superseded, in between', async () => {
      const stopped = await ended();
      const { session: first } = await opened();
      await opened({ chargerId: first.chargerId }, { supersedes: openOf(first) });

      const afterStop = opening({ chargerId: stopped.chargerId }, { supersedes: openOf(stopped) });
      const afterStart = opening({ chargerId: first.chargerId }, { supersedes: openOf(first) });

      expect(await sessions.openSession(afterStop)).toBe('lost');
      expect(await sessions.openSession(afterStart)).toBe('lost');
      expect(await find(afterStop.session)).toBeUndefined();
      expect(await find(afterStart.session)).toBeUndefined();
      expect((await find(stopped))?.endedBy).toBe('charger');
    });

    test('is one, where several try at the same moment', async () => {
      const { session: first } = await opened();
      const { chargerId } = first;
      const starts = Array.from({ length: 5 }, () => opening({ chargerId }, { supersedes: openOf(first) }));

      const outcomes = await Promise.all(starts.map((start) => sessions.openSession(start)));

      const winner = starts[outcomes.indexOf('opened')]?.session;
      expect(outcomes.filter((outcome) => outcome === 'lost')).toHaveLength(4);
      expect((await sessions.listOpen(chargerId)).map(({ localId }) => localId)).toEqual([winner?.localId]);
    });

    test('meets the stop of the old one at the same moment: just one of them is lost', async () => {
      const { session: first } = await opened();
      const next = opening({ chargerId: first.chargerId }, { supersedes: openOf(first) });

      const [start, stop] = await Promise.all([sessions.openSession(next), sessions.closeSession(closing(first))]);

      expect([start === 'lost', stop === 'lost'].toSorted()).toEqual([false, true]);
      expect((await find(first))?.endedBy).toBe(start === 'opened' ? 'superseded' : 'charger');
      expect(await sessions.listOpen(first.chargerId)).toHaveLength(start === 'opened' ? 1 : 0);
    });
  });

  describe('a session that closes', () => {
    test('keeps what the stop tells, and frees its connector', async () => {
      const { session: started } = await opened();
      const stop = closing(started, { reviewReasons: ['meterBelowStart', 'implausibleStop'] });

      const outcome = await sessions.closeSession(stop);

      const { endedAt, endReceivedAt, meterStopWh, energyWh, stopReason, stopKey } = stop;
      expect(outcome).toBe('closed');
      expect(await find(started)).toEqual({
        ...started,
        state: 'ended',
        endedBy: 'charger',
        ...{ endedAt, endReceivedAt, meterStopWh, energyWh, stopReason, stopKey },
        watchedAt: endReceivedAt,
        reviewReasons: ['implausibleStop', 'meterBelowStart'],
      });
      expect(await sessions.listOpen(started.chargerId)).toEqual([]);
      expect(await sessions.beforeStart(started.chargerId, anew('start'), connector(1))).toEqual({});
    });

    test('has no energy where nobody knows it', async () => {
      const { session: started } = await opened();

      await sessions.closeSession(closing(started, { energyWh: undefined }));

      expect((await find(started))?.energyWh).toBeUndefined();
    });

    test('row 35: is lost where it was closed before, and keeps the first stop', async () => {
      const { session: started } = await opened();
      await sessions.closeSession(closing(started, { meterStopWh: 2000, energyWh: 1000 }));

      const outcome = await sessions.closeSession(closing(started, { meterStopWh: 9000, energyWh: 8000 }));

      expect(outcome).toBe('lost');
      expect(await find(started)).toMatchObject({ meterStopWh: 2000, energyWh: 1000 });
    });

    test('row 35: closes once, however many stops come at the same moment', async () => {
      const { session: started } = await opened();
      const stops = [2000, 3000, 4000].map((meterStopWh) => closing(started, { meterStopWh }));

      const outcomes = await Promise.all(stops.map((stop) => sessions.closeSession(stop)));

      expect(outcomes.toSorted()).toEqual(['closed', 'lost', 'lost']);
      expect(await find(started)).toMatchObject({ meterStopWh: stops[outcomes.indexOf('closed')]?.meterStopWh });
    });

    test('is lost where another session holds the connector that it would free', async () => {
      const { session: first } = await opened();
      const { session: second } = await opened({ chargerId: first.chargerId, connector: connector(2) });

      const outcome = await sessions.closeSession(closing(first, { frees: connector(2) }));

      expect(outcome).toBe('lost');
      expect(await sessions.listOpen(first.chargerId)).toEqual([openOf(first), openOf(second)]);
    });

    test('is lost where there is no such session', async () => {
      const nobody = session();

      expect(await sessions.closeSession(closing(nobody))).toBe('lost');
      expect(await sessions.closeSession(closing(nobody, { frees: undefined }))).toBe('lost');
      expect(await find(nobody)).toBeUndefined();
    });

    test('row 37: takes the late stop of a superseded session, once', async () => {
      const { session: first } = await opened();
      const { session: second } = await opened({ chargerId: first.chargerId }, { supersedes: openOf(first) });
      const late = closing(first, { frees: undefined, reviewReasons: ['lateStop'] });

      const outcomes = [await sessions.closeSession(late), await sessions.closeSession(late)];

      expect(outcomes).toEqual(['closed', 'lost']);
      expect(await find(first)).toMatchObject({
        state: 'ended',
        endedBy: 'charger',
        energyWh: 7200,
        endedAt: atSecond(3600),
        reviewReasons: ['superseded', 'lateStop'],
      });
      expect(await sessions.listOpen(first.chargerId)).toEqual([openOf(second)]);
    });

    test('takes no late stop while it is active', async () => {
      const { session: started } = await opened();

      const outcome = await sessions.closeSession(closing(started, { frees: undefined }));

      expect(outcome).toBe('lost');
      expect(await find(started)).toEqual(started);
    });

    test('row 34: is remembered under a stop that named an id never issued', async () => {
      const { session: started } = await opened();
      const stop = closing(started, { remember: true });

      await sessions.closeSession(stop);

      expect(await sessions.findByStop(started.chargerId.toLowerCase(), stop.stopKey)).toBe(started.localId);
      expect(await sessions.findByStop(anew('CP'), stop.stopKey)).toBeUndefined();
    });

    test('is not remembered under a stop that named it', async () => {
      const { session: started } = await opened();
      const stop = closing(started);

      await sessions.closeSession(stop);

      expect(await sessions.findByStop(started.chargerId, stop.stopKey)).toBeUndefined();
    });

    test('row 34: a stop of an id never issued closes one session, not two, at the same moment', async () => {
      const { session: first } = await opened();
      const { session: second } = await opened({ chargerId: first.chargerId, connector: connector(2) });
      const stopKey = anew('stop');
      const stops = [first, second].map((started) => closing(started, { remember: true, stopKey }));

      const outcomes = await Promise.all(stops.map((stop) => sessions.closeSession(stop)));

      expect(outcomes.toSorted()).toEqual(['closed', 'lost']);
      expect(await sessions.listOpen(first.chargerId)).toHaveLength(1);
    });
  });

  describe('the slots of a limited tag', () => {
    const limited = async () => {
      const card = tag({ maxOpenSessions: 2 });
      await tags.saveTag(card);
      const slot = (number: number): TagSlot => ({ idTag: card.idTag, issuer: card.issuer, number });
      const holders = async () => (await tags.lookUp(card.idTag, 'sunny')).slots;
      return { idTag: card.idTag, slot, holders };
    };
    const holding = (number: number, { chargerId, localId }: Session) => ({
      number,
      sessionId: sessionIdOf(chargerId, localId),
    });

    test('are taken by the sessions that open, and freed by those that close', async () => {
      const { slot, holders } = await limited();
      const { session: first } = await opened({ tagSlot: slot(0) });
      const { session: second } = await opened({ tagSlot: slot(1) });
      const taken = await holders();

      await sessions.closeSession(closing(first));

      expect(taken).toEqual([holding(0, first), holding(1, second)]);
      expect(await holders()).toEqual([holding(1, second)]);
    });

    test('hold one session each, whatever happens at the same moment on different chargers', async () => {
      const { slot, holders } = await limited();
      const starts = [1, 2, 3].map(() => opening({ tagSlot: slot(0) }));

      const outcomes = await Promise.all(starts.map((start) => sessions.openSession(start)));

      expect(outcomes.toSorted()).toEqual(['lost', 'lost', 'opened']);
      expect(await holders()).toHaveLength(1);
    });

    test('pass from a superseded session to its successor, the same one or another', async () => {
      const { slot, holders } = await limited();
      const { session: first } = await opened({ tagSlot: slot(0) });
      const { chargerId } = first;

      const { session: second } = await opened({ chargerId, tagSlot: slot(0) }, { supersedes: openOf(first) });
      const afterSecond = await holders();
      const { session: third } = await opened({ chargerId, tagSlot: slot(1) }, { supersedes: openOf(second) });
      const afterThird = await holders();

      expect(afterSecond).toEqual([holding(0, second)]);
      expect(afterThird).toEqual([holding(1, third)]);
    });

    test('are freed when a session of another tag supersedes, and kept when its late stop comes', async () => {
      const { slot, holders } = await limited();
      const { session: first } = await opened({ tagSlot: slot(0) });
      await opened({ chargerId: first.chargerId }, { supersedes: openOf(first) });
      const freed = await holders();
      const { session: elsewhere } = await opened({ tagSlot: slot(0) });

      await sessions.closeSession(closing(first, { frees: undefined, tagSlot: undefined }));

      expect(freed).toEqual([]);
      expect(await holders()).toEqual([holding(0, elsewhere)]);
    });

    test('are the same for a tag in any case', async () => {
      const { idTag, slot } = await limited();
      await opened({ tagSlot: { ...slot(0), idTag: idTag.toLowerCase() } });

      const outcome = await sessions.openSession(opening({ tagSlot: slot(0) }));

      expect(outcome).toBe('lost');
    });

    test('are left alone by a session that could not open', async () => {
      const { slot, holders } = await limited();
      const { session: first } = await opened();

      await sessions.openSession(opening({ chargerId: first.chargerId, tagSlot: slot(0) }));

      expect(await holders()).toEqual([]);
    });
  });

  describe('row 34: a stop that belongs to no session', () => {
    const parked = (changes: Partial<Session> = {}, stopKey = anew('key')) => ({
      ...session({
        localId: `stop-${stopKey}`,
        protocolTransactionId: '9223372036854775807',
        connector: undefined,
        idTag: undefined,
        tagStatus: undefined,
        authorised: false,
        startedAt: undefined,
        meterStartWh: undefined,
        state: 'ended',
        endedBy: 'charger',
        endedAt: atSecond(5),
        endReceivedAt: atSecond(6),
        meterStopWh: 9000,
        stopReason: 'Local',
        reviewReasons: ['unmatchedStop'],
        ...changes,
      }),
      stopKey,
    });

    test('is parked, reads as it was written, and is found by its stop', async () => {
      const stop = parked();

      const outcome = await sessions.parkStop(stop);

      expect(outcome).toBe('parked');
      expect(await find(stop)).toEqual(stop);
      expect(await sessions.findByStop(stop.chargerId, stop.stopKey)).toBe(stop.localId);
    });

    test('is parked once, however often it comes', async () => {
      const stop = parked({ organisationId: anew('org') });

      const atOnce = await Promise.all([sessions.parkStop(stop), sessions.parkStop(stop)]);
      const later = await sessions.parkStop({ ...stop, receivedAt: atSecond(999) });

      expect([...atOnce.toSorted(), later]).toEqual(['lost', 'parked', 'lost']);
      expect(await find(stop)).toEqual(stop);
      expect((await sessions.listOfCharger(stop.chargerId, 10)).items).toEqual([stop]);
      expect((await sessions.listOfOrganisation(stop.organisationId, 'review', 10)).items).toEqual([stop]);
    });

    test('is not parked where it was counted for a session, nor counted where it is parked', async () => {
      const { session: matched } = await opened();
      const { session: open } = await opened();
      const [first, second] = [parked({ chargerId: matched.chargerId }), parked({ chargerId: open.chargerId })];
      await sessions.closeSession(closing(matched, { remember: true, stopKey: first.stopKey }));
      await sessions.parkStop(second);

      const parking = await sessions.parkStop(first);
      const counting = await sessions.closeSession(closing(open, { remember: true, stopKey: second.stopKey }));

      expect([parking, counting]).toEqual(['lost', 'lost']);
      expect(await find(first)).toBeUndefined();
      expect(await find(open)).toEqual(open);
    });

    test('is either parked or counted, where both happen at the same moment', async () => {
      const { session: open } = await opened();
      const stop = parked({ chargerId: open.chargerId });

      const outcomes = await Promise.all([
        sessions.parkStop(stop),
        sessions.closeSession(closing(open, { remember: true, stopKey: stop.stopKey })),
      ]);

      expect(outcomes.filter((outcome) => outcome === 'lost')).toHaveLength(1);
    });

    test('is nothing that could be found before it came', async () => {
      expect(await sessions.findByStop(anew('CP'), anew('key'))).toBeUndefined();
    });
  });

  describe('a reason for review', () => {
    test('row 35: of another stop is added once, with its key, and brings the session to review', async () => {
      const organisationId = anew('org');
      const started = await ended({ organisationId });

      const keys = ['one', 'two', 'one'];
      await Promise.all(keys.map((key) => sessions.recordConflictingStop(started, key, atSecond(4000))));

      const { items } = await sessions.listOfOrganisation(organisationId, 'review', 10);
      expect(items.map(({ localId, reviewReasons: why }) => [localId, why])).toEqual([
        [started.localId, ['conflictingStop']],
      ]);
      expect((await find(started))?.otherStops?.toSorted()).toEqual(['one', 'two']);
    });

    test('makes no session of nothing', async () => {
      const nobody = session({ organisationId: anew('org') });

      await sessions.recordConflictingStop(nobody, 'one', atSecond(4000));

      expect(await find(nobody)).toBeUndefined();
      expect(await sessions.listOfOrganisation(nobody.organisationId, 'review', 10)).toEqual({ items: [] });
    });

    test('can be any of the list', async () => {
      const { session: started } = await opened({ reviewReasons: [...reviewReasons] });

      expect((await find(started))?.reviewReasons).toEqual(reviewReasons);
    });
  });

  describe('lists', () => {
    /** So many sessions of one charger, one a second; the newest first. */
    const many = async (count: number, changes: Partial<Session> = {}) => {
      const started: Session[] = [];
      for (let second = 0; second < count; second++) {
        started.unshift(await ended({ ...changes, receivedAt: atSecond(second) }));
      }
      return started.map(({ localId }) => localId);
    };
    const idsOf = (pages: Session[][]) => pages.map((page) => page.map(({ localId }) => localId));

    test('have the sessions of a charger, newest received first, page by page', async () => {
      const chargerId = anew('Cp');
      const ids = await many(5, { chargerId });

      const pages = await allPages((after) => sessions.listOfCharger(chargerId.toLowerCase(), 2, after));

      expect(idsOf(pages)).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
    });

    test('end with a full page where nothing is left', async () => {
      const chargerId = anew('CP');
      const ids = await many(4, { chargerId });

      const byTwo = await allPages((after) => sessions.listOfCharger(chargerId, 2, after));
      const byFour = await sessions.listOfCharger(chargerId, 4);

      expect(idsOf(byTwo)).toEqual([ids.slice(0, 2), ids.slice(2)]);
      expect(byFour.next).toBeUndefined();
    });

    test('tell sessions apart that were received at the same moment', async () => {
      const chargerId = anew('CP');
      for (let count = 0; count < 5; count++) await ended({ chargerId });

      const pages = await allPages((after) => sessions.listOfCharger(chargerId, 1, after));

      expect(new Set(pages.flat().map(({ localId }) => localId)).size).toBe(5);
      expect(pages).toHaveLength(5);
    });

    test('do not mix chargers whose identities begin alike', async () => {
      const chargerId = anew('CP');
      await many(1, { chargerId: `${chargerId}0` });
      const ids = await many(1, { chargerId });

      const { items } = await sessions.listOfCharger(chargerId, 10);

      expect(idsOf([items])).toEqual([ids]);
      expect(await sessions.listOpen(chargerId)).toEqual([]);
    });

    test('have the open sessions of an organisation over all its chargers, newest received first', async () => {
      const organisationId = anew('org');
      const started: Session[] = [];
      for (let second = 0; second < 9; second++) {
        started.unshift((await opened({ organisationId, receivedAt: atSecond(second) })).session);
      }
      await ended({ organisationId });
      await opened({ organisationId: anew('org') });

      const pages = await allPages((after) => sessions.listOfOrganisation(organisationId, 'open', 3, after));

      expect(pages).toEqual([started.slice(0, 3), started.slice(3, 6), started.slice(6)]);
    });

    test('have the sessions for review of an organisation, the last to come into it first, and nobody else’s', async () => {
      const [organisationId, other] = [anew('org'), anew('org')];
      const { session: open } = await opened({
        organisationId,
        receivedAt: atSecond(-3),
        reviewReasons: ['unknownConnector'],
      });
      const { session: superseded } = await opened({ organisationId, receivedAt: atSecond(-1) });
      await opened({ organisationId, chargerId: superseded.chargerId }, { supersedes: openOf(superseded) });
      const { session: flagged } = await opened({ organisationId, receivedAt: atSecond(-2) });
      await sessions.closeSession(closing(flagged, { reviewReasons: ['meterBelowStart'] }));
      await ended({ organisationId });
      await opened({ organisationId: other, reviewReasons: ['unknownConnector'] });

      const pages = await allPages((after) => sessions.listOfOrganisation(organisationId, 'review', 1, after));
      const others = await sessions.listOfOrganisation(other, 'review', 10);

      expect(idsOf(pages)).toEqual([[flagged.localId], [superseded.localId], [open.localId]]);
      expect(others.items).toHaveLength(1);
    });

    test('are empty where there is nothing', async () => {
      expect(await sessions.listOfCharger(anew('CP'), 10)).toEqual({ items: [] });
      expect(await sessions.listOfOrganisation(anew('org'), 'open', 10)).toEqual({ items: [] });
      expect(await sessions.listOpen(anew('CP'))).toEqual([]);
    });

    test('an organisation’s cursor opens no other organisation’s rows', async () => {
      const [organisationId, other] = [anew('org'), anew('org')];
      for (let second = 0; second < 2; second++) await opened({ organisationId, receivedAt: atSecond(second) });
      await opened({ organisationId: other, receivedAt: atSecond(-1) });
      const { next } = await sessions.listOfOrganisation(organisationId, 'open', 1);

      const { items } = await sessions.listOfOrganisation(other, 'open', 10, next);

      expect(next).toBeDefined();
      expect(items.map((item) => item.organisationId)).toEqual([other]);
    });

    test.each(forgedCursors)('refuse to begin after what no page gave: %s', async (_, cursor) => {
      await expect(sessions.listOfCharger(anew('CP'), 10, cursor)).rejects.toThrow(InvalidCursor);
      await expect(sessions.listOfOrganisation('sunny', 'open', 10, cursor)).rejects.toThrow(InvalidCursor);
    });

    test('refuse a cursor that is too long to have been given', async () => {
      const cursor = `2026-06-01T12:00:00.000Z#${'x'.repeat(1500)}`;

      await expect(sessions.listOfCharger(anew('CP'), 10, cursor)).rejects.toThrow(InvalidCursor);
      await expect(sessions.listOfOrganisation('sunny', 'review', 10, cursor)).rejects.toThrow(InvalidCursor);
    });
  });

  test('row 19: a tag is kept as the charger wrote it', async () => {
    const idTag = anewTag().toLowerCase();

    const { session: started } = await opened({ idTag });

    expect((await find(started))?.idTag).toBe(idTag);
  });

  test('row 29: an empty idTag is evidence as well', async () => {
    const { session: started } = await opened({ idTag: '', authorised: false, tagStatus: 'Invalid' });

    expect(await find(started)).toEqual(started);
    expect(await sessions.listOpen(started.chargerId)).toEqual([openOf(started)]);
  });

  describe('the watch', () => {
    const lists = async (state: Session['state'], before: string) => {
      const found: Session[][] = [];
      for await (const list of sessions.watched(state, before)) found.push(list);
      return found;
    };
    const all = async (state: Session['state'], before: string) => (await lists(state, before)).flat();
    const watched = async (state: Session['state'], before: string) => (await all(state, before)).map(nameOf).sort();
    const nameOf = ({ chargerId, localId }: Session) => `${chargerId} ${localId}`;

    test('finds what was looked at before then', async () => {
      const [late, early, middle] = [3, 1, 2].map((hours) => `2001-01-01T0${hours}:00:00.000Z`);
      const { session: third } = await opened({ watchedAt: late });
      const { session: first } = await opened({ watchedAt: early });
      const { session: second } = await opened({ watchedAt: middle });

      expect(await watched('active', '2001-01-01T03:00:00.000Z')).toEqual([first, second].map(nameOf).sort());
      expect(await watched('active', '2001-01-02')).toEqual([first, second, third].map(nameOf).sort());
    });

    test('goes to the end, some at a time, the oldest look of a charger first', async () => {
      const chargerId = anew('CP');
      const names: string[] = [];
      for (let index = 0; index < 60; index++) {
        const watchedAt = `1998-01-01T00:00:${String(index).padStart(2, '0')}.000Z`;
        const at = { evse: index + 1, connector: 1 };
        names.push(nameOf((await opened({ chargerId, connector: at, watchedAt })).session));
      }

      const found = await lists('active', '1999');

      expect(found.flat().map(nameOf)).toEqual(names);
      expect(Math.max(...found.map((list) => list.length))).toBeLessThanOrEqual(25);
    });

    test('finds an ended session by when its end was received, until it was looked over', async () => {
      const endReceivedAt = '2002-01-01T01:00:00.000Z';
      const { session: started } = await opened({ watchedAt: atSecond(0) });
      await sessions.closeSession(closing(started, { endReceivedAt }));
      const [ended] = await all('ended', '2002-01-02');
      if (!ended) throw new Error('It is not watched');

      expect(await watched('active', atSecond(1))).not.toContain(nameOf(started));
      expect(ended).toMatchObject({ localId: started.localId, watchedAt: endReceivedAt });
      expect(await sessions.lookOver(ended, { reviewReasons: ['registerFell'], energyWh: 5, at: atSecond(0) })).toBe(
        true,
      );

      expect(await watched('ended', '2002-01-02')).toEqual([]);
      expect(await find(started)).toMatchObject({ energyWh: 5, reviewReasons: ['registerFell'] });
      expect(await sessions.lookOver(ended, { reviewReasons: [], at: atSecond(0) })).toBe(false);
    });

    test('records a look at an active session only, and only over the look that it saw', async () => {
      const { session: started } = await opened({ watchedAt: atSecond(0) });

      expect(await sessions.recordLook(started, atSecond(900))).toBe(true);
      expect(await sessions.recordLook(started, atSecond(901))).toBe(false);
      const looked = await find(started);
      await sessions.closeSession(closing(started));
      expect(looked && (await sessions.recordLook(looked, atSecond(1800)))).toBe(false);

      expect(looked?.watchedAt).toBe(atSecond(900));
    });

    test('knows of a session since when it is in review, not since it began', async () => {
      const early = await sessions.countReviews();
      const { session: started } = await opened({ receivedAt: '1980-01-01T00:00:00.000Z' });
      await sessions.closeSession(closing(started, { endReceivedAt: '1990-01-01T00:00:00.000Z' }));
      await sessions.recordConflictingStop(started, 'one', '1990-01-02T00:00:00.000Z');
      await sessions.recordConflictingStop(started, 'two', '1990-01-03T00:00:00.000Z');

      expect(await sessions.countReviews()).toEqual({ count: early.count + 1, oldest: '1990-01-02T00:00:00.000Z' });
      const now = await find(started);
      const decision = {
        outcome: 'approve',
        reasons: ['conflictingStop'],
        note: 'n',
        by: 'o',
        at: atSecond(0),
      } as const;
      expect(now && (await sessions.decide(now, { ...decision, reasons: [...decision.reasons] }))).toBe('decided');
      expect(await sessions.countReviews()).toEqual(early);
    });

    test('counts what awaits review, and knows since when', async () => {
      const { count } = await sessions.countReviews();
      await opened({ receivedAt: '1999-12-31T00:00:00.000Z', reviewReasons: ['implausibleStart'] });
      await opened();

      expect(await sessions.countReviews()).toEqual({ count: count + 1, oldest: '1999-12-31T00:00:00.000Z' });
    });
  });
});
