import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sessionIdOf } from '#shared/domain/session-id.ts';
import type { Stores } from '#shared/store/stores.ts';
import { testDatabase } from '#test/support/database.ts';
import { drivenCharger } from '#test/support/driven-charger.ts';
import { connector, noon, tag } from '#test/support/examples.ts';
import { interleaved } from '#test/support/interleaved.ts';
import { memoryStores } from '#test/support/memory-stores.ts';
import { allPages } from '#test/support/pages.ts';

const limited = tag({ issuer: 'installation', maxOpenSessions: 1, parentIdTag: 'FAMILY' });
const accepted = tag({ issuer: 'installation', parentIdTag: 'FAMILY' });
const idTags = fc.constantFrom(limited.idTag, accepted.idTag, accepted.idTag.toLowerCase(), 'NOBODY');
/** Times of a charger's clock; 0 is 1970, which cannot be believed. */
const times = fc.constantFrom(noon, noon + 1000, noon - 1000, 0);
const registers = fc.constantFrom(1000, 1001, 2000);

const start = fc.record({
  kind: fc.constant('start' as const),
  connector: fc.constantFrom(1, 2).map(connector),
  idTag: idTags,
  meterStartWh: registers,
  reportedMs: times,
});

const stop = fc.record({
  kind: fc.constant('stop' as const),
  /** Which of the starts that were answered so far; where there is none, an id never issued. */
  of: fc.nat({ max: 5 }),
  strange: fc.constantFrom(undefined, undefined, undefined, '0', '-1'),
  idTag: fc.option(idTags, { nil: undefined }),
  meterStopWh: registers,
  reportedMs: times,
});

type ValueOf<A> = A extends fc.Arbitrary<infer T> ? T : never;
type StartStep = ValueOf<typeof start>;
type Step = StartStep | ValueOf<typeof stop>;

/** Steps of one batch are under way at once; a batch begins when the one before it is over. */
const batches = fc.array(fc.array(fc.oneof(start, stop), { minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 4,
});

async function saveTags({ tags }: Stores) {
  await tags.saveTag(limited);
  await tags.saveTag(accepted);
}

async function run(stores: Stores, settle: <T>(all: Promise<T>) => Promise<T>, steps: Step[][]) {
  const charger = drivenCharger(stores);
  const answers: { step: StartStep; localId: string }[] = [];
  let receivedMs = noon + 10_000;
  for (const batch of steps) {
    const issued = answers.map(({ localId }) => localId);
    receivedMs += 10_000;
    const all = Promise.all(
      batch.map(async (step) => {
        if (step.kind === 'start') {
          const { localId } = await charger.start({ ...step, receivedMs });
          answers.push({ step, localId });
        } else {
          await charger.stop(step.strange ?? issued[step.of] ?? '4711', { ...step, receivedMs });
        }
      }),
    );
    await settle(all);
  }
  return { charger, answers };
}

/** What holds after any history of starts and stops. */
async function expectOrder(stores: Stores, { charger: driven, answers }: Awaited<ReturnType<typeof run>>) {
  const charger = drivenCharger(stores, driven);
  const sessions = await charger.sessions();
  const ids = sessions.map(({ localId }) => localId);
  const active = sessions.filter(({ state }) => state === 'active');
  const held = await stores.sessions.listOpen(charger.chargerId);
  const listed = (
    await allPages((after) => stores.sessions.listOfOrganisation(charger.organisationId, 'open', 100, after))
  ).flat();

  // At most one active session holds a connector, and each active session holds one.
  expect(new Set(active.map((session) => session.connector?.evse)).size).toBe(active.length);
  expect(held.map(({ localId }) => localId).toSorted()).toEqual(active.map(({ localId }) => localId).toSorted());
  expect(listed.map(({ localId }) => localId).toSorted()).toEqual(active.map(({ localId }) => localId).toSorted());

  // Every start was answered with a session that exists, and each of those sessions was somebody's answer.
  const answered = new Set(answers.map(({ localId }) => localId));
  const started = sessions.filter((session) => session.startedAt !== undefined).map(({ localId }) => localId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(started.toSorted()).toEqual([...answered].toSorted());

  // A start whose time can be believed is one session, however often it came.
  const byKey = Map.groupBy(
    answers.filter(({ step }) => step.reportedMs > 0),
    ({ step }) => JSON.stringify([step.connector, step.idTag.toUpperCase(), step.meterStartWh, step.reportedMs]),
  );
  for (const same of byKey.values()) expect(new Set(same.map(({ localId }) => localId)).size).toBe(1);

  // No energy is negative, and no stop is counted twice.
  for (const { energyWh = 0 } of sessions) expect(energyWh).toBeGreaterThanOrEqual(0);
  const stopKeys = sessions.flatMap(({ stopKey }) => stopKey ?? []);
  expect(new Set(stopKeys).size).toBe(stopKeys.length);

  // Whoever lost its connector to another start awaits review, even if its stop came late.
  const review = await charger.review();
  const flagged = sessions.filter(({ reviewReasons }) => reviewReasons.length > 0).map(({ localId }) => localId);
  expect(review.toSorted()).toEqual(flagged.toSorted());
  for (const { endedBy, reviewReasons, startedAt = '', endedAt = '' } of sessions) {
    // What a stop of an id never issued ended was open until then.
    expect(['superseded', 'matchedStop'].every((reason) => reviewReasons.some((one) => one === reason))).toBe(false);
    if (endedBy !== 'superseded') continue;
    expect(reviewReasons).toContain('superseded');
    expect(endedAt >= startedAt).toBe(true);
  }

  // The one place of the limited tag is held by the one active session that has it.
  const { slots } = await stores.tags.lookUp(limited.idTag, charger.organisationId);
  const holders = active.filter(({ tagSlot }) => tagSlot !== undefined);
  expect(slots.map(({ sessionId }) => sessionId)).toEqual(
    holders.map(({ localId }) => sessionIdOf(charger.chargerId, localId)),
  );
}

test('rows 29 to 37: any interleaving of starts and stops leaves one open session per connector and counts nothing twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), batches, async (scheduler, steps) => {
      const stores = memoryStores();
      await saveTags(stores);

      const history = await run(interleaved(stores, scheduler), (all) => scheduler.waitFor(all), steps);

      await expectOrder(stores, history);
    }),
    { numRuns: 2000 },
  );
});

test('rows 29 to 37: so does a real database that is asked at once', async () => {
  const { stores } = await testDatabase();
  await saveTags(stores);
  await fc.assert(
    fc.asyncProperty(batches, async (steps) => {
      const history = await run(stores, (all) => all, steps);

      await expectOrder(stores, history);

      for (const localId of await history.charger.open()) await history.charger.stop(localId);
    }),
    { numRuns: 40 },
  );
});
