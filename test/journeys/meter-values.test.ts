import { describe, test } from 'vitest';
import { localCloud } from '#test/support/local-cloud.ts';

const cloud = localCloud({ seed: { idTags: [{ idTag: 'DRIVER', status: 'Accepted' }] } });

const noon = Date.UTC(2024, 2, 1, 12);
const at = (minutes: number) => new Date(noon + minutes * 60_000).toISOString();

const start = { connectorId: 1, idTag: 'DRIVER', meterStart: 1000, timestamp: at(0) };

/** One reading of one value. */
const reading = (minutes: number, value: unknown, more: object = {}) => ({
  timestamp: at(minutes),
  sampledValue: [{ value, ...more }],
});

describe.concurrent('MeterValues', () => {
  test('row 40: are answered {} and kept, whatever transaction they name', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const ended = await socket.call('StartTransaction', start);
    const { transactionId } = ended;
    await socket.call('StopTransaction', { transactionId, meterStop: 2000, timestamp: at(10) });

    const answers = await Promise.all([
      socket.exchange(
        'MeterValues',
        { connectorId: 1, transactionId, meterValue: [reading(5, '1500')] },
        'of an ended one',
      ),
      socket.exchange('MeterValues', { connectorId: 2, meterValue: [reading(20, '20')] }, 'of none'),
      socket.exchange(
        'MeterValues',
        { connectorId: 2, transactionId: 1_234_567_890, meterValue: [reading(21, '21')] },
        'unknown',
      ),
      socket.exchange(
        'MeterValues',
        { connectorId: 2, transactionId: -1, meterValue: [reading(22, '22')] },
        'never issued',
      ),
      socket.exchange('MeterValues', { connectorId: 0, meterValue: [reading(23, '23')] }, 'of the whole'),
    ]);

    for (const [type, , payload] of answers) expect([type, payload]).toEqual([3, {}]);
    expect(await charger.readings(transactionId)).toMatchObject([{ at: at(5) }]);
    expect(await charger.meterValues({ connectorId: 2 })).toMatchObject([
      { at: at(20), connectorId: 2, protocolTransactionId: null },
      { at: at(22), connectorId: 2, protocolTransactionId: '-1' },
    ]);
    expect(await charger.meterValues({ transactionId: '1234567890' })).toMatchObject([{ at: at(21), connectorId: 2 }]);
    expect(await charger.meterValues({ connectorId: 0 })).toMatchObject([{ at: at(23), connectorId: 0 }]);
  });

  test('row 40: that come twice are kept once', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const whole = { connectorId: 1, meterValue: [reading(1, '1'), reading(2, '2'), reading(2, '2')] };

    await socket.call('MeterValues', whole);
    await socket.call('MeterValues', whole);

    expect(await charger.meterValues({ connectorId: 1 })).toMatchObject([{ at: at(1) }, { at: at(2) }]);
  });

  test('row 40: that name no time to be believed are kept under the time at which they came', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const timestamp = '1970-01-01T00:00:00Z';

    await socket.call('MeterValues', { connectorId: 1, meterValue: [{ timestamp, sampledValue: [{ value: '1' }] }] });

    const [kept] = await charger.meterValues({ connectorId: 1 });
    expect(kept?.at).toBe(kept?.receivedAt);
    expect(kept?.reportedAt).toBe(timestamp);
  });

  test('row 40: that name no time to be believed are kept once and apart, under their transaction', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    const times = [1, 2, 3].map((second) => `1970-01-01T00:00:0${second}Z`);
    const meterValue = times.map((timestamp) => ({ timestamp, sampledValue: [{ value: '1100' }] }));

    await socket.call('MeterValues', { connectorId: 1, transactionId, meterValue });
    await socket.call('MeterValues', { connectorId: 1, transactionId, meterValue });

    const kept = await charger.readings(transactionId);
    expect(kept.map(({ reportedAt }) => reportedAt)).toEqual(times);
    expect((await charger.session(transactionId)).energyWh).toBe(100);
  });

  test('row 41: in words of the charger’s own keep them, count as violations, and are no energy', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    const sampledValue = [
      { value: '230000', measurand: 'Voltage.Neutral' },
      { value: '2.5', unit: 'KWh' },
    ];

    await socket.call('MeterValues', {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: at(1), sampledValue }],
    });

    const [kept] = await charger.readings(transactionId);
    expect(kept?.reportedAt).toBeNull();
    expect(kept?.sampledValues).toMatchObject([
      { measurand: 'Voltage.Neutral', unit: '', energyWh: null },
      { measurand: 'Energy.Active.Import.Register', unit: 'KWh', energyWh: 2500 },
    ]);
    expect((await charger.session(transactionId)).energyWh).toBe(1500);
    expect(await charger.violations()).toHaveLength(2);
  });

  test('row 41: say what the specification takes for granted, and keep what they said', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const sampledValue = [
      { value: '1.2345', unit: 'kWh' },
      { value: ' 1,5 ', unit: 'kWh', phase: 'L1' },
      { value: '21.5', measurand: 'Temperature', unit: 'Celcius', location: 'Body', context: 'Sample.Clock' },
      { value: 'OCMF|{}|{}', format: 'SignedData', measurand: 'Energy.Active.Import.Register' },
      { value: '' },
    ];

    await socket.call('MeterValues', { connectorId: 1, meterValue: [{ timestamp: at(0), sampledValue }] });

    const [kept] = await charger.meterValues({ connectorId: 1 });
    const usual = {
      context: 'Sample.Periodic',
      format: 'Raw',
      measurand: 'Energy.Active.Import.Register',
      phase: null,
      location: 'Outlet',
      unit: 'Wh',
      energyWh: null,
    };
    expect(kept?.sampledValues).toEqual([
      { ...usual, value: '1.2345', unit: 'kWh', energyWh: 1235 },
      { ...usual, value: ' 1,5 ', unit: 'kWh', phase: 'L1', energyWh: 1500 },
      {
        ...usual,
        value: '21.5',
        measurand: 'Temperature',
        unit: 'Celcius',
        location: 'Body',
        context: 'Sample.Clock',
      },
      { ...usual, value: 'OCMF|{}|{}', format: 'SignedData' },
      { ...usual, value: '' },
    ]);
  });

  test('row 41: of a session may mix Wh, kWh, blanks, a comma and signed data, and count as one register', async ({
    expect,
  }) => {
    const charger = await cloud.charger({ strictness: 'strict' });
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    const signed = { value: '99999', format: 'SignedData', context: 'Transaction.End' };
    const energies: unknown[] = [];

    for (const sampledValue of [
      [{ value: '1100', unit: 'Wh' }],
      [{ value: '1.2', unit: 'kWh' }],
      [{ value: ' 1300 ' }],
      [{ value: '1,4', unit: 'kWh' }],
      [signed, { value: '1500' }],
    ]) {
      const meterValue = [{ timestamp: at(energies.length + 1), sampledValue }];
      await socket.call('MeterValues', { connectorId: 1, transactionId, meterValue });
      energies.push((await charger.session(transactionId)).energyWh);
    }

    expect(energies).toEqual([100, 200, 300, 400, 500]);
    expect(await charger.violations()).toMatchObject([{ rule: 'a decimal number is due', count: 2 }]);
  });

  test('row 41: take a temperature in Celsius, Celcius or Fahrenheit, to the letter', async ({ expect }) => {
    const charger = await cloud.charger({ strictness: 'strict' });
    const socket = await charger.boot();
    const units = ['Celsius', 'Celcius', 'Fahrenheit'];
    const sampledValue = units.map((unit) => ({ value: '21.5', measurand: 'Temperature', unit }));

    await socket.call('MeterValues', { connectorId: 1, meterValue: [{ timestamp: at(1), sampledValue }] });

    const [kept] = await charger.meterValues({ connectorId: 1 });
    expect(kept?.sampledValues.map(({ unit, energyWh }) => [unit, energyWh])).toEqual(
      units.map((unit) => [unit, null]),
    );
    expect(await charger.violations()).toEqual([]);
  });
});

describe.concurrent('the energy of a session', () => {
  test('grows with its readings while it is active', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    const energyAfter = async (...meterValue: object[]) => {
      if (meterValue.length > 0) await socket.call('MeterValues', { connectorId: 1, transactionId, meterValue });
      return (await charger.session(transactionId)).energyWh;
    };

    const energies = [
      await energyAfter(),
      await energyAfter(reading(1, '1100')),
      await energyAfter(reading(2, '1.2345', { unit: 'kWh' })),
      // An older one that comes late, values of another series, and no register at all.
      await energyAfter(reading(1.5, '1150')),
      await energyAfter(reading(3, '7200', { measurand: 'Power.Active.Import', unit: 'W' })),
      await energyAfter(reading(4, '9999', { context: 'Sample.Clock' })),
      await energyAfter(reading(5, '333', { measurand: 'Energy.Active.Import.Interval' })),
      await energyAfter(reading(6, '444', { phase: 'L1' })),
      await energyAfter(reading(7, 'unreadable')),
      await energyAfter(reading(8, '1500'), reading(9, '1600')),
    ];

    expect(energies).toEqual([0, 100, 235, 235, 235, 235, 235, 235, 235, 600]);
  });

  test('row 42: is unknown, and never negative, where the register falls below the start', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);

    await socket.call('MeterValues', { connectorId: 1, transactionId, meterValue: [reading(1, '3')] });

    expect(await charger.session(transactionId)).toMatchObject({ energyWh: null });
  });

  test('is known from the last register, however many readings without one have come since', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    const power = { measurand: 'Power.Active.Import', unit: 'W' };
    const since = Array.from({ length: 150 }, (_, index) => reading(2 + index / 60, '7200', power));

    await socket.call('MeterValues', { connectorId: 1, transactionId, meterValue: [reading(1, '1100'), ...since] });

    expect(await charger.session(transactionId)).toMatchObject({ energyWh: 100 });
  });

  test('is unknown where its readings tell no register', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    const power = reading(1, '7200', { measurand: 'Power.Active.Import', unit: 'W' });

    await socket.call('MeterValues', { connectorId: 1, transactionId, meterValue: [power] });

    expect(await charger.session(transactionId)).toMatchObject({ energyWh: null });
  });

  test('row 40: takes in readings of its connector that name no transaction', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await socket.call('MeterValues', { connectorId: 1, meterValue: [reading(-5, '900')] });
    const { transactionId } = await socket.call('StartTransaction', start);
    const neighbour = await socket.call('StartTransaction', { ...start, connectorId: 2 });

    await socket.call('MeterValues', { connectorId: 1, meterValue: [reading(10, '1700')] });
    const live = await charger.session(transactionId);
    await socket.call('StopTransaction', { transactionId, meterStop: 1800, timestamp: at(20) });
    await socket.call('MeterValues', { connectorId: 1, meterValue: [reading(30, '1800')] });

    expect(live.energyWh).toBe(700);
    expect(await charger.readings(transactionId)).toMatchObject([{ at: at(10) }]);
    expect(await charger.session(neighbour.transactionId)).toMatchObject({ energyWh: 0 });
    expect(await charger.readings(neighbour.transactionId)).toEqual([]);
  });

  test('is told in lists as well', async ({ expect }) => {
    const api = cloud.apiFor('operator', 'live-energy');
    const charger = await cloud.charger({}, api);
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', { ...start, idTag: 'DRIVER' });
    await socket.call('MeterValues', { connectorId: 1, transactionId, meterValue: [reading(1, '1042')] });

    const active = await api.ask('listSessions', { query: { state: 'active' } });

    expect(active.items).toMatchObject([{ protocolTransactionId: String(transactionId), energyWh: 42 }]);
    expect(await charger.sessions()).toMatchObject([{ energyWh: 42 }]);
  });
});
