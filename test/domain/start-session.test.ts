import { describe, expect, test } from 'vitest';
import type { StartReport } from '#shared/domain/start-session.ts';
import type { Issuer, Tag } from '#shared/domain/tag.ts';
import { drivenCharger } from '#test/support/driven-charger.ts';
import { eachKind } from '#test/support/each-kind.ts';
import { anew, anewTag, atSecond, connector, noon, tag } from '#test/support/examples.ts';

const second = 1000;
const hour = 3_600_000;
const installation: Issuer = 'installation';

describe.each(eachKind)('a start $kind', ({ stores }) => {
  const knownTag = async (changes: Partial<Tag> = {}) => {
    const card = tag({ issuer: installation, ...changes });
    await stores.tags.saveTag(card);
    return card;
  };

  test('opens a session with all that the charger told', async () => {
    const charger = drivenCharger(stores);
    const card = await knownTag({ parentIdTag: 'FAMILY' });

    const answer = await charger.start({
      idTag: card.idTag.toLowerCase(),
      reservationId: 7,
      reportedMs: noon - hour,
      receivedMs: noon,
    });

    expect(answer).toEqual({ localId: '1', tagStatus: 'Accepted', tag: card });
    expect(await charger.session('1')).toEqual({
      chargerId: charger.chargerId,
      organisationId: charger.organisationId,
      localId: '1',
      protocolTransactionId: '1',
      connector: connector(1),
      idTag: card.idTag.toLowerCase(),
      parentIdTag: 'FAMILY',
      tagStatus: 'Accepted',
      authorised: true,
      reservationId: 7,
      startedAt: atSecond(-3600),
      meterStartWh: 1000,
      receivedAt: atSecond(0),
      state: 'active',
      reviewReasons: [],
      decisions: [],
      watchedAt: atSecond(0),
    });
    expect(await charger.open()).toEqual(['1']);
  });

  describe('row 29: is always answered with an id', () => {
    test.each([
      ['Blocked', { status: 'Blocked' }, 'Blocked'],
      ['Expired', { status: 'Expired' }, 'Expired'],
      ['Invalid', { status: 'Invalid' }, 'Invalid'],
      ['past its expiry date', { expiryDate: atSecond(-1) }, 'Expired'],
    ] as const)('a tag that is %s', async (_, changes, tagStatus) => {
      const charger = drivenCharger(stores);
      const card = await knownTag(changes);

      const answer = await charger.start({ idTag: card.idTag });

      expect(answer).toMatchObject({ localId: '1', tagStatus });
      expect(await charger.session('1')).toMatchObject({ state: 'active', authorised: false, tagStatus });
    });

    test.each(['', 'NOBODY', '<b>\u{1F50C}</b>'])('a tag that nobody knows: %j', async (idTag) => {
      const charger = drivenCharger(stores);

      const answer = await charger.start({ idTag });

      expect(answer).toEqual({ localId: '1', tagStatus: 'Invalid', tag: undefined });
      expect(await charger.session('1')).toMatchObject({ authorised: false, idTag });
    });

    test('a tag of another organisation', async () => {
      const charger = drivenCharger(stores);
      const card = await knownTag({ issuer: { organisationId: 'somebody-else' } });

      const answer = await charger.start({ idTag: card.idTag });

      expect(answer).toEqual({ localId: '1', tagStatus: 'Invalid', tag: undefined });
    });

    test('a connector that the charger is not known to have', async () => {
      const charger = drivenCharger(stores);
      const card = await knownTag();

      const answer = await charger.start({ idTag: card.idTag, connector: connector(999), connectorKnown: false });

      expect(answer).toMatchObject({ localId: '1', tagStatus: 'Accepted' });
      expect((await charger.session('1')).reviewReasons).toEqual(['unknownConnector']);
    });

    test('connector 0, which is none', async () => {
      const charger = drivenCharger(stores);
      const card = await knownTag({ maxOpenSessions: 1 });

      const answer = await charger.start({ idTag: card.idTag, connector: connector(0) });

      expect(answer).toMatchObject({ localId: '1', tagStatus: 'Invalid' });
      expect(await charger.session('1')).toMatchObject({ authorised: false, reviewReasons: ['unknownConnector'] });
      expect((await stores.tags.lookUp(card.idTag, charger.organisationId)).slots).toEqual([]);
    });

    test.each([
      ['in the future', noon + hour],
      ['of 1970', 0],
      ['that is none', Number.NaN],
    ])('row 32: a time %s, which counts as the receive time', async (_, reportedMs) => {
      const charger = drivenCharger(stores);

      const answer = await charger.start({ reportedMs });

      expect(answer.localId).toBe('1');
      expect(await charger.session('1')).toMatchObject({
        startedAt: atSecond(0),
        reviewReasons: ['implausibleStart'],
      });
    });

    test('an id that is another session’s is drawn again', async () => {
      const charger = drivenCharger(stores);
      await charger.start({}, () => '7');
      const draws = ['7', '7', '8'];

      const answer = await charger.start({ connector: connector(2) }, () => draws.shift() ?? 'none');

      expect(answer.localId).toBe('8');
      expect((await charger.open()).toSorted()).toEqual(['7', '8']);
    });

    test('an id that is that of the session which it supersedes is drawn again', async () => {
      const charger = drivenCharger(stores);
      await charger.start({}, () => '7');
      const draws = ['7', '8'];

      const answer = await charger.start({ meterStartWh: 2000 }, () => draws.shift() ?? 'none');

      expect(answer.localId).toBe('8');
      expect(await charger.open()).toEqual(['8']);
    });
  });

  describe('row 30: again', () => {
    test('gets the same id and status, however late, and the tag in any case', async () => {
      const charger = drivenCharger(stores);
      const card = await knownTag();
      const first = await charger.start({ idTag: card.idTag });

      const again = await charger.start({ idTag: card.idTag.toLowerCase(), receivedMs: noon + hour });

      expect(again).toEqual(first);
      expect(await charger.sessions()).toHaveLength(1);
    });

    test('gets the status that it was answered first, though the tag has been blocked since', async () => {
      const charger = drivenCharger(stores);
      const card = await knownTag();
      const first = await charger.start({ idTag: card.idTag });
      await stores.tags.saveTag({ ...card, status: 'Blocked' });

      const again = await charger.start({ idTag: card.idTag });

      expect(again).toMatchObject({ localId: first.localId, tagStatus: 'Accepted' });
    });

    test('gets the same answer after its stop', async () => {
      const charger = drivenCharger(stores);
      const first = await charger.start();
      await charger.stop(first.localId);

      const again = await charger.start({ receivedMs: noon + 2 * hour });

      expect(again).toEqual(first);
      expect(await charger.open()).toEqual([]);
      expect(await charger.sessions()).toHaveLength(1);
    });

    test('gets the same answer after it was superseded', async () => {
      const charger = drivenCharger(stores);
      const first = await charger.start();
      const next = await charger.start({ reportedMs: noon + second, receivedMs: noon + second });

      const again = await charger.start();

      expect(again).toEqual(first);
      expect(await charger.open()).toEqual([next.localId]);
    });

    test('is never ConcurrentTx against itself', async () => {
      const charger = drivenCharger(stores);
      const card = await knownTag({ maxOpenSessions: 1 });
      const first = await charger.start({ idTag: card.idTag });

      const again = await charger.start({ idTag: card.idTag });

      expect(again).toEqual(first);
      expect(again.tagStatus).toBe('Accepted');
    });

    test.each<[string, Partial<StartReport>]>([
      ['another connector', { connector: connector(2) }],
      ['another tag', { idTag: 'SOMEBODY' }],
      ['another register', { meterStartWh: 1001 }],
      ['another time', { reportedMs: noon - 1 }],
    ])('is another one where it names %s', async (_, changes) => {
      const charger = drivenCharger(stores);
      const first = await charger.start();

      const other = await charger.start(changes);

      expect(other.localId).not.toBe(first.localId);
    });

    test('is another one on another charger', async () => {
      const [charger, neighbour] = [drivenCharger(stores), drivenCharger(stores)];
      await charger.start({}, () => '5');

      const other = await neighbour.start({}, () => '6');

      expect(other.localId).toBe('6');
    });

    test('is the same while its session is open, though its time cannot be believed', async () => {
      const charger = drivenCharger(stores);
      const first = await charger.start({ reportedMs: 0 });

      const again = await charger.start({ reportedMs: 0, receivedMs: noon + second });

      expect(again).toEqual(first);
      expect(await charger.sessions()).toHaveLength(1);
    });

    test('is a new session, flagged, where its time cannot be believed and the session of that time has ended', async () => {
      const charger = drivenCharger(stores);
      const first = await charger.start({ reportedMs: 0 });
      await charger.stop(first.localId);

      const next = await charger.start({ reportedMs: 0, receivedMs: noon + 2 * hour });
      const retry = await charger.start({ reportedMs: 0, receivedMs: noon + 2 * hour + second });

      expect(next.localId).not.toBe(first.localId);
      expect(retry).toEqual(next);
      expect(await charger.session(next.localId)).toMatchObject({
        state: 'active',
        startedAt: atSecond(7200),
        reviewReasons: ['implausibleStart', 'repeatedStart'],
      });
    });

    test('at the same moment on several sockets is one session', async () => {
      const charger = drivenCharger(stores);

      const answers = await Promise.all(Array.from({ length: 8 }, () => charger.start()));

      expect(new Set(answers.map(({ localId }) => localId)).size).toBe(1);
      expect(await charger.sessions()).toHaveLength(1);
      expect((await charger.session(answers[0]?.localId ?? '')).reviewReasons).toEqual([]);
    });

    test('at the same moment is one session, though its time cannot be believed', async () => {
      const charger = drivenCharger(stores);
      const earlier = await charger.start({ reportedMs: 0 });
      await charger.stop(earlier.localId);

      const answers = await Promise.all(Array.from({ length: 8 }, () => charger.start({ reportedMs: 0 })));

      expect(new Set(answers.map(({ localId }) => localId)).size).toBe(1);
      expect(await charger.sessions()).toHaveLength(2);
    });
  });

  describe('row 31: on a connector with an open session', () => {
    test('opens, and the open one ends for review', async () => {
      const charger = drivenCharger(stores);
      const first = await charger.start();

      const next = await charger.start({ reportedMs: noon + second, receivedMs: noon + second });

      expect(await charger.open()).toEqual([next.localId]);
      expect(await charger.session(first.localId)).toMatchObject({
        state: 'ended',
        endedBy: 'superseded',
        reviewReasons: ['superseded'],
      });
      expect(await charger.session(next.localId)).toMatchObject({ state: 'active', reviewReasons: [] });
      expect(await charger.review()).toEqual([first.localId]);
    });

    test('leaves the sessions of other connectors alone', async () => {
      const charger = drivenCharger(stores);
      const first = await charger.start({ connector: connector(1) });

      const other = await charger.start({ connector: connector(2) });

      expect((await charger.open()).toSorted()).toEqual([first.localId, other.localId]);
      expect(await charger.review()).toEqual([]);
    });

    test('takes over the place of the old one where the tag may have but one', async () => {
      const charger = drivenCharger(stores);
      const card = await knownTag({ maxOpenSessions: 1 });
      await charger.start({ idTag: card.idTag });

      const next = await charger.start({ idTag: card.idTag, meterStartWh: 2000 });

      expect(next.tagStatus).toBe('Accepted');
      expect((await stores.tags.lookUp(card.idTag, charger.organisationId)).slots).toHaveLength(1);
    });

    test('twenty at the same moment leave one open, and each of the others is in review', async () => {
      const charger = drivenCharger(stores);
      const registers = Array.from({ length: 20 }, (_, index) => index);

      const answers = await Promise.all(registers.map((meterStartWh) => charger.start({ meterStartWh })));

      const ids = answers.map(({ localId }) => localId);
      const open = await charger.open();
      expect(new Set(ids).size).toBe(20);
      expect(open).toHaveLength(1);
      expect((await charger.review()).toSorted()).toEqual(ids.filter((id) => !open.includes(id)).toSorted());
      const states = (await charger.sessions()).map(({ state, endedBy }) => endedBy ?? state);
      expect(states.toSorted()).toEqual(['active', ...Array(19).fill('superseded')]);
    });
  });

  describe('row 27: with a limited tag', () => {
    test('is ConcurrentTx where all places are taken, on whatever charger, and Accepted again after a stop', async () => {
      const [here, there, elsewhere] = [drivenCharger(stores), drivenCharger(stores), drivenCharger(stores)];
      const card = await knownTag({ maxOpenSessions: 2 });
      const first = await here.start({ idTag: card.idTag });
      await there.start({ idTag: card.idTag });

      const third = await elsewhere.start({ idTag: card.idTag });
      await here.stop(first.localId);
      const fourth = await here.start({ idTag: card.idTag, meterStartWh: 2000 });

      expect([third.tagStatus, fourth.tagStatus]).toEqual(['ConcurrentTx', 'Accepted']);
      expect(await elsewhere.session(third.localId)).toMatchObject({ authorised: false, tagStatus: 'ConcurrentTx' });
    });

    test('at the same moment on ten chargers is Accepted as often as it may', async () => {
      const card = await knownTag({ maxOpenSessions: 3 });
      const chargers = Array.from({ length: 10 }, () => drivenCharger(stores));

      const answers = await Promise.all(chargers.map((charger) => charger.start({ idTag: card.idTag })));

      const statuses = answers.map(({ tagStatus }) => tagStatus).toSorted();
      expect(statuses).toEqual([...Array(3).fill('Accepted'), ...Array(7).fill('ConcurrentTx')]);
      expect((await stores.tags.lookUp(card.idTag, anew('org'))).slots).toHaveLength(3);
    });

    test('counts each organisation’s own tag for itself', async () => {
      const [charger, neighbour] = [drivenCharger(stores), drivenCharger(stores)];
      const idTag = anewTag();
      for (const { organisationId } of [charger, neighbour]) {
        await knownTag({ idTag, issuer: { organisationId }, maxOpenSessions: 1 });
      }

      const answers = [await charger.start({ idTag }), await neighbour.start({ idTag })];

      expect(answers.map(({ tagStatus }) => tagStatus)).toEqual(['Accepted', 'Accepted']);
    });
  });
});
