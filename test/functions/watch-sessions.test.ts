import { expect, test } from 'vitest';
import { watchSessions } from '#functions/jobs/watchSessions.ts';
import type { App } from '#shared/runtime/app.ts';
import { drivenCharger } from '#test/support/driven-charger.ts';
import { durations, noon, untraced } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

const day = 86_400_000;

/** So many chargers that started at noon and were never heard again, two days later. */
async function forgotten(count: number) {
  const errors: unknown[] = [];
  const stores = memoryStores();
  const app: App = {
    stores,
    durations,
    tracing: untraced,
    clock: () => noon + 2 * day,
    log: { info: () => {}, warn: () => {}, error: (_, details) => errors.push(details?.error) },
  };
  const chargers = Array.from({ length: count }, () => drivenCharger(stores));
  await Promise.all(chargers.map((charger) => charger.start()));
  const states = () => Promise.all(chargers.map(async (charger) => (await charger.session('1')).state));
  return { app, stores, chargers, errors, states };
}

test('one run looks at all that is due, however many there are', async () => {
  const { app, states } = await forgotten(120);

  const first = await watchSessions(app, {});
  const second = await watchSessions(app, {});

  expect(first).toEqual({ looks: 120, inReview: 0 });
  expect(second).toEqual({ looks: 0, inReview: 120 });
  expect(new Set(await states())).toEqual(new Set(['ended']));
});

test('two runs at the same moment end each session once', async () => {
  const { app, chargers } = await forgotten(30);

  await Promise.all([watchSessions(app, {}), watchSessions(app, {})]);

  const reasons = await Promise.all(chargers.map(async (charger) => (await charger.session('1')).reviewReasons));
  expect(reasons).toEqual(chargers.map(() => ['inferredEnd']));
});

test('a session that cannot be looked at does not keep the others from it', async () => {
  const { app, stores, chargers, errors, states } = await forgotten(60);
  const view = stores.chargers.viewCharger;
  const broken = new Set(chargers.slice(0, 30).map(({ chargerId }) => chargerId));
  stores.chargers.viewCharger = async (id) => {
    if (broken.has(id)) throw new Error('The item cannot be read');
    return view(id);
  };

  await watchSessions(app, {});

  expect(errors).toHaveLength(30);
  expect((await states()).filter((state) => state === 'ended')).toHaveLength(30);
});

test('what is not due is not looked at', async () => {
  const { app, chargers } = await forgotten(2);

  const early = await watchSessions({ ...app, clock: () => noon + 60_000 }, {});
  await chargers[0]?.stop('1', { receivedMs: noon + 2 * day });
  const late = await watchSessions({ ...app, clock: () => noon + 2 * day + 1000 }, {});

  expect([early.looks, late.looks]).toEqual([0, 1]);
});

test('a run that is out of time leaves the rest to the next one', async () => {
  const { app, states } = await forgotten(60);
  let calls = 0;
  // Each look at the clock takes it a minute further.
  const slow = { ...app, clock: () => noon + 2 * day + 60_000 * calls++ };

  await watchSessions(slow, {});
  const left = (await states()).filter((state) => state === 'active').length;
  await watchSessions({ ...app, clock: () => noon + 3 * day }, {});

  expect(left).toBeGreaterThan(0);
  expect((await states()).filter((state) => state === 'active')).toEqual([]);
});
