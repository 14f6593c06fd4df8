import { describe, test } from 'vitest';
import { localCloud } from '#test/support/local-cloud.ts';

const cloud = localCloud();

const noon = '2024-03-01T12:00:00.000Z';
const before = '2024-03-01T11:59:59.999Z';
const after = '2024-03-01T12:00:00.001Z';
const status = { connectorId: 1, errorCode: 'NoError', status: 'Available' };

describe.concurrent('StatusNotification', () => {
  test('row 43: makes a connector known, with all that it tells', async ({ expect }) => {
    const charger = await cloud.charger({ connectors: [{ id: 1, type: 'CCS2', maxPowerW: 50_000 }] });
    const socket = await charger.boot();
    const planned = await charger.read();

    await socket.call('StatusNotification', {
      connectorId: 1,
      errorCode: 'GroundFailure',
      status: 'Faulted',
      timestamp: noon,
      info: 'a wet cable',
      vendorId: 'Acme',
      vendorErrorCode: 'E042',
    });
    await socket.call('StatusNotification', { ...status, connectorId: 2, timestamp: noon });

    const unknown = { status: null, errorCode: null, info: null, vendorErrorCode: null, statusAt: null };
    expect(planned.connectors).toEqual([{ id: 1, type: 'CCS2', maxPowerW: 50_000, ...unknown }]);
    expect((await charger.read()).connectors).toEqual([
      {
        id: 1,
        type: 'CCS2',
        maxPowerW: 50_000,
        status: 'Faulted',
        errorCode: 'GroundFailure',
        info: 'a wet cable',
        vendorErrorCode: 'E042',
        statusAt: noon,
      },
      {
        id: 2,
        type: null,
        maxPowerW: null,
        status: 'Available',
        errorCode: 'NoError',
        info: null,
        vendorErrorCode: null,
        statusAt: noon,
      },
    ]);
  });

  test.for(['Available', 'Unavailable', 'Faulted'] as const)(
    'row 43: of connector 0 is accepted: %s',
    async (of0, { expect }) => {
      const charger = await cloud.charger();
      const socket = await charger.boot();

      const answer = await socket.call('StatusNotification', { ...status, connectorId: 0, status: of0 });

      expect(answer).toEqual({});
      expect((await charger.read()).connectors).toMatchObject([{ id: 0, status: of0 }]);
    },
  );

  test('row 43: makes a new connector known once, however many come at the same moment', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const connectorIds = [0, 1, 2, 1, 2, 0, 2, 1];

    const answers = await Promise.all(
      connectorIds.map((connectorId) => socket.call('StatusNotification', { ...status, connectorId, timestamp: noon })),
    );

    expect(answers).toEqual(connectorIds.map(() => ({})));
    expect((await charger.read()).connectors.map(({ id }) => id)).toEqual([0, 1, 2]);
  });

  test('row 43: from before the one that is known changes nothing, and is kept beside it', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await socket.call('StatusNotification', { ...status, status: 'Charging', timestamp: noon });

    const answer = await socket.call(
      'StatusNotification',
      { ...status, status: 'Preparing', timestamp: before },
      'late',
    );

    expect(answer).toEqual({});
    expect((await charger.read()).connectors).toMatchObject([{ status: 'Charging', statusAt: noon }]);
    expect(await charger.evidence()).toMatchObject([
      {
        kind: 'staleStatus',
        content: JSON.stringify([
          2,
          'late',
          'StatusNotification',
          { ...status, status: 'Preparing', timestamp: before },
        ]),
      },
    ]);
  });

  test('row 43: of the same time or later counts, and nothing is left of the one before', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    await socket.call('StatusNotification', {
      ...status,
      status: 'Faulted',
      info: 'hot',
      vendorErrorCode: 'E1',
      timestamp: noon,
    });
    await socket.call('StatusNotification', { ...status, status: 'Unavailable', timestamp: noon });
    const same = (await charger.read()).connectors;
    await socket.call('StatusNotification', { ...status, timestamp: after });

    expect(same).toMatchObject([{ status: 'Unavailable', info: null, vendorErrorCode: null, statusAt: noon }]);
    expect((await charger.read()).connectors).toMatchObject([{ status: 'Available', statusAt: after }]);
  });

  test('row 43: ends up as the newest says, in whatever order they come', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const seconds = [3, 9, 1, 7, 5, 8, 2, 6, 4];

    await Promise.all(
      seconds.map((second) =>
        socket.call('StatusNotification', {
          ...status,
          status: second === 9 ? 'Finishing' : 'Charging',
          timestamp: `2024-03-01T12:00:0${second}Z`,
        }),
      ),
    );

    expect((await charger.read()).connectors).toMatchObject([
      { status: 'Finishing', statusAt: '2024-03-01T12:00:09.000Z' },
    ]);
  });

  test.for(['2100-01-01T00:00:00Z', '1970-01-01T00:00:00Z', undefined])(
    'row 43: dated %s counts from when it was received, and does not freeze the connector',
    async (timestamp, { expect }) => {
      const charger = await cloud.charger();
      const socket = await charger.boot();
      const { currentTime } = await socket.call('Heartbeat', {});

      await socket.call('StatusNotification', { ...status, status: 'Preparing', timestamp });
      const odd = (await charger.read()).connectors;
      const { currentTime: later } = await socket.call('Heartbeat', {});
      await socket.call('StatusNotification', { ...status, status: 'Charging', timestamp: later });

      const [{ statusAt } = { statusAt: null }] = odd;
      expect(odd).toMatchObject([{ status: 'Preparing' }]);
      expect(String(statusAt) >= currentTime && String(statusAt) <= later).toBe(true);
      expect((await charger.read()).connectors).toMatchObject([{ status: 'Charging', statusAt: later }]);
    },
  );

  test('row 43: with an error is a warning where the status is another one than Faulted', async ({ expect }) => {
    const charger = await cloud.charger({ strictness: 'strict' });
    const socket = await charger.boot();

    await socket.call('StatusNotification', { ...status, errorCode: 'WeakSignal' });

    expect((await charger.read()).connectors).toMatchObject([{ status: 'Available', errorCode: 'WeakSignal' }]);
    expect(await charger.violations()).toEqual([]);
  });

  test("row 43: of one charger says nothing of another's connectors", async ({ expect }) => {
    const [charger, neighbour] = await Promise.all([cloud.charger(), cloud.charger()]);
    const socket = await charger.boot();

    await socket.call('StatusNotification', status);

    expect((await neighbour.read()).connectors).toEqual([]);
  });
});

describe.concurrent('what else a charger reports', () => {
  test('statuses of firmware and diagnostics are answered {} and make a timeline', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const answers = [
      await socket.call('FirmwareStatusNotification', { status: 'Downloading' }),
      await socket.call('FirmwareStatusNotification', { status: 'Installed' }),
      await socket.call('DiagnosticsStatusNotification', { status: 'Uploaded' }),
    ];

    expect(answers).toEqual([{}, {}, {}]);
    expect(await charger.evidence()).toMatchObject([
      { kind: 'diagnosticsStatus', note: 'Uploaded' },
      { kind: 'firmwareStatus', note: 'Installed' },
      { kind: 'firmwareStatus', note: 'Downloading' },
    ]);
  });

  test('row 51: DataTransfer of a vendor whom nobody knows is answered UnknownVendorId and kept', async ({
    expect,
  }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const answer = await socket.call('DataTransfer', { vendorId: 'com.example', messageId: 'x', data: '{"a":1}' });

    expect(answer).toEqual({ status: 'UnknownVendorId' });
    expect(await charger.evidence()).toMatchObject([
      { kind: 'dataTransfer', content: expect.stringContaining('com.example') },
    ]);
  });
});
