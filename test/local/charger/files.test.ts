import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '#test/support/until.ts';
import type { CentralSystem } from './central-system.ts';
import { FileServer } from './file-server.ts';
import { charging, statuses, told, waiting } from './scene.ts';

const servers: FileServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(...answer: Parameters<typeof FileServer.listen>): Promise<FileServer> {
  const server = await FileServer.listen(...answer);
  servers.push(server);
  return server;
}

const say = (status: number) => (response: ServerResponse) => response.writeHead(status).end();

const reported = (central: CentralSystem, what: 'Diagnostics' | 'Firmware') =>
  central.of(`${what}StatusNotification`).map(({ status }) => status);

const now = () => new Date().toISOString();

describe('diagnostics', () => {
  test('are uploaded into the folder under the name that was answered', async () => {
    const { central } = await waiting();
    const files = await serve(say(201));

    const answer = await central.command('GetDiagnostics', { location: `${files.url}/upload/secret/` });
    await until('they are uploaded', () => reported(central, 'Diagnostics').at(-1) === 'Uploaded');

    expect(answer).toEqual({ fileName: expect.stringMatching(/^diagnostics-CP_001-\d{8}T\d{9}Z\.txt$/) });
    const { fileName } = answer as { fileName: string };
    expect(files.asked).toMatchObject([{ method: 'PUT', path: `/upload/secret/${fileName}` }]);
    expect(files.asked[0]?.body).toMatch(/^Charger CP 001, firmware 1\.0\.0$/m);
    expect(files.asked[0]?.body).toMatch(/^HeartbeatInterval = 300$/m);
    expect(files.asked[0]?.body).toMatch(/^\S+Z out call BootNotification \{.*"chargePointVendor":"Chargeline"/m);
    expect(reported(central, 'Diagnostics')).toEqual(['Uploading', 'Uploaded']);
  });

  test('never hold the key', async () => {
    const { central } = await waiting();
    const files = await serve(say(201));
    const value = '0123456789abcdef'.repeat(2);
    await central.command('ChangeConfiguration', { key: 'AuthorizationKey', value });
    await until('it has come back', () => central.connections === 2);

    await central.command('GetDiagnostics', { location: files.url });
    await until('they are uploaded', () => reported(central, 'Diagnostics').at(-1) === 'Uploaded');

    expect(files.asked[0]?.body).toContain('AuthorizationKey');
    expect(files.asked[0]?.body).not.toContain(value);
  });

  test('are tried again as often as the request says', async () => {
    const { central, time } = await waiting();
    const files = await serve((response, before) => say(before < 2 ? 503 : 200)(response));

    await central.command('GetDiagnostics', { location: files.url, retries: 2, retryInterval: 7 });
    await until('they are uploaded', () => reported(central, 'Diagnostics').at(-1) === 'Uploaded');

    expect(files.asked).toHaveLength(3);
    expect(time.waits.filter((ms) => ms === 7000)).toHaveLength(2);
    expect(reported(central, 'Diagnostics')).toEqual(['Uploading', 'Uploaded']);
  });

  test.each(['http://127.0.0.1:1/nobody', 'ftp://127.0.0.1/upload'])('fail at %s', async (location) => {
    const { central } = await waiting();

    await central.command('GetDiagnostics', { location, retries: 1, retryInterval: 1 });
    await until('it has failed', () => reported(central, 'Diagnostics').length === 2);

    expect(reported(central, 'Diagnostics')).toEqual(['Uploading', 'UploadFailed']);
  });

  test('of a time in which nothing happened are none', async () => {
    const { central } = await waiting();

    const answer = await central.command('GetDiagnostics', {
      location: 'http://127.0.0.1:1',
      stopTime: '2020-01-01T00:00:00Z',
    });

    expect(answer).toEqual({});
    expect(reported(central, 'Diagnostics')).toEqual([]);
  });

  test('tell that they are under way when they are asked', async () => {
    const { central } = await waiting();
    const open: ServerResponse[] = [];
    const files = await serve((response) => open.push(response));
    await central.command('GetDiagnostics', { location: files.url });
    await until('it uploads', () => open.length === 1);

    await central.command('TriggerMessage', { requestedMessage: 'DiagnosticsStatusNotification' });
    await until('it has said so', () => reported(central, 'Diagnostics').length === 2);
    for (const response of open) say(200)(response);
    await until('they are uploaded', () => reported(central, 'Diagnostics').length === 3);

    expect(reported(central, 'Diagnostics')).toEqual(['Uploading', 'Uploading', 'Uploaded']);
  });

  test('use the credentials of the location', async () => {
    const { central } = await waiting();
    const files = await serve(say(200));

    await central.command('GetDiagnostics', { location: files.url.replace('//', '//me:s%40fe@') });
    await until('they are uploaded', () => reported(central, 'Diagnostics').at(-1) === 'Uploaded');

    expect(files.asked[0]?.authorization).toBe(`Basic ${Buffer.from('me:s@fe').toString('base64')}`);
  });
});

describe('new firmware', () => {
  const update = (central: CentralSystem, location: string, more: object = {}) =>
    central.command('UpdateFirmware', { location, retrieveDate: now(), ...more });

  const isOver = (central: CentralSystem) =>
    until('the update is over', () => /Failed$|^Installed$/.test(String(reported(central, 'Firmware').at(-1))));

  test('is loaded, installed while nobody can charge, and told by the next boot', async () => {
    const { central } = await waiting();
    const files = await serve((response) => response.end('version: 2.1.0\nand what it does'));
    const before = central.heard.length;

    const answer = await update(central, `${files.url}/fw.bin`);
    await isOver(central);

    expect(answer).toEqual({});
    expect(files.asked).toMatchObject([{ method: 'GET', path: '/fw.bin' }]);
    expect(
      central.heard
        .slice(before)
        .filter(({ action }) => action !== 'Heartbeat')
        .map(({ action, payload: { connectorId, status, firmwareVersion } }) =>
          [action, connectorId, status, firmwareVersion].filter((part) => part !== undefined).join(' '),
        ),
    ).toEqual([
      'FirmwareStatusNotification Downloading',
      'FirmwareStatusNotification Downloaded',
      ...[0, 1, 2].map((id) => `StatusNotification ${id} Unavailable`),
      'FirmwareStatusNotification Installing',
      'BootNotification 2.1.0',
      ...[0, 1, 2].map((id) => `StatusNotification ${id} Available`),
      'FirmwareStatusNotification Installed',
    ]);
  });

  test('that names no version is known by its checksum', async () => {
    const { central } = await waiting();
    const files = await serve((response) => response.end('abc'));

    await update(central, files.url);
    await isOver(central);

    expect(central.of('BootNotification').at(-1)).toMatchObject({ firmwareVersion: 'sha256-ba7816bf8f01cfea' });
  });

  test('goes on loading where it broke off', async () => {
    const { central } = await waiting();
    const whole = `version: 3\n${'x'.repeat(100_000)}`;
    const files = await serve((response, before, { headers }) => {
      if (before === 0) {
        response.writeHead(200, { 'content-length': whole.length });
        response.write(whole.slice(0, 40_000), () => setImmediate(() => response.destroy()));
        return;
      }
      const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1]);
      response
        .writeHead(206, { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` })
        .end(whole.slice(from));
    });

    await update(central, files.url, { retries: 1, retryInterval: 1 });
    await isOver(central);

    expect(files.asked).toHaveLength(2);
    expect(files.asked[1]?.range).toMatch(/^bytes=\d+-$/);
    expect(central.of('BootNotification').at(-1)).toMatchObject({ firmwareVersion: '3' });
  });

  test('is loaded from its beginning where the server knows no ranges', async () => {
    const { central } = await waiting();
    const whole = `version: 4\n${'x'.repeat(100_000)}`;
    const files = await serve((response, before) => {
      if (before > 0) {
        response.end(whole);
        return;
      }
      response.writeHead(200, { 'content-length': whole.length });
      response.write(whole.slice(20_000, 60_000), () => setImmediate(() => response.destroy()));
    });

    await update(central, files.url, { retries: 1, retryInterval: 1 });
    await isOver(central);

    expect(central.of('BootNotification').at(-1)).toMatchObject({ firmwareVersion: '4' });
  });

  test('is taken for whole only with its last byte, also from a server that sends less than it is asked for', async () => {
    const { central } = await waiting();
    const whole = randomBytes(100_000);
    const files = await serve((response, before, { headers }) => {
      if (before === 0) {
        response.writeHead(200, { 'content-length': whole.length });
        response.write(whole.subarray(0, 40_000), () => setImmediate(() => response.destroy()));
        return;
      }
      const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1]);
      const part = whole.subarray(from, from + 30_000);
      response.writeHead(206, { 'content-range': `bytes ${from}-${from + part.length - 1}/${whole.length}` }).end(part);
    });

    await update(central, files.url, { retries: 5, retryInterval: 1 });
    await isOver(central);

    const checksum = createHash('sha256').update(whole).digest('hex').slice(0, 16);
    expect(central.of('BootNotification').at(-1)).toMatchObject({ firmwareVersion: `sha256-${checksum}` });
  });

  test('that cannot be loaded changes nothing', async () => {
    const { central } = await waiting();
    const files = await serve(say(404));

    await update(central, files.url, { retries: 1, retryInterval: 1 });
    await isOver(central);

    expect(files.asked).toHaveLength(2);
    expect(reported(central, 'Firmware')).toEqual(['Downloading', 'DownloadFailed']);
    expect(central.of('BootNotification')).toHaveLength(1);
    expect(statuses(central)).not.toContain('1 Unavailable');
  });

  test.each(['', `version: ${'9'.repeat(51)}`])('that cannot be installed (%j) leaves the old one', async (content) => {
    const { central } = await waiting();
    const files = await serve((response) => response.end(content));

    await update(central, files.url);
    await isOver(central);

    expect(reported(central, 'Firmware')).toEqual(['Downloading', 'Downloaded', 'Installing', 'InstallationFailed']);
    expect(central.of('BootNotification').at(-1)).toMatchObject({ firmwareVersion: '1.0.0' });
    expect(statuses(central).at(-1)).toBe('2 Available');
  });

  test('waits for its time, and a later request takes its place', async () => {
    const { central } = await waiting();
    const files = await serve((response) => response.end('version: 5'));
    const later = new Date(Date.now() + 90 * 86_400_000).toISOString();

    await update(central, `${files.url}/later`, { retrieveDate: later });
    await central.command('TriggerMessage', { requestedMessage: 'FirmwareStatusNotification' });
    await until('it has said that nothing goes on', () => reported(central, 'Firmware').length === 1);
    await update(central, `${files.url}/now`);
    await isOver(central);

    expect(reported(central, 'Firmware')[0]).toBe('Idle');
    expect(files.asked.map(({ path }) => path)).toEqual(['/now']);
  });

  test('waits until nobody charges, and lets nobody begin meanwhile', async () => {
    const { central } = await charging();
    const files = await serve((response) => response.end('version: 6'));

    await update(central, files.url);
    await until('the free connector is out of service', () => statuses(central).at(-1) === '1 Unavailable');
    const start = await central.command('RemoteStartTransaction', { idTag: 'OTHER', connectorId: 1 });
    await central.command('TriggerMessage', { requestedMessage: 'FirmwareStatusNotification' });
    await until('it has said what it waits for', () => reported(central, 'Firmware').length === 3);
    await central.command('RemoteStopTransaction', { transactionId: 4711 });
    await isOver(central);

    expect(start).toEqual({ status: 'Rejected' });
    expect(reported(central, 'Firmware')).toEqual([
      'Downloading',
      'Downloaded',
      'Downloaded',
      'Installing',
      'Installed',
    ]);
    expect(told(central).indexOf('StopTransaction')).toBeLessThan(told(central).lastIndexOf('BootNotification'));
    expect(central.of('StopTransaction')).toMatchObject([{ reason: 'Remote' }]);
  });
});
