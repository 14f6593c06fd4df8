import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { behave } from '#local/charger/behaviour.ts';
import { until } from '#test/support/until.ts';
import type { CentralSystem } from './central-system.ts';
import { charging, told, waiting } from './scene.ts';

describe('a command', () => {
  test('reads the configuration', async () => {
    const { central } = await waiting();

    const all = await central.command('GetConfiguration', {});
    const some = await central.command('GetConfiguration', { key: ['NumberOfConnectors', 'Colour'] });

    expect(all).toMatchObject({ unknownKey: [] });
    expect(some).toEqual({
      configurationKey: [{ key: 'NumberOfConnectors', readonly: true, value: '2' }],
      unknownKey: ['Colour'],
    });
  });

  test.each([
    ['MeterValueSampleInterval', '30', 'Accepted'],
    ['MeterValueSampleInterval', 'often', 'Rejected'],
    ['MeterValuesSampledData', 'SoC, Voltage', 'Accepted'],
    ['MeterValuesSampledData', 'Charm', 'Rejected'],
    ['NumberOfConnectors', '7', 'Rejected'],
    ['Colour', 'red', 'NotSupported'],
  ])('changes %s to %s: %s', async (key, value, status) => {
    const { central } = await waiting();

    const answer = await central.command('ChangeConfiguration', { key, value });

    expect(answer).toEqual({ status });
  });

  test('sets a new heartbeat interval at once', async () => {
    const { central } = await waiting();

    await central.command('ChangeConfiguration', { key: 'HeartbeatInterval', value: '3' });

    await until('a heartbeat came', () => central.of('Heartbeat').length > 0);
    expect(central.of('Heartbeat')[0]).toEqual({});
  });

  test('starts a session remotely, and another one stops it', async () => {
    const { central } = await charging();

    const answer = await central.command('RemoteStopTransaction', { transactionId: 4711 });
    await until('it is over', () => told(central).at(-1) === '2 Available');

    expect(answer).toEqual({ status: 'Accepted' });
    expect(central.of('Authorize')).toEqual([{ idTag: 'APP' }]);
    expect(central.of('StartTransaction')).toMatchObject([{ connectorId: 2, idTag: 'APP' }]);
    expect(central.of('StopTransaction')).toMatchObject([{ transactionId: 4711, reason: 'Remote' }]);
  });

  test('starts nothing where something runs, and stops nothing that does not', async () => {
    const { central } = await charging();

    const start = await central.command('RemoteStartTransaction', { idTag: 'APP', connectorId: 2 });
    const stop = await central.command('RemoteStopTransaction', { transactionId: 1 });

    expect(start).toEqual({ status: 'Rejected' });
    expect(stop).toEqual({ status: 'Rejected' });
  });

  test.each([
    [{ requestedMessage: 'Heartbeat' }, 'Heartbeat', {}],
    [{ requestedMessage: 'BootNotification' }, 'BootNotification', {}],
    [{ requestedMessage: 'StatusNotification', connectorId: 2 }, 'StatusNotification', { connectorId: 2 }],
    [{ requestedMessage: 'MeterValues', connectorId: 1 }, 'MeterValues', { connectorId: 1 }],
  ])('triggers %o after its answer', async (request, action, payload) => {
    const { central } = await waiting();
    const before = central.heard.length;

    const answer = await central.command('TriggerMessage', request);
    await until('the triggered message came', () => central.heard.length > before);

    expect(answer).toEqual({ status: 'Accepted' });
    expect(central.heard[before]).toMatchObject({ action, payload });
  });

  test.each(['DiagnosticsStatusNotification', 'FirmwareStatusNotification'])(
    'triggers %s, which is Idle while nothing goes on',
    async (requestedMessage) => {
      const { central } = await waiting();

      const answer = await central.command('TriggerMessage', { requestedMessage });
      await until('the triggered message came', () => central.of(requestedMessage).length > 0);

      expect(answer).toEqual({ status: 'Accepted' });
      expect(central.of(requestedMessage)).toEqual([{ status: 'Idle' }]);
    },
  );

  test('resets softly: first the stop, then the boot', async () => {
    const { central } = await charging();

    await central.command('Reset', { type: 'Soft' });
    await until('it has booted again', () => central.of('BootNotification').length === 2);

    const order = told(central);
    expect(central.of('StopTransaction')).toMatchObject([{ reason: 'SoftReset' }]);
    expect(order.indexOf('StopTransaction')).toBeLessThan(order.lastIndexOf('BootNotification'));
  });

  test('resets hard: first the boot, then the stop', async () => {
    const { central } = await charging();

    await central.command('Reset', { type: 'Hard' });
    await until('the stop came', () => central.of('StopTransaction').length === 1);

    const order = told(central);
    expect(central.of('StopTransaction')).toMatchObject([{ reason: 'HardReset', transactionId: 4711 }]);
    expect(order.lastIndexOf('BootNotification')).toBeLessThan(order.indexOf('StopTransaction'));
  });

  test('unlocks a connector and ends its session', async () => {
    const { central } = await charging();

    const unlocked = await central.command('UnlockConnector', { connectorId: 2 });
    const unknown = await central.command('UnlockConnector', { connectorId: 3 });
    await until('the stop came', () => central.of('StopTransaction').length === 1);

    expect(unlocked).toEqual({ status: 'Unlocked' });
    expect(unknown).toEqual({ status: 'NotSupported' });
    expect(central.of('StopTransaction')).toMatchObject([{ reason: 'UnlockCommand' }]);
  });

  test('takes a connector out of service, a busy one later', async () => {
    const { central } = await charging();

    const free = await central.command('ChangeAvailability', { connectorId: 1, type: 'Inoperative' });
    const busy = await central.command('ChangeAvailability', { connectorId: 2, type: 'Inoperative' });
    await central.command('RemoteStopTransaction', { transactionId: 4711 });
    await until('both are out of service', () =>
      ['1 Unavailable', '2 Unavailable'].every((status) => told(central).includes(status)),
    );
    const start = await central.command('RemoteStartTransaction', { idTag: 'APP', connectorId: 1 });

    expect(free).toEqual({ status: 'Accepted' });
    expect(busy).toEqual({ status: 'Scheduled' });
    expect(start).toEqual({ status: 'Rejected' });
  });

  test('echoes what comes from its own vendor, and says what it does not know', async () => {
    const { central } = await waiting();
    const transfer = (request: object) => central.command('DataTransfer', request);

    expect(await transfer({ vendorId: 'Chargeline', data: 'hello' })).toEqual({ status: 'Accepted', data: 'hello' });
    expect(await transfer({ vendorId: 'Chargeline', messageId: 'Dance' })).toEqual({ status: 'UnknownMessageId' });
    expect(await transfer({ vendorId: 'Somebody' })).toEqual({ status: 'UnknownVendorId' });
  });

  test('that needs an unlocked connector fails when it is out of order', async () => {
    const { central } = await waiting({ behaviour: behave('faulted') });

    const unlocked = await central.command('UnlockConnector', { connectorId: 1 });
    const started = await central.command('RemoteStartTransaction', { idTag: 'APP' });

    expect(unlocked).toEqual({ status: 'UnlockFailed' });
    expect(started).toEqual({ status: 'Rejected' });
    expect(central.of('StatusNotification')).toMatchObject(
      [0, 1, 2].map((connectorId) => ({ connectorId, status: 'Faulted', errorCode: 'OtherError' })),
    );
  });

  test('that OCPP 1.6 does not know is not implemented', async () => {
    const { central } = await waiting();

    await expect(central.command('ExtendedTriggerMessage', { requestedMessage: 'Heartbeat' })).rejects.toMatchObject({
      rpcErrorCode: 'NotImplemented',
    });
  });
});

describe('the configuration', () => {
  test('holds every key of the specification that a central system may rely upon', async () => {
    const { central } = await waiting();

    const { configurationKey } = await readConfiguration(central);

    const names = configurationKey.map(({ key }) => key);
    expect(names).toEqual(expect.arrayContaining(standardKeys));
    expect(configurationKey).toContainEqual({
      key: 'SupportedFeatureProfiles',
      readonly: true,
      value: 'Core,FirmwareManagement,LocalAuthListManagement,RemoteTrigger,Reservation,SmartCharging',
    });
  });

  test('is read in pages', async () => {
    const { central } = await waiting();
    const page = standardKeys.slice(0, 20);

    const answer = await readConfiguration(central, page);

    expect(answer.configurationKey.map(({ key }) => key)).toEqual(page);
    await expect(readConfiguration(central, standardKeys.slice(0, 21))).rejects.toMatchObject({
      rpcErrorCode: 'PropertyConstraintViolation',
    });
  });

  test.each(['00ff', 'not hexadecimal at all, and long', 'ab'.repeat(21)])('refuses %s as a key', async (value) => {
    const { central } = await waiting();

    const answer = await central.command('ChangeConfiguration', { key: 'AuthorizationKey', value });

    expect(answer).toEqual({ status: 'Rejected' });
  });

  test('takes a new key, comes back with it, and never tells it', async () => {
    const { central, traffic } = await waiting();
    const value = '00ff3a80'.repeat(5);

    const answer = await central.command('ChangeConfiguration', { key: 'AuthorizationKey', value });
    await until('it has come back', () => central.connections === 2);

    expect(answer).toEqual({ status: 'Accepted' });
    expect(central.password).toEqual(Buffer.from(value, 'hex'));
    expect((await readConfiguration(central, ['AuthorizationKey'])).configurationKey).toEqual([
      { key: 'AuthorizationKey', readonly: false },
    ]);
    expect(central.of('BootNotification')).toHaveLength(1);
    expect(JSON.stringify(traffic)).not.toContain(value);
  });

  test('says that a reboot is due for the ping interval, and pings by it from then on', async () => {
    const { central } = await waiting();

    const answer = await central.command('ChangeConfiguration', { key: 'WebSocketPingInterval', value: '1' });
    await central.command('Reset', { type: 'Soft' });
    await until('it has booted again', () => central.of('BootNotification').length === 2);
    central.freeze();

    expect(answer).toEqual({ status: 'RebootRequired' });
    await until('it has noticed that nothing answers its pings', () => central.connections === 3);
  });

  test('lets a remote start fail when the cable does not come in time', async () => {
    const { central } = await waiting();
    await central.command('ChangeConfiguration', { key: 'ConnectionTimeOut', value: '2' });

    await central.command('RemoteStartTransaction', { idTag: 'APP', connectorId: 1 });
    await until('the connector is free again', () => told(central).at(-1) === '1 Available');

    expect(told(central).slice(-3)).toEqual(['Authorize', '1 Preparing', '1 Available']);
  });
});

/** Those of certification case 019, and those of the profiles. */
const standardKeys = [
  'AuthorizeRemoteTxRequests',
  'ClockAlignedDataInterval',
  'ConnectionTimeOut',
  'ConnectorPhaseRotation',
  'GetConfigurationMaxKeys',
  'HeartbeatInterval',
  'LocalAuthorizeOffline',
  'LocalPreAuthorize',
  'MeterValuesAlignedData',
  'MeterValuesSampledData',
  'MeterValueSampleInterval',
  'NumberOfConnectors',
  'ResetRetries',
  'StopTransactionOnEVSideDisconnect',
  'StopTransactionOnInvalidId',
  'StopTxnAlignedData',
  'StopTxnSampledData',
  'SupportedFeatureProfiles',
  'TransactionMessageAttempts',
  'TransactionMessageRetryInterval',
  'UnlockConnectorOnEVSideDisconnect',
  'LocalAuthListEnabled',
  'LocalAuthListMaxLength',
  'SendLocalListMaxLength',
  'ReserveConnectorZeroSupported',
  'ChargeProfileMaxStackLevel',
  'ChargingScheduleAllowedChargingRateUnit',
  'ChargingScheduleMaxPeriods',
  'MaxChargingProfilesInstalled',
  'SupportedFileTransferProtocols',
];

const configurationAnswer = z.object({
  configurationKey: z.array(z.object({ key: z.string(), readonly: z.boolean(), value: z.string().optional() })),
  unknownKey: z.array(z.string()),
});

const readConfiguration = async (central: CentralSystem, key?: string[]) =>
  configurationAnswer.parse(await central.command('GetConfiguration', { key }));
