import ocppRpc from 'ocpp-rpc';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { localCloud } from '#test/support/local-cloud.ts';

const id = 'Forecourt 7';
const password = 'correct horse battery';

const cloud = localCloud({
  seed: {
    chargers: [{ id, password, strictness: 'strict', connectors: [{ id: 1, type: 'CCS2', maxPowerW: 50_000 }] }],
    idTags: [{ idTag: 'DRIVER', status: 'Accepted', parentIdTag: 'FLEET', expiryDate: '2100-01-01T00:00:00Z' }],
  },
});

const noon = Date.UTC(2024, 2, 1, 12);
const at = (minutes: number) => new Date(noon + minutes * 60_000).toISOString();

const idTagInfo = { status: 'Accepted', parentIdTag: 'FLEET', expiryDate: '2100-01-01T00:00:00.000Z' };
const started = z.strictObject({ transactionId: z.int(), idTagInfo: z.unknown() });

/** An OCPP client that is not ours. It holds what it gets to the official schemas, and takes a wrong answer for an error. */
async function connected() {
  const client = new ocppRpc.RPCClient({
    endpoint: `${cloud.url.replace(/^http/, 'ws')}/ocpp`,
    identity: id,
    password,
    protocols: ['ocpp1.6'],
    strictMode: true,
    strictModeValidators: [],
    callTimeoutMs: 20_000,
    pingIntervalMs: 60_000,
    deferPingsOnActivity: false,
    respondWithDetailedErrors: false,
    callConcurrency: 1,
    maxBadMessages: 0,
    reconnect: false,
    maxReconnects: 0,
    wsOpts: {},
    headers: {},
    backoff: { initialDelay: 1, maxDelay: 2, factor: 2, randomisationFactor: 0 },
  });
  await client.connect();
  onTestFinished(async () => {
    await client.close({ force: true });
  });
  return client;
}

test('a charger completes a session, and at each step the API tells how far it is', async () => {
  const params = { chargerId: id };
  const readCharger = () => cloud.api.ask('getCharger', { params });
  const seeded = await readCharger();
  expect(seeded).toMatchObject({ id, online: false, acceptedAt: null, credential: 'password', strictness: 'strict' });

  const client = await connected();
  expect(client.protocol).toBe('ocpp1.6');
  expect(await readCharger()).toMatchObject({ online: true, acceptedAt: null, connectors: [{ id: 1, status: null }] });

  const boot = await client.call('BootNotification', {
    chargePointVendor: 'Acme',
    chargePointModel: 'Fast 50',
    chargePointSerialNumber: 'SN-0007',
    firmwareVersion: '4.2',
  });
  expect(boot).toEqual({ status: 'Accepted', currentTime: expect.any(String), interval: 300 });
  expect(await readCharger()).toMatchObject({
    vendor: 'Acme',
    model: 'Fast 50',
    serialNumber: 'SN-0007',
    firmwareVersion: '4.2',
    acceptedAt: expect.any(String),
  });

  for (const connectorId of [0, 1]) {
    const available = { connectorId, errorCode: 'NoError', status: 'Available', timestamp: at(-5) };
    expect(await client.call('StatusNotification', available)).toEqual({});
  }
  expect(await client.call('Heartbeat', {})).toEqual({ currentTime: expect.any(String) });
  expect((await readCharger()).connectors).toMatchObject([
    { id: 0, status: 'Available' },
    { id: 1, type: 'CCS2', maxPowerW: 50_000, status: 'Available', statusAt: at(-5) },
  ]);

  const preparing = { connectorId: 1, errorCode: 'NoError', status: 'Preparing', timestamp: at(-1) };
  expect(await client.call('StatusNotification', preparing)).toEqual({});
  expect(await client.call('Authorize', { idTag: 'DRIVER' })).toEqual({ idTagInfo });

  const start = await client.call('StartTransaction', {
    connectorId: 1,
    idTag: 'DRIVER',
    meterStart: 12_000,
    timestamp: at(0),
  });
  const { transactionId } = started.parse(start);
  expect(start).toEqual({ transactionId, idTagInfo });
  const charging = { connectorId: 1, errorCode: 'NoError', status: 'Charging', timestamp: at(0.1) };
  expect(await client.call('StatusNotification', charging)).toEqual({});
  const { items } = await cloud.api.ask('listChargerSessions', { params });
  const [{ id: sessionId } = { id: '' }] = items;
  const readSession = () => cloud.api.ask('getSession', { params: { sessionId } });
  expect(await readSession()).toMatchObject({
    chargerId: id,
    connectorId: 1,
    protocolTransactionId: String(transactionId),
    idTag: 'DRIVER',
    state: 'active',
    authorised: true,
    startedAt: at(0),
    meterStartWh: 12_000,
    energyWh: 0,
  });
  const active = await cloud.api.ask('listSessions', { query: { state: 'active' } });
  expect(active.items).toMatchObject([{ id: sessionId }]);

  for (const [minutes, energyKwh] of [
    [10, '20.3335'],
    [20, '28.6665'],
  ] as const) {
    const sampledValue = [
      { value: energyKwh, unit: 'kWh' },
      { value: '49800', measurand: 'Power.Active.Import', unit: 'W' },
      { value: '412.5', measurand: 'Voltage', phase: 'L1-N', unit: 'V' },
      { value: String(20 + minutes), measurand: 'SoC', unit: 'Percent', location: 'EV' },
    ];
    const meterValue = [{ timestamp: at(minutes), sampledValue }];
    expect(await client.call('MeterValues', { connectorId: 1, transactionId, meterValue })).toEqual({});
  }
  expect((await readSession()).energyWh).toBe(28_667 - 12_000);
  const readings = await cloud.api.ask('listSessionMeterValues', { params: { sessionId } });
  expect(readings.items.map((reading) => [reading.at, reading.sampledValues.map(({ value }) => value)])).toEqual([
    [at(10), ['20.3335', '49800', '412.5', '30']],
    [at(20), ['28.6665', '49800', '412.5', '40']],
  ]);
  expect(readings.items[0]?.sampledValues[0]).toMatchObject({ unit: 'kWh', energyWh: 20_334 });

  const stop = await client.call('StopTransaction', {
    transactionId,
    idTag: 'DRIVER',
    meterStop: 37_000,
    timestamp: at(30),
    reason: 'EVDisconnected',
    transactionData: [{ timestamp: at(30), sampledValue: [{ value: '37000', context: 'Transaction.End' }] }],
  });
  expect(stop).toEqual({ idTagInfo });
  for (const [status, minutes] of [
    ['Finishing', 30.1],
    ['Available', 31],
  ] as const) {
    const notification = { connectorId: 1, errorCode: 'NoError', status, timestamp: at(minutes) };
    expect(await client.call('StatusNotification', notification)).toEqual({});
  }
  expect(await readSession()).toMatchObject({
    state: 'ended',
    endedBy: 'charger',
    endedAt: at(30),
    meterStopWh: 37_000,
    energyWh: 25_000,
    stopReason: 'EVDisconnected',
    reviewReasons: [],
  });
  expect((await cloud.api.ask('listSessionMeterValues', { params: { sessionId } })).items).toHaveLength(3);
  expect((await cloud.api.ask('listSessions', { query: { state: 'active' } })).items).toEqual([]);
  expect((await cloud.api.ask('listSessions', { query: { review: 'true' } })).items).toEqual([]);
  expect((await cloud.api.ask('listChargerViolations', { params })).items).toEqual([]);
  expect(await readCharger()).toMatchObject({ online: true, connectors: [{ id: 0 }, { id: 1, status: 'Available' }] });
});
