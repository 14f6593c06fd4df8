import { describe, expect, test } from 'vitest';
import { putCharger } from '#functions/http/putCharger.ts';
import { chargerPlan } from '#shared/http/charger.ts';
import { credentialKeeper } from '#shared/runtime/credentials.ts';
import { durations, untraced } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

const noon = Date.UTC(2024, 2, 1, 12);
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

describe('PUT of a charger without a credential', () => {
  test('shows no key that another PUT has replaced meanwhile', async () => {
    const stores = memoryStores();
    const credentials = credentialKeeper(async () => 'pepper');
    const principal = { subject: 'olga', roles: ['operator' as const], reach: 'installation' as const };
    const context = {
      stores,
      credentials,
      principal,
      clock: () => noon,
      nowMs: noon,
      durations,
      log: quiet,
      tracing: untraced,
    };
    const request = { params: { chargerId: 'CP' }, query: {}, body: chargerPlan.parse({ id: 'CP' }) };
    const find = stores.chargers.findCharger;
    const waiting: (() => void)[] = [];
    // Both look before either saves.
    stores.chargers.findCharger = async (id) => {
      const found = await find(id);
      await new Promise<void>((go) => {
        waiting.push(go);
        if (waiting.length === 2) for (const each of waiting) each();
      });
      return found;
    };

    const answers = await Promise.all([putCharger(request, context), putCharger(request, context)]);

    const shown = answers.map(({ body }) => body.authorizationKeyHex).filter((key) => key !== undefined);
    const kept = (await find('CP'))?.credential;
    expect(shown).toHaveLength(1);
    expect(kept && (await credentials.matches(kept, Buffer.from(String(shown[0]))))).toBe(true);
  });

  test('leaves alone the key that another PUT has made and shown since it looked', async () => {
    const stores = memoryStores();
    const credentials = credentialKeeper(async () => 'pepper');
    const principal = { subject: 'olga', roles: ['operator' as const], reach: 'installation' as const };
    const context = {
      stores,
      credentials,
      principal,
      clock: () => noon,
      nowMs: noon,
      durations,
      log: quiet,
      tracing: untraced,
    };
    const request = { params: { chargerId: 'CP' }, query: {}, body: chargerPlan.parse({ id: 'CP' }) };
    const first = await putCharger(request, context);
    const blind = { ...stores, chargers: { ...stores.chargers, findCharger: async () => undefined } };

    const second = await putCharger(request, { ...context, stores: blind });

    expect(second.body.authorizationKeyHex).toBeUndefined();
    const kept = (await stores.chargers.findCharger('CP'))?.credential;
    const shown = Buffer.from(String(first.body.authorizationKeyHex));
    expect(kept && (await credentials.matches(kept, shown))).toBe(true);
  });
});
