import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  afterRestart,
  applyChange,
  applyRead,
  findKey,
  isUnsupported,
  type KnownConfiguration,
  type KnownKey,
  keepable,
  pagesOf,
  toReadAgain,
} from '#shared/domain/configuration.ts';
import { isAuthorizationKey, isSecret, refusalOf, refusalOfChange } from '#shared/domain/configuration-keys.ts';
import { atSecond } from '#test/support/examples.ts';

const nothing: KnownConfiguration = { keys: [], unsupported: [] };
const at = atSecond(0);
const later = atSecond(60);

const known = (...keys: Partial<KnownKey>[]): KnownConfiguration => ({
  keys: keys.map((key) => ({ key: 'HeartbeatInterval', readonly: false, readAt: at, ...key })),
  unsupported: [],
});

describe('row 45: keys are read by pages', () => {
  test.each([
    [['a', 'b', 'c'], 2, [['a', 'b'], ['c']]],
    [['a', 'b'], 2, [['a', 'b']]],
    [['a', 'b', 'a'], 1, [['a'], ['b']]],
    [['a', 'b'], 0, [['a'], ['b']]],
    [['a', 'b'], undefined, [['a', 'b']]],
    [[], 5, []],
  ])('%j, %j at a time, are %j', (keys, maxKeys, pages) => {
    expect(pagesOf(keys, maxKeys)).toEqual(pages);
  });

  test('each once, no page empty or too long, nor its answer longer than a frame', () => {
    const answered = (key: string) => ({ key, readonly: false, value: 'x'.repeat(500) });

    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 2 }), { maxLength: 80, size: 'max' }),
        fc.integer({ min: -1, max: 200 }),
        (names, maxKeys) => {
          const keys = names.flatMap((name) => [0, 1, 2].map((digit) => name.padEnd(49, '-') + digit));

          const pages = pagesOf(keys, maxKeys);

          expect(pages.flat().toSorted()).toEqual([...new Set(keys)].toSorted());
          for (const page of pages) {
            expect(page.length).toBeGreaterThan(0);
            expect(page.length).toBeLessThanOrEqual(Math.max(1, maxKeys));
            const frame = [3, 'f'.repeat(36), { configurationKey: page.map(answered) }];
            expect(Buffer.byteLength(JSON.stringify(frame))).toBeLessThanOrEqual(32 * 1024);
          }
        },
      ),
    );
  });
});

describe('what is known of a charger, after', () => {
  test('row 44: a reading, is what it has and what it has not', () => {
    const before = applyRead(nothing, { configurationKey: [{ key: 'Light', readonly: true, value: '1' }] }, at);

    const after = applyRead(
      before,
      {
        configurationKey: [
          { key: 'HeartbeatInterval', readonly: false, value: '300' },
          { key: 'Light', readonly: true },
        ],
        unknownKey: ['BlinkRepeat'],
      },
      later,
    );

    expect(after).toEqual({
      keys: [
        { key: 'Light', readonly: true, readAt: later },
        { key: 'HeartbeatInterval', readonly: false, value: '300', readAt: later },
      ],
      unsupported: ['BlinkRepeat'],
    });
    expect(isUnsupported(after, 'blinkrepeat')).toBe(true);
    expect(applyRead(after, { unknownKey: ['BlinkRepeat'] }, later)).toEqual(after);
    expect(applyRead(after, {}, later)).toEqual(after);
  });

  test('a reading of a key that it had not, is that it has it', () => {
    const before = applyRead(nothing, { unknownKey: ['BlinkRepeat'] }, at);

    const after = applyRead(before, { configurationKey: [{ key: 'BlinkRepeat', readonly: false, value: '3' }] }, at);

    expect(after).toEqual(known({ key: 'BlinkRepeat', value: '3' }));
  });

  test.each([
    ['Accepted', [{ value: '60', readAt: later }]],
    ['RebootRequired', [{ value: '300', pendingRestart: '60', readAt: later }]],
    ['Rejected', [{ value: '300' }]],
    ['NotSupported', []],
  ] as const)('row 44: a change that was answered with %s', (status, keys) => {
    const after = applyChange(known({ value: '300' }), 'HeartbeatInterval', '60', status, later);

    expect(after).toEqual({ ...known(...keys), unsupported: status === 'NotSupported' ? ['HeartbeatInterval'] : [] });
  });

  test.each([
    ['Accepted', { value: '60' }],
    ['RebootRequired', { pendingRestart: '60' }],
  ] as const)('a change of a key that was never read, answered with %s', (status, key) => {
    expect(applyChange(nothing, 'HeartbeatInterval', '60', status, at)).toEqual(known(key));
  });

  test('a reading, a value still waits for its restart; a change that is in force ends that', () => {
    const waiting = known({ value: '300', pendingRestart: '60' });
    const answer = { configurationKey: [{ key: 'HeartbeatInterval', readonly: false, value: '60' }] };

    expect(applyRead(waiting, answer, later)).toEqual(known({ value: '60', pendingRestart: '60', readAt: later }));
    expect(applyChange(waiting, 'HeartbeatInterval', '90', 'Accepted', at)).toEqual(known({ value: '90' }));
  });

  test('a restart, a value that waited for it is uncertain until it is read', () => {
    const waiting = known({ value: '300', pendingRestart: '60' }, { key: 'Light', value: '1' });
    const answer = { configurationKey: [{ key: 'HeartbeatInterval', readonly: false, value: '60' }] };

    const restarted = afterRestart(waiting, later);

    expect(restarted).toEqual(known({ uncertain: true }, { key: 'Light', value: '1' }));
    expect(afterRestart(restarted, later)).toEqual(restarted);
    expect([afterRestart(waiting), afterRestart(waiting, at)]).toEqual([waiting, waiting]);
    expect(toReadAgain(waiting)).toEqual([]);
    expect(toReadAgain(restarted)).toEqual(['HeartbeatInterval']);
    expect(toReadAgain(applyRead(restarted, answer, later))).toEqual([]);
  });

  test('row 4: anything, is never a secret', () => {
    const secret = '0123456789abcdef0123456789abcdef';
    const answer = { configurationKey: [{ key: 'WifiPassword', readonly: false, value: secret }] };

    const all = [
      applyChange(nothing, 'AuthorizationKey', secret, 'Accepted', at),
      applyChange(nothing, 'authorizationkey', secret, 'RebootRequired', at),
      applyRead(nothing, answer, at),
    ];

    expect(all.map(({ keys }) => keys.length)).toEqual([1, 1, 1]);
    expect(JSON.stringify(all)).not.toContain(secret);
  });
});

describe('a key is found', () => {
  const both = known({ key: 'heartbeatInterval' }, { key: 'Light' }, { key: 'light' });

  test.each([
    ['HeartbeatInterval', 'heartbeatInterval'],
    ['light', 'light'],
    ['LIGHT', undefined],
    ['ClockAlignedDataInterval', undefined],
    ['constructor', undefined],
  ])('%s as %s: a standard one in any case, another as it is spelled', (key, found) => {
    expect(findKey(both, key)?.key).toBe(found);
  });

  test('as the charger spells it, also after a change', () => {
    const before = known({ key: 'heartbeatInterval', value: '300' });

    expect(applyChange(before, 'HeartbeatInterval', '60', 'Accepted', at)).toEqual(
      known({ key: 'heartbeatInterval', value: '60' }),
    );
  });

  test('under the spelling that the charger has, where it has not the other', () => {
    const before = known({ key: 'heartbeatInterval', value: '300' });

    const after = applyChange(before, 'HeartbeatInterval', '60', 'NotSupported', at);

    expect(findKey(after, 'HeartbeatInterval')?.value).toBe('300');
    expect(isUnsupported(after, 'HeartbeatInterval')).toBe(false);
  });
});

test('what was read last is what is known, whatever was known before', () => {
  const keys = fc.constantFrom('HeartbeatInterval', 'heartbeatinterval', 'Light', 'light', 'BlinkRepeat');
  const values = fc.constantFrom('1', '2', '3');
  const step = fc.oneof(
    fc.record({ kind: fc.constant('read' as const), key: keys, value: values }),
    fc.record({ kind: fc.constant('missing' as const), key: keys }),
    fc.record({
      kind: fc.constant('change' as const),
      key: keys,
      value: values,
      status: fc.constantFrom('Accepted', 'RebootRequired', 'Rejected', 'NotSupported' as const),
    }),
    fc.record({ kind: fc.constant('restart' as const) }),
  );
  const answerOf = (key: string, value: string) => ({ configurationKey: [{ key, readonly: false, value }] });

  fc.assert(
    fc.property(fc.array(step), keys, values, (steps, key, value) => {
      const before = steps.reduce<KnownConfiguration>((now, each) => {
        if (each.kind === 'restart') return afterRestart(now, later);
        if (each.kind === 'missing') return applyRead(now, { unknownKey: [each.key] }, at);
        if (each.kind === 'read') return applyRead(now, answerOf(each.key, each.value), at);
        return applyChange(now, each.key, each.value, each.status, at);
      }, nothing);

      const after = applyRead(before, answerOf(key, value), later);

      expect(findKey(after, key)).toMatchObject({ value, readAt: later });
      expect(isUnsupported(after, key)).toBe(false);
      expect(toReadAgain(after)).not.toContain(key);
      expect(new Set(after.keys.map((each) => each.key)).size).toBe(after.keys.length);
    }),
  );
});

describe('a change is refused', () => {
  test.each([
    ['HeartbeatInterval', '-1', 'an integer from 0 to 2147483647 is due'],
    ['heartbeatinterval', 'x', 'an integer from 0 to 2147483647 is due'],
    ['HeartbeatInterval', '', 'an integer from 0 to 2147483647 is due'],
    ['HeartbeatInterval', '1.5', 'an integer from 0 to 2147483647 is due'],
    ['HeartbeatInterval', '2147483648', 'an integer from 0 to 2147483647 is due'],
    ['LocalPreAuthorize', '1', 'true or false is due'],
    ['MeterValuesSampledData', 'Voltage,,SoC', 'names with commas between them are due'],
    ['MeterValuesSampledData', 'Voltage,', 'names with commas between them are due'],
    ['ConnectorPhaseRotation', '0.RST, 1.RRR', 'phases of connectors are due, as 0.RST, 1.RTS'],
    ['AuthorizationKey', 'a'.repeat(31), '32 to 40 hexadecimal digits are due, two for each byte'],
    ['AuthorizationKey', 'a'.repeat(33), '32 to 40 hexadecimal digits are due, two for each byte'],
    ['AuthorizationKey', 'a'.repeat(42), '32 to 40 hexadecimal digits are due, two for each byte'],
    ['AuthorizationKey', 'g'.repeat(32), '32 to 40 hexadecimal digits are due, two for each byte'],
    ['VendorKey', 'x'.repeat(501), 'at most 500 characters'],
  ])('of %s to %j: %s', (key, value, rule) => {
    expect(refusalOf(key, value)).toEqual({ field: 'value', rule });
  });

  test.each([
    ['NumberOfConnectors', 'read-only by OCPP 1.6'],
    ['supportedfeatureprofiles', 'read-only by OCPP 1.6'],
    ['', '1 to 50 characters'],
    ['x'.repeat(51), '1 to 50 characters'],
  ])('of the key %j at all: %s', (key, rule) => {
    expect(refusalOf(key, '1')).toEqual({ field: 'key', rule });
  });

  test.each([
    ['HeartbeatInterval', '0'],
    ['HeartbeatInterval', '2147483647'],
    ['AuthorizeRemoteTxRequests', 'TRUE'],
    ['StopTxnSampledData', ''],
    ['MeterValuesSampledData', 'Energy.Active.Import.Register, Voltage.L1'],
    ['ConnectorPhaseRotation', '0.RST, 1.RTS,2.Unknown'],
    ['ConnectorPhaseRotation', 'NotApplicable'],
    ['AuthorizationKey', 'aF'.repeat(16)],
    ['AuthorizationKey', '09'.repeat(20)],
    ['CpoName', 'Muster & Söhne'],
    ['VendorKey', ''],
    ['VendorKey', 'é'.repeat(500)],
    ['constructor', 'anything'],
  ])('never of %s to %j', (key, value) => {
    expect(refusalOf(key, value)).toBeUndefined();
  });
});

test.each([
  ['AuthorizationKey', true],
  ['AUTHORIZATIONKEY', true],
  ['WifiPassword', true],
  ['ClientSecret', true],
  ['HeartbeatInterval', false],
  ['AuthorizationCacheEnabled', false],
])('row 4: %s is a secret: %s', (key, expected) => {
  expect(isSecret(key)).toBe(expected);
});

test.each([
  ['AuthorizationKey', true],
  ['authorizationkey', true],
  ['VendorAuthorizationKey', false],
])('row 4: %s opens the door here: %s', (key, expected) => {
  expect(isAuthorizationKey(key)).toBe(expected);
});

describe('a change that a person asks for is refused', () => {
  test.each([
    ['NumberOfConnectors', '2', 'key'],
    ['', '2', 'key'],
    ['AuthorizationKey', 'too short', 'value'],
    ['HeartbeatInterval', '9'.repeat(501), 'value'],
  ])('of %j to %j, for its %s', (key, value, field) => {
    expect(refusalOfChange(key, value)?.field).toBe(field);
  });

  test.each([
    ['MeterValueSampleInterval', '-1'],
    ['LocalPreAuthorize', 'maybe'],
    ['AuthorizationKey', 'ab'.repeat(20)],
    ['WifiPassword', 'anything'],
  ])('never of %s to %j: the charger may say what it is', (key, value) => {
    expect(refusalOfChange(key, value)).toBeUndefined();
  });
});

describe('what is kept', () => {
  test('is all that a usual charger tells', () => {
    const usual = known(...Array.from({ length: 400 }, (_, index) => ({ key: `Key${index}`, value: 'x'.repeat(500) })));

    expect(keepable(usual)).toEqual(usual);
  });

  test('fits into an item of the table, and is what was told last, in its order', () => {
    const keys = fc.array(
      fc.record({ length: fc.integer({ min: 0, max: 120_000 }), second: fc.integer({ min: 0, max: 5 }) }),
      { maxLength: 12 },
    );

    fc.assert(
      fc.property(keys, (lengths) => {
        const all = known(
          ...lengths.map(({ length, second }, index) => ({
            key: `Key${index}`,
            value: 'é'.repeat(length / 2),
            readAt: atSecond(second),
          })),
        );

        const kept = keepable(all);

        expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThan(310_000);
        expect(all.keys.filter((key) => kept.keys.includes(key))).toEqual(kept.keys);
        const lost = all.keys.filter((key) => !kept.keys.includes(key));
        const oldestKept = kept.keys.map(({ readAt }) => readAt).toSorted()[0] ?? later;
        for (const { readAt } of lost) expect(readAt <= oldestKept).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
