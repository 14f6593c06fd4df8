import { describe, expect, test } from 'vitest';
import { decideSession, type Verdict } from '#shared/domain/decide-session.ts';
import { countedOf, type ReviewReason } from '#shared/domain/session.ts';
import { drivenCharger } from '#test/support/driven-charger.ts';
import { eachKind } from '#test/support/each-kind.ts';
import { atSecond, noon } from '#test/support/examples.ts';

const later = noon + 7_200_000;

describe.each(eachKind)('a session in review, $kind', ({ stores }) => {
  const reasons: ReviewReason[] = ['unauthorisedEnergy'];
  const verdict = (changes: Partial<Verdict> = {}): Verdict => ({
    outcome: 'approve',
    reasons,
    note: 'the driver has paid at the desk',
    by: 'olga',
    ...changes,
  });

  /** Of a tag that nobody knows: 7200 Wh in an hour. */
  async function inReview() {
    const charger = drivenCharger(stores);
    const { localId } = await charger.start();
    await charger.stop(localId);
    return {
      charger,
      localId,
      session: () => charger.session(localId),
      decide: async (given: Verdict, atMs = later) =>
        decideSession(stores.sessions, await charger.session(localId), given, atMs),
    };
  }

  test('counts for nothing until somebody has decided', async () => {
    const { session } = await inReview();

    expect(countedOf(await session())).toBeUndefined();
  });

  test('is out of review when it is approved, and counts as reported', async () => {
    const { session, decide, charger } = await inReview();

    expect((await decide(verdict())).is).toBe('decided');

    expect(await charger.review()).toEqual([]);
    expect(await session()).toMatchObject({
      reviewReasons: [],
      decisions: [{ ...verdict(), at: atSecond(7200) }],
    });
    expect(countedOf(await session())).toEqual({
      energyWh: 7200,
      startedAt: atSecond(0),
      endedAt: atSecond(3600),
      waived: false,
    });
  });

  test('keeps what was reported when it is corrected, and counts as corrected', async () => {
    const { session, decide } = await inReview();

    await decide(verdict({ outcome: 'correct', energyWh: 5000, endedAt: atSecond(1800) }));

    expect(await session()).toMatchObject({ energyWh: 7200, endedAt: atSecond(3600) });
    expect(countedOf(await session())).toEqual({
      energyWh: 5000,
      startedAt: atSecond(0),
      endedAt: atSecond(1800),
      waived: false,
    });
  });

  test('is never corrected to end before it began', async () => {
    const { session, decide } = await inReview();

    expect((await decide(verdict({ outcome: 'correct', endedAt: atSecond(-1) }))).is).toBe('reversed');
    expect((await decide(verdict({ outcome: 'correct', startedAt: atSecond(3601) }))).is).toBe('reversed');

    expect((await session()).reviewReasons).toEqual(reasons);
  });

  test('is waived for good, as far as anybody can tell', async () => {
    const { session, decide } = await inReview();

    await decide(verdict({ outcome: 'waive' }));

    expect(countedOf(await session())).toMatchObject({ energyWh: 7200, waived: true });
  });

  test('is decided once, however often the same is sent, also at the same moment', async () => {
    const { session, decide } = await inReview();

    const outcomes = await Promise.all([decide(verdict()), decide(verdict()), decide(verdict(), later + 1)]);
    const again = await decide(verdict(), later + 5000);

    expect([...outcomes, again].map(({ is }) => is)).toEqual(['decided', 'decided', 'decided', 'decided']);
    expect((await session()).decisions).toHaveLength(1);
  });

  test('has one decision where two people decide differently at the same moment', async () => {
    const { session, decide } = await inReview();

    const outcomes = await Promise.all([decide(verdict()), decide(verdict({ outcome: 'waive', by: 'ivan' }))]);

    expect(outcomes.map(({ is }) => is).sort()).toEqual(['changed', 'decided']);
    expect((await session()).decisions).toHaveLength(1);
  });

  test('is not decided by whoever has not seen all its reasons', async () => {
    const { decide, charger, localId, session } = await inReview();
    await charger.stop(localId, { meterStopWh: 9000 });

    const { is } = await decide(verdict());

    expect(is).toBe('changed');
    expect((await session()).reviewReasons).toEqual(['unauthorisedEnergy', 'conflictingStop']);
    expect((await decide(verdict({ reasons: ['conflictingStop', 'unauthorisedEnergy'] }))).is).toBe('decided');
  });

  test('comes back to review with a new reason, and keeps what was decided before', async () => {
    const { decide, charger, localId, session } = await inReview();
    await decide(verdict());
    await charger.stop(localId, { meterStopWh: 9000 });

    expect(countedOf(await session())).toBeUndefined();
    await decide(verdict({ outcome: 'correct', reasons: ['conflictingStop'], energyWh: 8000 }));

    expect((await session()).decisions.map(({ outcome }) => outcome)).toEqual(['approve', 'correct']);
    expect(countedOf(await session())).toMatchObject({ energyWh: 8000 });
  });

  test('is not brought back by the same stop once it is decided', async () => {
    const { decide, charger, localId, session } = await inReview();
    const other = () => charger.stop(localId, { meterStopWh: 9000 });
    await other();
    await decide(verdict({ reasons: ['unauthorisedEnergy', 'conflictingStop'] }));

    expect((await other()).outcome).toBe('repeated');

    expect((await session()).reviewReasons).toEqual([]);
  });

  test('counts as all corrections since the last approval say, each for what it names', async () => {
    const { decide, charger, localId, session } = await inReview();
    await decide(verdict({ outcome: 'correct', energyWh: 5000 }));
    await charger.stop(localId, { meterStopWh: 9000 });
    await decide(verdict({ outcome: 'correct', reasons: ['conflictingStop'], endedAt: atSecond(1800) }));
    expect(countedOf(await session())).toMatchObject({ energyWh: 5000, endedAt: atSecond(1800) });

    await charger.stop(localId, { meterStopWh: 9500 });
    await decide(verdict({ reasons: ['conflictingStop'] }));

    expect(countedOf(await session())).toMatchObject({ energyWh: 7200, endedAt: atSecond(3600) });
  });

  test('cannot be decided while it is active, nor when it awaits no review', async () => {
    const charger = drivenCharger(stores);
    const { localId } = await charger.start({ reportedMs: 0 });
    const seen = { reasons: ['implausibleStart' as const] };

    const active = await decideSession(stores.sessions, await charger.session(localId), verdict(seen), later);
    await charger.stop(localId, { meterStopWh: 1000 });
    const first = await decideSession(stores.sessions, await charger.session(localId), verdict(seen), later);
    const second = await decideSession(
      stores.sessions,
      await charger.session(localId),
      verdict({ ...seen, note: 'another one' }),
      later,
    );

    expect([active.is, first.is, second.is]).toEqual(['active', 'decided', 'settled']);
  });
});
