import { expect, test } from 'vitest';
import { createCampaign } from '#functions/http/createCampaign.ts';
import type { HttpContext } from '#shared/runtime/http-handler.ts';
import { chargerPlan, durations, noon, untraced } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

test('createCampaign reads no more of a large organisation than tells that too many are meant', async () => {
  const stores = memoryStores();
  const ids = Array.from({ length: 5000 }, (_, index) => `CP${String(index).padStart(5, '0')}`);
  let reads = 0;
  const context: HttpContext & Parameters<typeof createCampaign>[1] = {
    stores: {
      ...stores,
      chargers: {
        ...stores.chargers,
        listChargerIds: async (_, limit, after) => {
          const from = after === undefined ? 0 : ids.indexOf(after) + 1;
          return ids.slice(from, from + limit);
        },
        findChargers: async (some) => {
          reads += some.length;
          return some.map((id) => ({ ...chargerPlan({ id }), revision: 1 }));
        },
      },
    },
    clock: () => noon,
    nowMs: noon,
    durations,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    tracing: untraced,
    timers: { after: async () => {} },
    links: { link: async () => '' },
    files: { find: async () => undefined, list: async () => ({ items: [] }) },
    principal: { subject: 'somebody', roles: ['operator'], reach: { organisationId: 'sunny' } },
  };
  const command = { action: 'ClearCache', payload: {} };
  const plan = { name: 'all', command, chargers: {}, waveSize: 10, intervalS: 0, stopAtFailureRate: null };

  const asked = createCampaign({ params: {}, query: {}, body: { ...plan, whenOffline: 'fail' } }, context);

  await expect(asked).rejects.toMatchObject({ status: 422, errors: [{ field: 'chargers' }] });
  expect(reads).toBeLessThanOrEqual(2100);
});
