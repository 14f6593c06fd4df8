import { describe, expect, test } from 'vitest';
import { applyChange, type KnownConfiguration, type KnownKey } from '#shared/domain/configuration.ts';
import { refusalOf } from '#shared/domain/configuration-keys.ts';
import {
  type ConfigurationTemplate,
  defaultSettings,
  driftOf,
  flawsOf,
  templateFor,
  templateInForce,
  withDefault,
} from '#shared/domain/configuration-template.ts';
import { atSecond } from '#test/support/examples.ts';

const template = (id: string, matches: ConfigurationTemplate['matches']): ConfigurationTemplate => ({
  id,
  name: id,
  matches,
  settings: [],
  applyAfterFirstBoot: false,
});

describe('of several templates', () => {
  const any = template('any', {});
  const versioned = template('versioned', { firmware: { from: '1.0' } });
  const vendor = template('vendor', { vendor: 'Acme' });
  const vendorAndVersion = template('vendorAndVersion', { vendor: 'Acme', firmware: { from: '1.0', below: '2.0' } });
  const model = template('model', { model: 'One' });
  const both = template('both', { vendor: 'Acme', model: 'One' });
  const all = template('all', { vendor: 'Acme', model: 'One', firmware: { below: '1.10' } });
  const templates = [versioned, vendor, all, any, model, both, vendorAndVersion];

  test.each([
    ['Acme', 'One', '1.9', 'all'],
    ['ACME Ltd', 'One 22', '1.10', 'both'],
    ['Other', 'One', '1.9', 'model'],
    ['Acme', 'Two', '1.9', 'vendorAndVersion'],
    ['Acme', 'Two', '2.0', 'vendor'],
    ['Acme', 'Two', undefined, 'vendor'],
    ['Acmeta', 'Onerous', '2.0', 'versioned'],
    ['Acmeta', 'Onerous', 'R2-D2', 'any'],
  ])('for %s %s with firmware %s counts %s', (vendorName, modelName, firmwareVersion, expected) => {
    const make = { vendor: vendorName, model: modelName, firmwareVersion };

    expect(templateFor(make, templates)?.id).toBe(expected);
    expect(templateFor(make, templates.toReversed())?.id).toBe(expected);
  });

  test('as specific, the first by id counts; where none matches there is none', () => {
    const make = { vendor: 'Acme', model: 'One' };

    expect(
      templateFor(
        make,
        ['b', 'a', 'c'].map((id) => template(id, { vendor: 'acme' })),
      )?.id,
    ).toBe('a');
    expect(templateFor(make, [template('a', { vendor: 'Other' })])).toBeUndefined();
  });
});

describe('a charger', () => {
  const known = (...keys: Partial<KnownKey>[]): KnownConfiguration => ({
    keys: keys.map((key) => ({ key: 'MeterValuesSampledData', readonly: false, readAt: atSecond(0), ...key })),
    unsupported: ['BlinkRepeat'],
  });
  const driftFrom = (wanted: string, of: KnownConfiguration, key = 'MeterValuesSampledData') =>
    driftOf(of, { settings: [{ key, value: wanted }] });

  test.each([
    ['SoC,Voltage', 'SoC, Voltage'],
    ['SoC,Voltage', ' SoC ,Voltage '],
    ['SoC, Voltage', 'SoC,Voltage'],
    ['true', 'True'],
    ['FALSE', 'false'],
    ['', ' '],
  ])('that was to have %j is as it should be with %j', (wanted, value) => {
    expect(driftFrom(wanted, known({ value }))).toEqual([]);
  });

  test.each([
    ['SoC,Voltage', 'SoC'],
    ['SoC,Voltage', 'soc,voltage'],
    ['true', 'false'],
    ['60', '61'],
    ['60', ''],
  ])('that was to have %j is not as it should be with %j', (wanted, value) => {
    expect(driftFrom(wanted, known({ value }))).toEqual([
      { key: 'MeterValuesSampledData', wanted, found: 'value', value },
    ]);
  });

  test.each([
    ['unknown', undefined, 'Vendor', 'Vendor', known()],
    [
      'unknown',
      undefined,
      'MeterValuesSampledData',
      'meterValuesSampledData',
      known({ key: 'meterValuesSampledData' }),
    ],
    ['notSupported', undefined, 'BlinkRepeat', 'BlinkRepeat', known()],
    ['readonly', '1', 'MeterValuesSampledData', 'MeterValuesSampledData', known({ value: '1', readonly: true })],
    ['pendingRestart', '2', 'Vendor', 'Vendor', known({ key: 'Vendor', value: '1', pendingRestart: '2' })],
    ['value', '3', 'Vendor', 'Vendor', known({ key: 'Vendor', value: '2', pendingRestart: '3' })],
  ] as const)('is not as it should be, found: %s %s', (found, value, key, spelled, of) => {
    expect(driftFrom('2', of, key)).toEqual([{ key: spelled, wanted: '2', found, value }]);
  });

  test('whose unchangeable value is the wanted one is as it should be', () => {
    expect(driftFrom('2', known({ value: '2', readonly: true }))).toEqual([]);
  });

  test.each([
    ['300', true],
    ['60', true],
    ['301', false],
    ['86400', false],
    ['0', false],
    ['', false],
  ])('that was to have 300 at most and has %j is as it should be: %s', (value, expected) => {
    const drift = driftOf(known({ value }), {
      settings: [{ key: 'MeterValuesSampledData', value: '300', atMost: true }],
    });

    expect(drift).toHaveLength(expected ? 0 : 1);
  });
});

describe('the settings for billing by the time of day', () => {
  const { settings } = defaultSettings;

  test('can be asked of any charger', () => {
    expect(templateFor({ vendor: 'Any', model: 'At all' }, [defaultSettings])).toBe(defaultSettings);
    expect(settings.flatMap(({ key, value }) => refusalOf(key, value) ?? [])).toEqual([]);
  });

  test('tell a register on each quarter of an hour, at midnight too', () => {
    expect(86_400 % Number(wantedFor('ClockAlignedDataInterval'))).toBe(0);
    expect(900 % Number(wantedFor('ClockAlignedDataInterval'))).toBe(0);
    expect(wantedFor('MeterValuesAlignedData')).toBe('Energy.Active.Import.Register');
  });

  test('keep a connection from being idle for ten minutes', () => {
    expect(Number(wantedFor('HeartbeatInterval'))).toBeLessThanOrEqual(300);
  });

  test('once taken by a charger, leave nothing to be changed', () => {
    const nothing: KnownConfiguration = { keys: [], unsupported: [] };

    const taken = settings.reduce(
      (now, { key, value }) => applyChange(now, key, value, 'Accepted', atSecond(0)),
      nothing,
    );

    expect(driftOf(nothing, defaultSettings).map(({ found }) => found)).toEqual(settings.map(() => 'unknown'));
    expect(driftOf(taken, defaultSettings)).toEqual([]);
  });

  const wantedFor = (key: string) => settings.find((setting) => setting.key === key)?.value;
});

describe('the templates of an organisation', () => {
  test('have the default settings among them, until others of that id are put in their place', () => {
    const own = { ...defaultSettings, name: 'Ours' };

    expect(withDefault([template('z', {}), template('a', {})]).map(({ id }) => id)).toEqual(['a', 'default', 'z']);
    expect(withDefault([own])).toEqual([own]);
  });

  test('count before the default settings, also where they match any make', () => {
    const make = { vendor: 'Acme', model: 'One' };
    const other = template('default', { vendor: 'Other' });

    expect(templateInForce(make, [template('z', {})])?.id).toBe('z');
    expect(templateInForce(make, [template('z', { vendor: 'Other' })])).toBe(defaultSettings);
    expect(templateInForce(make, [])).toBe(defaultSettings);
    expect(templateInForce(make, [other])).toBeUndefined();
  });

  test.each([
    ['settings.0.value', [{ key: 'HeartbeatInterval', value: 'x' }]],
    ['settings.0.key', [{ key: 'NumberOfConnectors', value: '2' }]],
    ['settings.0.key', [{ key: 'AuthorizationKey', value: 'ab'.repeat(20) }]],
    ['settings.0.key', [{ key: 'WifiPassword', value: 'x' }]],
    ['settings.0.atMost', [{ key: 'VendorText', value: 'x', atMost: true }]],
    [
      'settings.1.key',
      [
        { key: 'HeartbeatInterval', value: '1' },
        { key: 'heartbeatinterval', value: '2' },
      ],
    ],
  ] as const)('are refused for %s of %j', (field, settings) => {
    expect(flawsOf(settings)).toEqual([{ field, rule: expect.any(String) }]);
  });

  test('may ask for anything else', () => {
    expect(flawsOf(defaultSettings.settings)).toEqual([]);
    expect(flawsOf(['light', 'Light'].map((key) => ({ key, value: 'on' })))).toEqual([]);
  });
});
