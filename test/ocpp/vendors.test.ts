import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { quirks } from '#shared/domain/charger.ts';
import { heartbeatLimitOf, limitsOfProfiles, type VendorEntry, vendorEntries } from '#shared/ocpp/v16/vendors.ts';
import { entriesFor } from '#shared/runtime/quirks.ts';

const root = join(import.meta.dirname, '../..');
const text = (file: string) => readFileSync(join(root, file), 'utf8');

const entry = (changes: Partial<VendorEntry>): VendorEntry => ({
  vendor: 'Acme',
  quirks: [],
  why: 'a test',
  ...changes,
});

describe('an entry is for', () => {
  const isFor = (changes: Partial<VendorEntry>, make: { vendor?: string; model?: string; firmwareVersion?: string }) =>
    entriesFor({ vendor: 'Acme', model: 'One', ...make }, [entry(changes)]).length === 1;

  test.each([
    ['Acme', true],
    ['ACME', true],
    [' acme ', true],
    ['Acme Charging Ltd', true],
    ['Acme-EV', true],
    ['Acme_2', true],
    ['Acmeta', false],
    ['Acme2', false],
    ['Acmé', false],
    ['The Acme', false],
    ['', false],
  ])('the vendor Acme, so for %j: %s', (vendor, expected) => {
    expect(isFor({}, { vendor })).toBe(expected);
  });

  test.each([
    [undefined, 'Two', true],
    ['One', 'ONE', true],
    ['One', 'One 22 kW', true],
    ['One', 'Two', false],
    ['One', 'Onerous', false],
  ])('the model %j, so for %j: %s', (model, told, expected) => {
    expect(isFor({ model }, { model: told })).toBe(expected);
  });

  test.each([
    [{ from: '1.9' }, '1.10', true],
    [{ from: '1.9' }, '1.9.0', true],
    [{ from: '1.9' }, '1.8.99', false],
    [{ below: '2' }, '1.99', true],
    [{ below: '2' }, '2.0.0', false],
    [{ from: '1.2', below: '1.4' }, 'v1.3.7-rc1', true],
    [{ from: '1.2', below: '1.4' }, 'V1.4 (build 9)', false],
    [{ from: '1' }, 'unknown', false],
    [{ from: '1' }, '1..2', false],
    [{ from: '1' }, '', false],
    [{ below: '9' }, undefined, false],
  ])('firmware %j, so for %j: %s', (firmware, firmwareVersion, expected) => {
    expect(isFor({ firmware }, { firmwareVersion })).toBe(expected);
  });

  test('any firmware, also one that cannot be read, where it has no range', () => {
    expect([undefined, '', 'R2-D2'].map((firmwareVersion) => isFor({}, { firmwareVersion }))).toEqual([
      true,
      true,
      true,
    ]);
  });
});

test('of several limits of the heartbeat interval the smallest counts, and without any there is none', () => {
  expect(heartbeatLimitOf([entry({ heartbeatIntervalS: 90 }), entry({}), entry({ heartbeatIntervalS: 60 })])).toBe(60);
  expect(heartbeatLimitOf([entry({})])).toBeUndefined();
});

test('of several limits of charging profiles all count', () => {
  const entries = [
    entry({ onlyStackLevels: [0, 1], minimumCurrentA: 6 }),
    entry({ onlyStackLevels: [1, 2] }),
    entry({ minimumCurrentA: 8 }),
  ];

  expect(limitsOfProfiles(entries)).toEqual({ onlyStackLevels: [1], minimumCurrentTenths: 80 });
  expect(limitsOfProfiles([entry({})])).toEqual({});
});

describe('the table', () => {
  test('has entries that do something, each with a reason, and a limit that can be told', () => {
    for (const { vendor, quirks: named, heartbeatIntervalS, why, ...more } of vendorEntries) {
      const limits = [heartbeatIntervalS, more.onlyStackLevels, more.minimumCurrentA];
      expect(named.length > 0 || limits.some((limit) => limit !== undefined), vendor).toBe(true);
      expect(quirks, vendor).toEqual(expect.arrayContaining([...named]));
      expect(heartbeatIntervalS ?? 300, vendor).toBeLessThanOrEqual(300);
      expect(why, vendor).not.toBe('');
    }
  });

  const rows = text('docs/vendors.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| vendor') && !line.startsWith('|--'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, vendor = '', does = '', wedo = '', named = '']) => ({ vendor, does, wedo, named }));

  test.each(vendorEntries)(
    'is told to people as well: $vendor',
    ({ vendor, quirks: named, heartbeatIntervalS, onlyStackLevels, minimumCurrentA, why }) => {
      const row = rows.find((each) => each.vendor === vendor);

      expect(row?.does).toBe(why);
      for (const quirk of named) expect(row?.wedo).toContain(`\`${quirk}\``);
      if (heartbeatIntervalS !== undefined) expect(row?.wedo).toContain(`${heartbeatIntervalS} s`);
      if (onlyStackLevels !== undefined) expect(row?.wedo).toContain('stack level');
      if (minimumCurrentA !== undefined) expect(row?.wedo).toContain(`${minimumCurrentA} A`);
    },
  );

  test('names a test for each vendor of which something is done', () => {
    const tests = ['charging-profiles', 'review', 'transactions', 'vendors']
      .map((name) => text(`test/journeys/${name}.test.ts`))
      .join('\n');

    const missing = rows.filter(({ named }) => named !== '' && !tests.includes(named.replace(/^`|`$/g, '')));

    expect(rows.length).toBeGreaterThan(10);
    expect(missing).toEqual([]);
  });
});
