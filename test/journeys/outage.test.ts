import { randomBytes } from 'node:crypto';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { localCloud } from '#test/support/local-cloud.ts';
import { residentMb } from '#test/support/memory-of-tree.ts';
import { PersistentCharger } from '#test/support/persistent-charger.ts';

/** The morning after an outage: every charger dials at the same moment, and again and again until it is served. */

const CHARGERS = 1_000;

/** Of the local cloud and its database together. Each function has instances of its own, at most four. */
const MOST_MB = 3_000;

/** Of how many chargers one is asked for all the boots that are kept of it. */
const LOOKED_AT = 20;

const keys = new Map(
  Array.from({ length: CHARGERS }, (_, index) => [`OUTAGE-${index + 1}`, randomBytes(20).toString('hex')]),
);

const cloud = localCloud({
  seed: { chargers: [...keys].map(([id, authorizationKeyHex]) => ({ id, authorizationKeyHex })) },
});

const chargers: PersistentCharger[] = [];
afterAll(() => {
  for (const charger of chargers) charger.terminate();
});

test('all chargers dial at once: each is booted and heard, none is served twice, and memory stays bounded', async () => {
  const patience = AbortSignal.timeout(780_000);
  for (const [id, keyHex] of keys) {
    const url = `${cloud.url.replace(/^http/, 'ws')}/ocpp/${id}`;
    const redial = { firstMs: 500, longestMs: 8_000 };
    chargers.push(new PersistentCharger({ id, url, keyHex, redial, answerMs: 60_000 }));
  }
  let mostMb = 0;
  const watch = setInterval(() => {
    mostMb = Math.max(mostMb, residentMb(cloud.pid));
  }, 1_000);
  onTestFinished(() => clearInterval(watch));

  await Promise.all(chargers.map((charger) => charger.comeBack(patience)));

  expect(chargers.filter(({ isOpen }) => !isOpen).map(({ id }) => id)).toEqual([]);
  const statuses = new Set(chargers.flatMap(({ refusals }) => refusals));
  expect([...statuses].filter((status) => ![0, 429, 500, 503].includes(status))).toEqual([]);
  expect(await notTheirs()).toEqual([]);
  for (const [index, charger] of chargers.entries()) {
    if (charger.bootsSent > 1 || index % LOOKED_AT === 0) await expectBootsOf(charger);
  }
  expect(mostMb).toBeGreaterThan(0);
  expect(mostMb).toBeLessThan(MOST_MB);
}, 900_000);

/** The chargers of which the app API tells another connection than the one that they have. */
async function notTheirs(): Promise<string[]> {
  const { organisationId } = await cloud.api.ask('getCharger', { params: { chargerId: 'OUTAGE-1' } });
  const pages = await cloud.api.pages('listChargers', { query: { organisationId, limit: 100 } });
  const told = new Map(pages.flat().map((charger) => [charger.id, charger]));
  return chargers
    .filter(({ id, connecting }) => {
      const it = told.get(id);
      const connectedAt = Date.parse(it?.connectedAt ?? '');
      return !(it?.online && connecting && connectedAt >= connecting.from && connectedAt <= connecting.to);
    })
    .map(({ id }) => id);
}

/** Every boot that was answered is kept; of one whose answer was lost either. */
async function expectBootsOf({ id, bootsSent, bootsAnswered }: PersistentCharger): Promise<void> {
  const pages = await cloud.api.pages('listChargerEvidence', { params: { chargerId: id } });
  const boots = pages.flat().filter(({ kind }) => kind === 'boot').length;
  expect(boots, id).toBeGreaterThanOrEqual(bootsAnswered);
  expect(boots, id).toBeLessThanOrEqual(bootsSent);
}
