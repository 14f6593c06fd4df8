import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, type ExpectStatic, test } from 'vitest';
import { localCloud } from '#test/support/local-cloud.ts';
import type { Call } from '#test/support/raw-charger.ts';
import { simulatedCharger } from '#test/support/simulated-charger.ts';
import type { TestCharger } from '#test/support/test-charger.ts';
import { until } from '#test/support/until.ts';

/** Files on their way to chargers and from them, over real sockets and real HTTP. */

const cloud = localCloud({ variables: { BOOT_GRACE_S: '1', COMMAND_ANSWER_S: '20' } });

const plan = { name: 'fw-2.bin', version: '2.0', vendor: 'Acme', model: 'One' };
const bytes = Buffer.from('new firmware');

/** A file whose bytes were put. */
async function firmware(more: object = {}) {
  const { upload, ...file } = await cloud.api.ask('addFirmwareFile', { body: { ...plan, ...more } });
  const { status } = await fetch(upload.url, { method: 'PUT', body: bytes });
  return { ...file, status, upload };
}

const locationOf = ({ payload }: Call) => String(payload.location);

const update = (chargerId: string, body: object, query = {}) =>
  cloud.api.exchange('updateFirmware', { params: { chargerId }, body, query });

const diagnostics = (chargerId: string, body: object = {}, headers = {}) =>
  cloud.api.exchange('askDiagnostics', { params: { chargerId }, body, headers });

const timelineOf = async (chargerId: string, commandId: string) => {
  const { items } = await cloud.api.ask('getCommandTimeline', { params: { chargerId, commandId } });
  return items.map(({ status }) => status);
};

/** Waits until what it sent is there for all to see. */
async function uploadsOf(chargerId: string, count: number) {
  return until(`${count} files are listed`, async () => {
    const { items } = await cloud.api.ask('listChargerFiles', { params: { chargerId } });
    return items.length === count && items;
  });
}

describe.concurrent('a location of somebody else', () => {
  test('is shown without its login also where the charger answers with it', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const location = 'ftp://me:hunter2@example.org/logs/';

    const asked = charger.command('GetDiagnostics', { location }, { wait: 20 });
    socket.answer(await socket.nextCall(), { fileName: `${location}log.zip`, unheardOf: 1 });
    const { body } = await asked;

    expect(body.answer).toMatchObject({ fileName: 'ftp://***@example.org/logs/log.zip' });
    expect(JSON.stringify([body, await charger.violations()])).not.toContain('hunter2');
  });

  test.for([
    ['UpdateFirmware', { retrieveDate: '2026-06-01T12:00:00.000Z' }],
    ['GetDiagnostics', {}],
  ] as const)('reaches the charger with its login, and is shown without: %s', async ([action, more], { expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const location = 'ftp://me:hunter2@example.org/fw.bin';

    const asked = charger.command(action, { location, ...more }, { wait: 20 });
    const call = await socket.nextCall();
    const meanwhile = await charger.commands();
    socket.refuse(call, 'GenericError', `no ${location}`);
    const { body } = await asked;

    expect(call.payload).toEqual({ location, ...more });
    expect(body.payload).toEqual({ location: 'ftp://***@example.org/fw.bin', ...more });
    expect(body.answer).toEqual({ callError: { code: 'GenericError', description: '' } });
    expect(JSON.stringify([meanwhile, body])).not.toContain('hunter2');
  });
});

describe.concurrent('a file of firmware', () => {
  test('is announced, put, and told of', async ({ expect }) => {
    const sha256 = 'ab'.repeat(32);

    const announced = await cloud.api.exchange('addFirmwareFile', { body: { ...plan, sizeBytes: 12, sha256 } });
    const { upload, ...file } = announced.body;
    const before = await cloud.api.ask('getFirmwareFile', { params: { firmwareFileId: file.firmwareFileId } });
    await fetch(upload.url, { method: 'PUT', body: bytes });
    const after = await cloud.api.ask('getFirmwareFile', { params: { firmwareFileId: file.firmwareFileId } });
    const { items } = await cloud.api.ask('listFirmwareFiles', { query: { limit: 100 } });

    expect(announced.status).toBe(201);
    expect(file).toMatchObject({ ...plan, sizeBytes: 12, sha256, organisationId: 'default', uploaded: null });
    expect(before).toEqual(file);
    expect(after).toEqual({ ...file, uploaded: { sizeBytes: 12, at: expect.stringMatching(/Z$/) } });
    expect(items).toContainEqual(after);
  });

  test.for([
    [{ name: '../x' }, 'name'],
    [{ name: 'a b' }, 'name'],
    [{ name: '' }, 'name'],
    [{ sha256: 'ABC' }, 'sha256'],
    [{ sizeBytes: 0 }, 'sizeBytes'],
    [{ colour: 'red' }, 'colour'],
  ] as const)('is refused with %j', async ([more, field], { expect }) => {
    const refusal = await cloud.api.refusal('addFirmwareFile', { body: { ...plan, ...more } });

    expect(refusal).toMatchObject({ status: 400, errors: [{ field }] });
  });

  test('is listed to the end, newest first, for its organisation alone', async ({ expect }) => {
    const api = cloud.apiFor('operator', 'firmware-pages');
    for (const version of ['1', '2', '3']) await api.ask('addFirmwareFile', { body: { ...plan, version } });

    const pages = await api.pages('listFirmwareFiles', { query: { limit: 2 } });
    const asked = await cloud.api.ask('listFirmwareFiles', { query: { organisationId: 'firmware-pages' } });

    expect(pages.map((page) => page.map(({ version }) => version))).toEqual([['3', '2'], ['1']]);
    expect(asked.items).toEqual(pages.flat());
    await expect(api.refusal('listFirmwareFiles', { query: { organisationId: 'default' } })).resolves.toMatchObject({
      status: 403,
    });
  });
});

describe.concurrent('an update of firmware', () => {
  test('row 50: the charger fetches the file by a short link, in parts, and each status is a step', async ({
    expect,
  }) => {
    const { firmwareFileId } = await firmware();
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const asked = await update(charger.id, { firmwareFileId, retries: 2, retryIntervalS: 60 });
    const call = await socket.nextCall();
    socket.answer(call, {});
    const location = locationOf(call);
    const head = await fetch(location, { method: 'HEAD' });
    await socket.call('FirmwareStatusNotification', { status: 'Downloading' });
    const first = await fetch(location, { headers: { range: 'bytes=0-2' } });
    const rest = await fetch(location, { headers: { range: 'bytes=3-' } });
    for (const status of ['Downloaded', 'Installing']) await socket.call('FirmwareStatusNotification', { status });
    await socket.boot();
    await socket.call('FirmwareStatusNotification', { status: 'Installed' });

    expect(asked.status).toBe(202);
    expect(call).toMatchObject({
      action: 'UpdateFirmware',
      id: asked.body.commandId,
      payload: { retries: 2, retryInterval: 60, retrieveDate: expect.stringMatching(/Z$/) },
    });
    expect(location.length).toBeLessThanOrEqual(512);
    expect(location).toMatch(/\/fw-2\.bin$/);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '12']);
    expect([first.status, rest.status]).toEqual([206, 206]);
    expect((await first.text()) + (await rest.text())).toBe('new firmware');
    expect(await timelineOf(charger.id, call.id)).toEqual(['Downloading', 'Downloaded', 'Installing', 'Installed']);
    await observes(expect, charger, call.id, 'Installed');
  });

  test('that fails ends so, and the steps of the next one are its own', async ({ expect }) => {
    const { firmwareFileId } = await firmware();
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const answeredUpdate = async () => {
      await update(charger.id, { firmwareFileId });
      const call = await socket.nextCall();
      socket.answer(call, {});
      return call.id;
    };

    const first = await answeredUpdate();
    for (const status of ['Downloading', 'DownloadFailed']) await socket.call('FirmwareStatusNotification', { status });
    const second = await answeredUpdate();
    await socket.call('FirmwareStatusNotification', { status: 'Downloading' });

    expect(await timelineOf(charger.id, first)).toEqual(['Downloading', 'DownloadFailed']);
    expect(await timelineOf(charger.id, second)).toEqual(['Downloading']);
    await observes(expect, charger, first, 'DownloadFailed');
  });

  test('may wait for a charger that is away', async ({ expect }) => {
    const { firmwareFileId } = await firmware();
    const charger = await cloud.charger();
    await (await charger.boot()).close();
    await until('it is offline', async () => !(await charger.read()).online);

    const failed = await update(charger.id, { firmwareFileId });
    const waiting = await update(charger.id, { firmwareFileId }, { whenOffline: 'wait' });
    const call = await (await charger.boot()).nextCall();

    await until('the other one has failed', async () => {
      const { state, reason } = await charger.commandOf(failed.body.commandId);
      return state === 'failed' && reason === 'offline';
    });
    expect(waiting).toMatchObject({ status: 202, body: { state: 'queued' } });
    expect(call.id).toBe(waiting.body.commandId);
  });

  test('is refused where the file is not there, not whole, or for another make', async ({ expect }) => {
    const charger = await cloud.charger();
    await charger.boot();
    const absent = await cloud.api.ask('addFirmwareFile', { body: plan });
    const [partial, other] = await Promise.all([firmware({ sizeBytes: 13 }), firmware({ vendor: 'Other' })]);
    const params = { chargerId: charger.id };
    const rules: unknown[] = [];

    for (const firmwareFileId of ['none', absent.firmwareFileId, partial.firmwareFileId, other.firmwareFileId]) {
      const { status, errors } = await cloud.api.refusal('updateFirmware', { params, body: { firmwareFileId } });
      rules.push([status, errors?.[0]?.rule]);
    }

    expect(rules).toEqual([
      [422, 'no such file'],
      [422, 'its bytes were not put yet'],
      [422, '12 bytes were put, and 13 are due'],
      [422, 'for Other One, and the charger is Acme One'],
    ]);
  });

  test('is refused where the charger has said that it cannot use our links', async ({ expect }) => {
    const { firmwareFileId } = await firmware();
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const configuration = async (value: string) => {
      const asked = charger.command('GetConfiguration', {}, { wait: 20 });
      socket.answer(await socket.nextCall(), {
        configurationKey: [{ key: 'SupportedFileTransferProtocols', readonly: true, value }],
      });
      await asked;
    };
    const params = { chargerId: charger.id };

    await configuration('FTP,HTTP');
    const [firmwareRefusal, diagnosticsRefusal] = await Promise.all([
      cloud.api.refusal('updateFirmware', { params, body: { firmwareFileId } }),
      cloud.api.refusal('askDiagnostics', { params, body: {} }),
    ]);
    await configuration('FTP, HTTPS');
    const { status } = await diagnostics(charger.id);

    expect([firmwareRefusal, diagnosticsRefusal]).toMatchObject([{ status: 422 }, { status: 422 }]);
    expect(firmwareRefusal.detail).toContain('FTP,HTTP');
    expect(status).toBe(202);
  });

  test('by a location of the operator stays possible', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const location = 'ftp://files.example.org/fw.bin';

    await charger.command('UpdateFirmware', { location, retrieveDate: '2026-06-01T12:00:00Z' });

    expect(locationOf(await socket.nextCall())).toBe(location);
  });
});

describe.concurrent('diagnostics', () => {
  test('row 50: go up by PUT under any name, are told of step by step, and can be got', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const startTime = '2026-06-01T00:00:00Z';

    const { body } = await diagnostics(charger.id, { startTime, stopTime: '2026-06-02T02:00:00+02:00', retries: 1 });
    const call = await socket.nextCall();
    socket.answer(call, { fileName: 'diag.zip' });
    await socket.call('DiagnosticsStatusNotification', { status: 'Uploading' });
    const put = await fetch(`${locationOf(call)}diag.zip`, { method: 'PUT', body: 'all that happened' });
    await socket.call('DiagnosticsStatusNotification', { status: 'Uploaded' });

    const [file] = await uploadsOf(charger.id, 1);
    expect(call).toMatchObject({
      action: 'GetDiagnostics',
      payload: { startTime: '2026-06-01T00:00:00.000Z', stopTime: '2026-06-02T00:00:00.000Z', retries: 1 },
    });
    expect(locationOf(call).length).toBeLessThanOrEqual(512);
    expect(put.status).toBe(200);
    expect(file).toMatchObject({ chargerId: charger.id, commandId: body.commandId, name: 'diag.zip', sizeBytes: 17 });
    expect(await (await fetch(file?.url ?? '')).text()).toBe('all that happened');
    expect(await timelineOf(charger.id, call.id)).toEqual(['Uploading', 'Uploaded']);
    await observes(expect, charger, call.id, 'Uploaded');
  });

  test.for([
    ['as it is', Buffer.from([0, 255, 128, 10]), {}, 'posted.log', 'posted.log'],
    ['as text', 'ä\r\n', { 'content-type': 'text/plain' }, 'posted.txt', 'posted.txt'],
    ['without a name', 'x', {}, '', 'unnamed'],
  ] as const)('go up by POST %s', async ([, content, headers, appended, name], { expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await diagnostics(charger.id);
    const location = locationOf(await socket.nextCall());

    const { status } = await fetch(`${location}${appended}`, { method: 'POST', body: content, headers });

    const [file] = await uploadsOf(charger.id, 1);
    expect([status, file?.name]).toEqual([200, name]);
    const stored = Buffer.from(await (await fetch(file?.url ?? '')).arrayBuffer());
    expect(stored.equals(Buffer.from(content))).toBe(true);
  });

  test('go up by POST in a form, under the name that the form gives', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await diagnostics(charger.id);
    const location = locationOf(await socket.nextCall());
    const form = new FormData();
    form.set('upload', new File([new Uint8Array([0, 255, 13, 10])], 'C:\\logs\\diag 1.zip'));

    const { status } = await fetch(location, { method: 'POST', body: form });

    const [file] = await uploadsOf(charger.id, 1);
    expect([status, file?.name, file?.sizeBytes]).toEqual([200, 'diag_1.zip', 4]);
  });

  test('go nowhere by a link that was changed', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await diagnostics(charger.id);
    const location = locationOf(await socket.nextCall());
    const another = location.replace(/\/u\/[^.]+\./, '/u/zzzzzz.');

    const statuses = await Promise.all(
      ['PUT', 'POST'].map(async (method) => (await fetch(`${another}x`, { method, body: 'x' })).status),
    );

    expect(statuses).toEqual([404, 404]);
    expect((await cloud.api.ask('listChargerFiles', { params: { chargerId: charger.id } })).items).toEqual([]);
  });

  test('that are asked for again under one key are asked for once', async ({ expect }) => {
    const charger = await cloud.charger();
    await charger.boot();
    const headers = { 'idempotency-key': 'once' };

    const first = await diagnostics(charger.id, {}, headers);
    const again = await diagnostics(charger.id, {}, headers);
    const other = await cloud.api.refusal('askDiagnostics', {
      params: { chargerId: charger.id },
      body: { retries: 1 },
      headers,
    });

    expect(again.body.commandId).toBe(first.body.commandId);
    expect(other).toMatchObject({ status: 422, errors: [{ field: 'Idempotency-Key' }] });
    expect(await charger.commands()).toHaveLength(1);
  });

  test('are listed page by page, the newest command first', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    for (const round of ['1', '2']) {
      await diagnostics(charger.id);
      const call = await socket.nextCall();
      socket.answer(call, { fileName: 'a' });
      for (const name of ['a', 'b']) await fetch(`${locationOf(call)}${name}${round}`, { method: 'PUT', body: name });
      await until('it is answered', async () => (await charger.commandOf(call.id)).state === 'answered');
    }

    const pages = await cloud.api.pages('listChargerFiles', { params: { chargerId: charger.id }, query: { limit: 3 } });

    expect(pages.map((page) => page.map(({ name }) => name))).toEqual([['a2', 'b2', 'a1'], ['b1']]);
    const forged = {
      params: { chargerId: charger.id },
      query: { next: Buffer.from('firmware/').toString('base64url') },
    };
    await expect(cloud.api.refusal('listChargerFiles', forged)).resolves.toMatchObject({ status: 400 });
  });

  test('are refused for a time that ends before it begins', async ({ expect }) => {
    const charger = await cloud.charger();
    const body = { startTime: '2026-06-02T00:00:00Z', stopTime: '2026-06-01T00:00:00Z' };

    const refusal = await cloud.api.refusal('askDiagnostics', { params: { chargerId: charger.id }, body });

    expect(refusal).toMatchObject({ status: 400, errors: [{ field: 'stopTime', rule: 'after startTime' }] });
  });
});

describe('the simulated charger', () => {
  /** Its first line is the version that is installed. */
  const content = Buffer.concat([Buffer.from('version: 3.1.4\n'), randomBytes(3 * 1024 * 1024)]);
  let charger: TestCharger;
  let stop = () => {};

  beforeAll(async () => {
    ({ charger, stop } = await simulatedCharger(cloud));
  });
  afterAll(() => stop());

  test('fetches what was put, installs it, and boots with it', async ({ expect }) => {
    const before = await charger.read();
    const make = { vendor: before.vendor, model: before.model, sizeBytes: content.length };
    const { upload, firmwareFileId } = await cloud.api.ask('addFirmwareFile', { body: { ...plan, ...make } });
    const put = await fetch(upload.url, { method: 'PUT', body: content });

    const { body } = await update(charger.id, { firmwareFileId });
    await observes(expect, charger, body.commandId, 'Installed');

    const after = await charger.read();
    expect(put.status).toBe(200);
    expect(await charger.commandOf(body.commandId)).toMatchObject({ state: 'answered', answer: {} });
    expect(await timelineOf(charger.id, body.commandId)).toEqual([
      'Downloading',
      'Downloaded',
      'Installing',
      'Installed',
    ]);
    expect([before.firmwareVersion, after.firmwareVersion]).toEqual(['1.0.0', '3.1.4']);
    expect(Date.parse(after.bootedAt ?? '')).toBeGreaterThan(Date.parse(before.bootedAt ?? ''));
    expect(after.connectors.filter(({ status }) => status !== 'Available')).toEqual([]);
  });

  test('installs nothing where its link leads to no file any more', async ({ expect }) => {
    const location = `${cloud.url}/d/zzzzzz.${'x'.repeat(22)}/firmware/none/fw.bin`;
    const { firmwareVersion } = await charger.read();

    const { body } = await charger.command('UpdateFirmware', { location, retrieveDate: new Date().toISOString() });
    await observes(expect, charger, body.commandId, 'DownloadFailed');

    expect(await timelineOf(charger.id, body.commandId)).toEqual(['Downloading', 'DownloadFailed']);
    expect((await charger.read()).firmwareVersion).toBe(firmwareVersion);
  });

  test('leaves its diagnostics in its directory, where they can be got', async ({ expect }) => {
    const { body } = await diagnostics(charger.id);
    await observes(expect, charger, body.commandId, 'Uploaded');

    const [file] = await uploadsOf(charger.id, 1);
    const response = await fetch(file?.url ?? '');
    const text = await response.text();
    expect(await timelineOf(charger.id, body.commandId)).toEqual(['Uploading', 'Uploaded']);
    expect(await charger.commandOf(body.commandId)).toMatchObject({ answer: { fileName: file?.name } });
    expect(file).toMatchObject({ commandId: body.commandId, sizeBytes: Buffer.byteLength(text) });
    expect(text.split('\n', 1)).toEqual([`Charger ${charger.id}, firmware ${(await charger.read()).firmwareVersion}`]);
    expect(text).toContain('BootNotification');
  });
});

test('a command that chargers do not report on has no timeline', async ({ expect }) => {
  const charger = await cloud.charger();
  await charger.boot();
  const { body } = await charger.command('Reset', { type: 'Soft' });

  const refusal = await cloud.api.refusal('getCommandTimeline', {
    params: { chargerId: charger.id, commandId: body.commandId },
  });

  expect(refusal).toMatchObject({ status: 404, detail: 'Chargers do not report how Reset goes' });
});

async function observes(
  expect: ExpectStatic,
  charger: Awaited<ReturnType<typeof cloud.charger>>,
  commandId: string,
  what: string,
) {
  const command = await until(`${what} is observed`, async () => {
    const found = await charger.commandOf(commandId);
    return found.observed && found;
  });
  expect(command.observed?.what).toBe(what);
}
