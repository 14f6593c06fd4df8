import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSecret } from '#shared/domain/configuration-keys.ts';
import {
  searchTrace,
  type TraceEntry,
  Tracer,
  type TraceSearch,
  type TraceStore,
  withoutKeys,
} from '#shared/domain/trace.ts';
import { anew, atSecond, durations, noon } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';
import { allPages } from '#test/support/pages.ts';

const said = (second: number, changes: Partial<TraceEntry> = {}): TraceEntry => ({
  at: atSecond(second),
  direction: 'in',
  text: '[2,"1","Heartbeat",{}]',
  action: 'Heartbeat',
  connectionId: 'c1',
  ...changes,
});

const everything: TraceSearch = { from: atSecond(-86_400), order: 'oldestFirst', limit: 100 };

describe('an instance of a function', () => {
  function instance(changed: Partial<TraceStore> = {}) {
    const { traces } = memoryStores();
    const warnings: string[] = [];
    const now = { second: 0 };
    let looks = 0;
    const counted: TraceStore = {
      ...traces,
      traced: () => {
        looks++;
        return traces.traced();
      },
      ...changed,
    };
    const tracer = new Tracer({
      traces: counted,
      clock: () => noon + now.second * 1000,
      durations,
      log: { warn: (message) => void warnings.push(message) },
      instance: 'one',
    });
    return { traces, tracer, now, warnings, looks: () => looks };
  }

  const kept = async (traces: TraceStore, chargerId: string) =>
    (await searchTrace(traces, chargerId, everything)).items.map(({ at }) => at);

  test('looks once in thirty seconds who is traced, however many messages there are', async () => {
    const { tracer, now, looks } = instance();

    await Promise.all(Array.from({ length: 20 }, () => tracer.note(anew('CP'), said(0))));
    now.second = 29.999;
    await tracer.note(anew('CP'), said(29));
    const before = looks();
    now.second = 30;
    await tracer.note(anew('CP'), said(30));

    expect([before, looks()]).toEqual([1, 2]);
  });

  test('keeps what a traced charger says until the trace ends, and nothing of another', async () => {
    const { traces, tracer } = instance();
    const [traced, other] = [anew('cp'), anew('cp')];
    await traces.startTrace(traced, atSecond(10), atSecond(0));

    for (const second of [0, 9, 10]) await tracer.note(traced.toUpperCase(), said(second));
    await tracer.note(other, said(0));

    expect(await kept(traces, traced)).toEqual([atSecond(0), atSecond(9)]);
    expect(await kept(traces, other)).toEqual([]);
  });

  test('learns within thirty seconds that a trace has begun or was ended', async () => {
    const { traces, tracer, now } = instance();
    const chargerId = anew('CP');
    const noteAt = async (second: number) => {
      now.second = second;
      await tracer.note(chargerId, said(second));
    };

    await noteAt(0);
    await traces.startTrace(chargerId, atSecond(3600), atSecond(1));
    for (const second of [1, 29, 30, 40]) await noteAt(second);
    await traces.endTrace(chargerId, atSecond(41));
    for (const second of [59, 60, 61]) await noteAt(second);

    expect(await kept(traces, chargerId)).toEqual([30, 40, 59].map(atSecond));
  });

  test('keeps entries of one moment in the order in which they were noted', async () => {
    const { traces, tracer } = instance();
    const chargerId = anew('CP');
    await traces.startTrace(chargerId, atSecond(10), atSecond(0));
    const texts = Array.from({ length: 12 }, (_, index) => String(index));

    for (const text of texts) await tracer.note(chargerId, said(0, { text }));

    const { items } = await searchTrace(traces, chargerId, everything);
    expect(items.map(({ text }) => text)).toEqual(texts);
  });

  test.each<[string, Partial<TraceStore>, string]>([
    ['looked', { traced: () => Promise.reject(new Error('down')) }, 'it is not known who is traced'],
    ['kept', { keepEntry: () => Promise.reject(new Error('down')) }, 'a frame could not be traced'],
  ])('does not fail where it cannot be %s', async (_, broken, warning) => {
    const { traces, tracer, warnings } = instance(broken);
    const chargerId = anew('CP');
    await traces.startTrace(chargerId, atSecond(10), atSecond(0));

    await tracer.note(chargerId, said(0));

    expect(warnings).toEqual([warning]);
  });
});

describe('a key', () => {
  const key = 'deadbeefdeadbeefdeadbeefdeadbeef';

  test.each([
    ['that is sent', `[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"${key}"}]`],
    ['in other letters', `[2,"1","ChangeConfiguration",{"value":"${key}","key":" authorizationkey"}]`],
    [
      'that a charger tells',
      `[3,"1",{"configurationKey":[{"key":"AuthorizationKey","readonly":false,"value":"${key}"}]}]`,
    ],
    ['in a frame that is no JSON', `[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"${key}"`],
  ])('%s is not in the trace', (_, text) => {
    const shown = withoutKeys(text);

    expect(shown).not.toContain(key);
    expect(shown).toContain('(hidden)');
    expect(shown).toMatch(/AuthorizationKey/i);
  });

  test('of a vendor that is a secret by its name is not in the trace either', () => {
    const keys = ['WifiPassword', 'Vendor.ClientSecret'].map((name) => ({ key: name, readonly: false, value: key }));

    expect(withoutKeys(JSON.stringify([3, '1', { configurationKey: keys }]))).not.toContain(key);
  });

  test('of another name, and what surrounds a key, stay as they are', () => {
    const others = { configurationKey: [{ key: 'HeartbeatInterval', value: '300' }], unknownKey: ['AuthorizationKey'] };

    expect(withoutKeys(JSON.stringify([3, '1', others]))).toBe(JSON.stringify([3, '1', others]));
  });

  test('is what a frame is changed for, and nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!isSecret(text));
        expect(withoutKeys(text)).toBe(text);
      }),
    );
  });

  test('never shows, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (before, after) => {
        const text = `[${before},{"key":"AuthorizationKey","value":"${key}"},${after}]`;
        expect(withoutKeys(text)).not.toContain(key);
      }),
    );
  });
});

describe('a search', () => {
  const entries = fc.array(
    fc.record({ action: fc.constantFrom('Heartbeat', 'Reset'), text: fc.constantFrom('a', 'ab', 'B') }),
    { maxLength: 260 },
  );

  test('finds all that is meant, once, in order, on pages that hold no more than was asked for', async () => {
    const wanted = fc.record({
      order: fc.constantFrom('newestFirst' as const, 'oldestFirst' as const),
      limit: fc.integer({ min: 1, max: 100 }),
      action: fc.option(fc.constantFrom('Heartbeat', 'Reset', 'Nothing'), { nil: undefined }),
      search: fc.option(fc.constantFrom('a', 'b', 'B'), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(entries, wanted, async (list, { order, limit, action, search }) => {
        const { traces } = memoryStores();
        const chargerId = anew('CP');
        const all = list.map((changes, index) => said(index, changes));
        for (const one of all) await traces.keepEntry(chargerId, one, '0', atSecond(0));

        const pages = await allPages((after) =>
          searchTrace(traces, chargerId, { ...everything, order, limit, action, search, after }),
        );

        const meant = all.filter(
          (one) => (action === undefined || one.action === action) && one.text.includes(search ?? ''),
        );
        expect(pages.flat()).toEqual(order === 'oldestFirst' ? meant : meant.toReversed());
        expect(pages.every((page) => page.length <= limit)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('looks through a thousand entries for a page, and says that there are more', async () => {
    const { traces } = memoryStores();
    const chargerId = anew('CP');
    for (let index = 0; index < 1050; index++) await traces.keepEntry(chargerId, said(index), '0', atSecond(0));

    const pages = await allPages((after) =>
      searchTrace(traces, chargerId, { ...everything, search: 'nothing like it', after }),
    );

    expect(pages).toEqual([[], []]);
  });

  test('answers no more than fits an answer', async () => {
    const { traces } = memoryStores();
    const chargerId = anew('CP');
    const text = 'x'.repeat(128 * 1024);
    for (let index = 0; index < 20; index++) await traces.keepEntry(chargerId, said(index, { text }), '0', atSecond(0));

    const pages = await allPages((after) => searchTrace(traces, chargerId, { ...everything, after }));

    expect(pages.map((page) => page.length)).toEqual([8, 8, 4]);
  });
});
