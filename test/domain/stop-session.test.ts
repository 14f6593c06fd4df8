import { describe, expect, test } from 'vitest';
import { drivenCharger } from '#test/support/driven-charger.ts';
import { eachKind } from '#test/support/each-kind.ts';
import { atSecond, connector, noon, reading, tag } from '#test/support/examples.ts';

const second = 1000;
const hour = 3_600_000;

describe.each(eachKind)('a stop $kind', ({ stores }) => {
  test('ends the session that it names, with its energy', async () => {
    const charger = drivenCharger(stores);
    const { localId } = await charger.start();

    const answer = await charger.stop(localId, { receivedMs: noon + hour + second });

    expect(answer).toEqual({ outcome: 'counted' });
    expect(await charger.session(localId)).toMatchObject({
      state: 'ended',
      endedBy: 'charger',
      endedAt: atSecond(3600),
      endReceivedAt: atSecond(3601),
      meterStopWh: 8200,
      energyWh: 7200,
      stopReason: 'Local',
    });
    expect(await charger.open()).toEqual([]);
  });

  test('answers the tag that it names, where somebody knows it', async () => {
    const charger = drivenCharger(stores);
    const card = tag({ issuer: 'installation', status: 'Blocked' });
    await stores.tags.saveTag(card);
    const { localId } = await charger.start();

    const known = await charger.stop(localId, { idTag: card.idTag.toLowerCase() });
    const unknown = await charger.stop(localId, { idTag: 'NOBODY' });

    expect([known.tag, unknown.tag]).toEqual([card, undefined]);
  });

  test('of a session that was authorised awaits nobody’s review', async () => {
    const charger = drivenCharger(stores);
    const card = tag({ issuer: 'installation' });
    await stores.tags.saveTag(card);
    const { localId } = await charger.start({ idTag: card.idTag });

    await charger.stop(localId);

    expect((await charger.session(localId)).reviewReasons).toEqual([]);
    expect(await charger.review()).toEqual([]);
  });

  test('row 29: of a session that was refused goes to review where energy flowed, and only there', async () => {
    const charger = drivenCharger(stores);
    const idle = await charger.start();
    await charger.stop(idle.localId, { meterStopWh: 1000, reason: 'DeAuthorized' });
    const charged = await charger.start({ meterStartWh: 1001 });

    await charger.stop(charged.localId, { meterStopWh: 1002, reason: 'DeAuthorized' });

    expect(await charger.session(idle.localId)).toMatchObject({ energyWh: 0, reviewReasons: [] });
    expect(await charger.session(charged.localId)).toMatchObject({
      energyWh: 1,
      reviewReasons: ['unauthorisedEnergy'],
    });
  });

  test('frees the place of a limited tag', async () => {
    const charger = drivenCharger(stores);
    const card = tag({ issuer: 'installation', maxOpenSessions: 1 });
    await stores.tags.saveTag(card);
    const { localId } = await charger.start({ idTag: card.idTag });

    await charger.stop(localId);

    expect((await stores.tags.lookUp(card.idTag, charger.organisationId)).slots).toEqual([]);
  });

  describe('row 34: that names an id never issued', () => {
    const strange = ['0', '-1', '9223372036854775807', '4711'];

    test.each(strange)('is parked for review where nothing is open: %s', async (id) => {
      const charger = drivenCharger(stores);

      const answer = await charger.stop(id, { idTag: 'NOBODY' });

      const [parked, ...others] = await charger.sessions();
      expect(answer).toEqual({ outcome: 'counted' });
      expect(others).toEqual([]);
      expect(parked).toMatchObject({
        protocolTransactionId: id,
        idTag: 'NOBODY',
        state: 'ended',
        authorised: false,
        meterStopWh: 8200,
        reviewReasons: ['unmatchedStop'],
      });
      expect(parked?.energyWh).toBeUndefined();
    });

    test.each(strange)('ends the only open session that fits, and says so: %s', async (id) => {
      const charger = drivenCharger(stores);
      const { localId } = await charger.start();

      await charger.stop(id);

      expect(await charger.open()).toEqual([]);
      expect(await charger.sessions()).toHaveLength(1);
      expect(await charger.session(localId)).toMatchObject({
        protocolTransactionId: localId,
        energyWh: 7200,
        reviewReasons: ['unauthorisedEnergy', 'matchedStop'],
      });
    });

    test('again changes nothing, matched or parked', async () => {
      const [matching, parking] = [drivenCharger(stores), drivenCharger(stores)];
      await matching.start();
      await matching.stop('0');
      await matching.start({ meterStartWh: 2000 });
      await parking.stop('0');
      await parking.start();
      const before = [await matching.sessions(), await parking.sessions()];

      await matching.stop('0', { receivedMs: noon + 2 * hour });
      await parking.stop('0', { receivedMs: noon + 2 * hour });

      expect([await matching.sessions(), await parking.sessions()]).toEqual(before);
    });

    test('at the same moment is counted once, matched or parked', async () => {
      const [matching, parking] = [drivenCharger(stores), drivenCharger(stores)];
      await matching.start();

      await Promise.all([1, 2, 3].flatMap(() => [matching.stop('0'), parking.stop('0')]));

      expect(await matching.sessions()).toHaveLength(1);
      expect(await matching.open()).toEqual([]);
      expect(await parking.sessions()).toHaveLength(1);
    });

    test('is parked beside another one that has another content', async () => {
      const charger = drivenCharger(stores);

      await charger.stop('0');
      await charger.stop('0', { meterStopWh: 1 });

      expect(await charger.sessions()).toHaveLength(2);
    });

    test('is parked where two open sessions fit', async () => {
      const charger = drivenCharger(stores);
      const ids = [await charger.start(), await charger.start({ connector: connector(2) })].map(
        ({ localId }) => localId,
      );

      await charger.stop('-1');

      expect((await charger.open()).toSorted()).toEqual(ids);
      expect(await charger.sessions()).toHaveLength(3);
    });

    test('ends the one of two whose tag it names', async () => {
      const charger = drivenCharger(stores);
      const first = await charger.start({ idTag: 'MINE' });
      const other = await charger.start({ idTag: 'YOURS', connector: connector(2) });

      await charger.stop('-1', { idTag: 'mine' });

      expect(await charger.open()).toEqual([other.localId]);
      expect((await charger.session(first.localId)).reviewReasons).toContain('matchedStop');
    });

    test('row 28: ends the one whose tag has the same parent', async () => {
      const charger = drivenCharger(stores);
      const [mine, hers] = ['Family', 'FAMILY'].map((parentIdTag) => tag({ issuer: 'installation', parentIdTag }));
      const stranger = tag({ issuer: 'installation' });
      for (const card of [mine, hers, stranger]) if (card) await stores.tags.saveTag(card);
      await charger.start({ idTag: mine?.idTag });
      const other = await charger.start({ idTag: stranger.idTag, connector: connector(2) });

      await charger.stop('-1', { idTag: hers?.idTag });

      expect(await charger.open()).toEqual([other.localId]);
    });

    test('is parked where it names a stranger’s tag', async () => {
      const charger = drivenCharger(stores);
      const stranger = tag({ issuer: 'installation' });
      await stores.tags.saveTag(stranger);
      const { localId } = await charger.start({ idTag: 'MINE' });

      await charger.stop('-1', { idTag: stranger.idTag });
      await charger.stop('-1', { idTag: 'NOBODY' });

      expect(await charger.open()).toEqual([localId]);
      expect(await charger.sessions()).toHaveLength(3);
    });

    test('ends no session that began after it', async () => {
      const charger = drivenCharger(stores);
      const earlier = await charger.start();
      const later = await charger.start({
        connector: connector(2),
        reportedMs: noon + second,
        receivedMs: noon + second,
      });

      await charger.stop('0', { reportedMs: noon });

      expect(await charger.open()).toEqual([later.localId]);
      expect((await charger.session(earlier.localId)).state).toBe('ended');
    });

    test('ends no session whose register began above it', async () => {
      const charger = drivenCharger(stores);
      const { localId } = await charger.start({ meterStartWh: 8201 });

      await charger.stop('0');

      expect(await charger.open()).toEqual([localId]);
    });

    test('ends no session whose last register lies above it', async () => {
      const charger = drivenCharger(stores);
      const high = await charger.start();
      const low = await charger.start({ connector: connector(2) });
      await stores.readings.record(charger.chargerId, [
        reading({ protocolTransactionId: high.localId, at: atSecond(60), registerWh: 8201 }),
        reading({ protocolTransactionId: low.localId, connector: connector(2), at: atSecond(60), registerWh: 8200 }),
      ]);

      await charger.stop('0');

      expect(await charger.open()).toEqual([high.localId]);
    });

    test('looks at the readings of the connector where they name no transaction, from the start on', async () => {
      const charger = drivenCharger(stores);
      const high = await charger.start();
      const low = await charger.start({ connector: connector(2) });
      const nameless = { protocolTransactionId: undefined };
      await stores.readings.record(charger.chargerId, [
        reading({ ...nameless, at: atSecond(60), registerWh: 9000 }),
        reading({ ...nameless, connector: connector(2), at: atSecond(-60), registerWh: 9000 }),
      ]);

      await charger.stop('0');

      expect(await charger.open()).toEqual([high.localId]);
      expect((await charger.session(low.localId)).state).toBe('ended');
    });

    test('counts a time that cannot be believed as the receive time', async () => {
      const charger = drivenCharger(stores);
      const { localId } = await charger.start();

      await charger.stop('0', { reportedMs: 0 });

      expect(await charger.session(localId)).toMatchObject({
        endedAt: atSecond(3600),
        reviewReasons: ['unauthorisedEnergy', 'implausibleStop', 'matchedStop'],
      });
    });

    test('ends no session of another charger', async () => {
      const [charger, neighbour] = [drivenCharger(stores), drivenCharger(stores)];
      const { localId } = await neighbour.start();

      await charger.stop(localId);
      await charger.stop('0');

      expect(await neighbour.open()).toEqual([localId]);
      expect(await charger.sessions()).toHaveLength(2);
    });
  });

  describe('row 35: the second one', () => {
    test('changes nothing where it is the same', async () => {
      const charger = drivenCharger(stores);
      const { localId } = await charger.start();
      await charger.stop(localId);
      const before = await charger.session(localId);

      await charger.stop(localId, { receivedMs: noon + 2 * hour });

      expect(await charger.session(localId)).toEqual(before);
    });

    test.each([
      ['register', { meterStopWh: 9000 }],
      ['time', { reportedMs: noon + 2 * hour, receivedMs: noon + 2 * hour }],
      ['reason', { reason: 'EVDisconnected' }],
      ['tag', { idTag: 'OTHER' }],
    ])('that has another %s keeps the first and is flagged, once', async (_, changes) => {
      const charger = drivenCharger(stores);
      const { localId } = await charger.start();
      await charger.stop(localId);
      const before = await charger.session(localId);

      await charger.stop(localId, changes);
      await charger.stop(localId, changes);

      expect(await charger.session(localId)).toEqual({
        ...before,
        otherStops: [expect.any(String)],
        reviewReasons: ['unauthorisedEnergy', 'conflictingStop'],
      });
    });

    test('is told apart: the same one again, and one that says something else', async () => {
      const charger = drivenCharger(stores);
      const { localId } = await charger.start();
      await charger.stop(localId);

      const outcomes = [await charger.stop(localId), await charger.stop(localId, { reason: 'PowerLoss' })];

      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['repeated', 'conflicting']);
    });

    test('at the same moment counts nothing twice', async () => {
      const charger = drivenCharger(stores);
      const { localId } = await charger.start();

      await Promise.all([1, 2, 3].map(() => charger.stop(localId)));

      expect(await charger.session(localId)).toMatchObject({ energyWh: 7200, reviewReasons: ['unauthorisedEnergy'] });
      expect(await charger.sessions()).toHaveLength(1);
    });

    test('at the same moment with another register: one counts, and the session goes to review', async () => {
      const charger = drivenCharger(stores);
      const { localId } = await charger.start();

      await Promise.all([8200, 9200].map((meterStopWh) => charger.stop(localId, { meterStopWh })));

      const { energyWh, meterStopWh, reviewReasons } = await charger.session(localId);
      expect(energyWh).toBe((meterStopWh ?? 0) - 1000);
      expect(reviewReasons).toEqual(['unauthorisedEnergy', 'conflictingStop']);
    });

    test('after one that named an id never issued conflicts with it', async () => {
      const charger = drivenCharger(stores);
      const { localId } = await charger.start();
      await charger.stop('0');

      await charger.stop(localId);

      expect(await charger.sessions()).toHaveLength(1);
      expect((await charger.session(localId)).reviewReasons).toContain('conflictingStop');
    });
  });

  describe('row 36: that cannot be', () => {
    test('because its register lies below the start has no energy, and goes to review', async () => {
      const charger = drivenCharger(stores);
      const { localId } = await charger.start();

      await charger.stop(localId, { meterStopWh: 999 });

      const session = await charger.session(localId);
      expect(session).toMatchObject({ state: 'ended', meterStopWh: 999, reviewReasons: ['meterBelowStart'] });
      expect(session.energyWh).toBeUndefined();
      expect(await charger.review()).toEqual([localId]);
    });

    test('because it was before the start goes to review', async () => {
      const charger = drivenCharger(stores);
      const { localId } = await charger.start();

      await charger.stop(localId, { reportedMs: noon - 1 });

      expect(await charger.session(localId)).toMatchObject({
        state: 'ended',
        energyWh: 7200,
        reviewReasons: ['unauthorisedEnergy', 'stopBeforeStart'],
      });
    });

    test.each([0, noon + 3 * hour, Number.NaN])('because of its time counts as received: %d', async (reportedMs) => {
      const charger = drivenCharger(stores);
      const { localId } = await charger.start();

      await charger.stop(localId, { reportedMs });

      expect(await charger.session(localId)).toMatchObject({
        endedAt: atSecond(3600),
        reviewReasons: ['unauthorisedEnergy', 'implausibleStop'],
      });
    });
  });

  describe('row 37: that comes late, after its session was superseded', () => {
    test('tells what the session was given, and leaves its successor alone', async () => {
      const charger = drivenCharger(stores);
      const first = await charger.start();
      const next = await charger.start({ meterStartWh: 9000 });

      await charger.stop(first.localId);

      expect(await charger.session(first.localId)).toMatchObject({
        state: 'ended',
        endedBy: 'charger',
        energyWh: 7200,
        endedAt: atSecond(3600),
        reviewReasons: ['superseded', 'unauthorisedEnergy', 'lateStop'],
      });
      expect(await charger.open()).toEqual([next.localId]);
    });

    test('changes nothing when it comes again, and conflicts with another one', async () => {
      const charger = drivenCharger(stores);
      const first = await charger.start();
      await charger.start({ meterStartWh: 9000 });
      await charger.stop(first.localId);
      const before = await charger.session(first.localId);

      await charger.stop(first.localId);
      const again = await charger.session(first.localId);
      await charger.stop(first.localId, { meterStopWh: 8300 });

      expect(again).toEqual(before);
      expect(await charger.session(first.localId)).toMatchObject({
        energyWh: 7200,
        reviewReasons: ['superseded', 'unauthorisedEnergy', 'conflictingStop', 'lateStop'],
      });
    });

    test('frees no place that another session of the tag has taken since', async () => {
      const [charger, neighbour] = [drivenCharger(stores), drivenCharger(stores)];
      const card = tag({ issuer: 'installation', maxOpenSessions: 1 });
      await stores.tags.saveTag(card);
      const first = await charger.start({ idTag: card.idTag });
      await charger.start({ idTag: 'NOBODY', meterStartWh: 9000 });
      const other = await neighbour.start({ idTag: card.idTag });

      await charger.stop(first.localId);

      expect(other.tagStatus).toBe('Accepted');
      expect((await stores.tags.lookUp(card.idTag, charger.organisationId)).slots).toHaveLength(1);
    });
  });

  test('at the same moment as the next start on its connector ends its session, whichever comes first', async () => {
    const charger = drivenCharger(stores);
    const first = await charger.start();

    const [, next] = await Promise.all([charger.stop(first.localId), charger.start({ meterStartWh: 9000 })]);

    expect(await charger.open()).toEqual([next.localId]);
    expect(await charger.session(first.localId)).toMatchObject({ endedBy: 'charger', energyWh: 7200 });
  });

  describe('row 37: with readings', () => {
    const brought = reading({ at: atSecond(1800), connector: undefined, protocolTransactionId: '0' });

    test.each(['0', '-1', '9223372036854775807', '4711'])(
      'files them under the session that it fitted, whatever id it named: %s',
      async (protocolTransactionId) => {
        const charger = drivenCharger(stores);
        const { localId } = await charger.start();

        await charger.stop(protocolTransactionId, { readings: [{ ...brought, protocolTransactionId }] });
        await charger.stop(protocolTransactionId, { readings: [{ ...brought, protocolTransactionId }] });

        const series = { chargerId: charger.chargerId, protocolTransactionId: localId };
        const { items } = await stores.readings.listReadings(series, 10);
        expect(items).toMatchObject([{ ...brought, protocolTransactionId, connector: connector(1) }]);
      },
    );

    test('keeps those of a parked stop apart from those of the next one', async () => {
      const charger = drivenCharger(stores);

      await charger.stop('0', { readings: [brought] });
      await charger.stop('0', { meterStopWh: 9000, readings: [{ ...brought, at: atSecond(3000) }] });

      const parked = await charger.sessions();
      const series = parked.map(({ chargerId, localId: protocolTransactionId }) => ({
        chargerId,
        protocolTransactionId,
      }));
      const lists = await Promise.all(series.map((one) => stores.readings.listReadings(one, 10)));
      expect(lists.map(({ items }) => items.length)).toEqual([1, 1]);
    });
  });
});
