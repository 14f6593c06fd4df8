import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import type { BodyOf } from '#test/support/api.ts';
import { localCloud } from '#test/support/local-cloud.ts';
import { type Call, type RawCharger, Refusal } from '#test/support/raw-charger.ts';
import type { TestCharger } from '#test/support/test-charger.ts';
import { until } from '#test/support/until.ts';

/** What chargers are configured like, from the API to a charger and back, over real sockets. */

const data = mkdtempSync(join(tmpdir(), 'chargeline-configuration-'));
afterAll(() => rmSync(data, { recursive: true, force: true, maxRetries: 5 }));
const cloud = localCloud({ data, variables: { BOOT_GRACE_S: '1', COMMAND_ANSWER_S: '2' } });

const told = (key: string, value?: string, readonly = false) => ({
  key,
  readonly,
  ...(value !== undefined && { value }),
});

describe.concurrent('what a charger is configured like', () => {
  test('is known once it was read, whole, with what it has not', async ({ expect }) => {
    const { charger, socket } = await booted();

    const { commands } = await read(charger);
    const call = await socket.nextCall();
    socket.answer(call, {
      configurationKey: [told('HeartbeatInterval', '300'), told('NumberOfConnectors', '2', true), told('Light')],
      unknownKey: ['BlinkRepeat'],
    });
    await over(charger, commands);

    expect(call).toMatchObject({ action: 'GetConfiguration', payload: {} });
    expect(await known(charger)).toMatchObject({
      keys: [
        { key: 'HeartbeatInterval', value: '300', readonly: false, pendingRestart: null, uncertain: false },
        { key: 'NumberOfConnectors', value: '2', readonly: true },
        { key: 'Light', value: null },
      ],
      unsupported: ['BlinkRepeat'],
    });
  });

  test('row 45: is read by as many keys as it answers for at once', async ({ expect }) => {
    const { charger, socket } = await booted();
    await tell(charger, socket, [told('GetConfigurationMaxKeys', '2', true), told('A', '1'), told('B', '2')]);

    const { commands } = await read(charger);
    const first = await socket.nextCall();
    socket.answer(first, { configurationKey: [told('GetConfigurationMaxKeys', '2', true), told('A', '10')] });
    const second = await socket.nextCall();
    socket.answer(second, { configurationKey: [told('B', '20')] });
    await over(charger, commands);

    expect([first.payload, second.payload]).toEqual([{ key: ['GetConfigurationMaxKeys', 'A'] }, { key: ['B'] }]);
    expect((await known(charger)).keys.map(({ value }) => value)).toEqual(['2', '10', '20']);
  });

  test('is nothing, and the template for its make unknown, until it has booted', async ({ expect }) => {
    const charger = await cloud.charger();

    expect(await known(charger)).toEqual({ keys: [], unsupported: [], template: null, drift: [] });
    await expect(
      cloud.api.refusal('applyConfigurationTemplate', { params: { chargerId: charger.id }, body: {} }),
    ).resolves.toMatchObject({ status: 409 });
  });

  test('is asked for once, however often the request is sent', async ({ expect }) => {
    const { charger } = await booted();
    const request = { params: { chargerId: charger.id }, body: {}, headers: { 'idempotency-key': 'once' } };

    const answers = await Promise.all([1, 2, 3].map(() => cloud.api.ask('readChargerConfiguration', request)));

    expect(new Set(answers.flatMap(({ commands }) => commands.map(({ commandId }) => commandId))).size).toBe(1);
  });
});

describe.concurrent('a change of a key', () => {
  test('that is accepted is known', async ({ expect }) => {
    const { charger, socket } = await booted();

    expect(await change(charger, socket, 'HeartbeatInterval', '60', 'Accepted')).toMatchObject({ state: 'answered' });

    expect((await known(charger)).keys).toMatchObject([{ key: 'HeartbeatInterval', value: '60' }]);
  });

  test('row 44: that waits for a restart is in force after one, or not: reading tells', async ({ expect }) => {
    const { charger, socket } = await booted();
    await tell(charger, socket, [told('HeartbeatInterval', '300'), told('Light', '1')]);

    await change(charger, socket, 'HeartbeatInterval', '60', 'RebootRequired');
    const waiting = await known(charger);
    await socket.boot();
    const restarted = await known(charger);
    const { commands } = await read(charger, { which: 'uncertain' });
    const call = await socket.nextCall();
    socket.answer(call, { configurationKey: [told('HeartbeatInterval', '60')] });
    await over(charger, commands);

    expect(waiting.keys[0]).toMatchObject({ value: '300', pendingRestart: '60', uncertain: false });
    expect(waiting.drift[0]).toBeDefined();
    expect(restarted.keys[0]).toMatchObject({ value: null, pendingRestart: null, uncertain: true });
    expect(restarted.keys[1]).toMatchObject({ key: 'Light', value: '1', uncertain: false });
    expect(call.payload).toEqual({ key: ['HeartbeatInterval'] });
    expect((await known(charger)).keys[0]).toMatchObject({ value: '60', pendingRestart: null, uncertain: false });
    expect((await read(charger, { which: 'uncertain' })).commands).toEqual([]);
  });

  test('to a value that is none for it is for the charger to reject, and tells nothing', async ({ expect }) => {
    const { charger, socket } = await booted();

    const rejected = await change(charger, socket, 'MeterValueSampleInterval', '-1', 'Rejected');
    const unsupported = await change(charger, socket, 'BlinkRepeat', '3', 'NotSupported');

    expect(rejected).toMatchObject({ state: 'answered', answer: { status: 'Rejected' } });
    expect(unsupported).toMatchObject({ state: 'answered', answer: { status: 'NotSupported' } });
    expect(await known(charger)).toMatchObject({ keys: [], unsupported: ['BlinkRepeat'] });
  });

  test.for([
    ['NumberOfConnectors', '4', 'key'],
    ['AuthorizationKey', 'too short', 'value'],
  ])('of %s to %j is not even sent', async ([key, value, field], { expect }) => {
    const { charger, socket } = await booted();

    const refusal = await charger.commandRefusal('ChangeConfiguration', { key, value });

    expect(refusal).toMatchObject({ status: 422, errors: [{ field, rule: expect.any(String) }] });
    expect(JSON.stringify(refusal)).not.toContain('too short');
    expect(await charger.commands()).toEqual([]);
    expect(socket.callsHeard).toBe(0);
  });
});

describe.concurrent('a template', () => {
  test('is found for the make of a charger, and told from what the charger has', async ({ expect }) => {
    const { api, charger, socket } = await booted();
    await putTemplate(api, 'acme', {
      matches: { vendor: 'acme' },
      settings: [
        { key: 'HeartbeatInterval', value: '300', atMost: true },
        { key: 'ClockAlignedDataInterval', value: '900' },
        { key: 'Light', value: '1' },
        { key: 'Dimmer', value: '1' },
        { key: 'BlinkRepeat', value: '3' },
      ],
    });
    await tell(
      charger,
      socket,
      [told('HeartbeatInterval', '60'), told('ClockAlignedDataInterval', '0'), told('Light', '0', true)],
      ['BlinkRepeat'],
    );

    const before = await known(charger);
    const application = await apply(charger);
    const calls = [await answerNext(socket, 'Accepted'), await answerNext(socket, 'RebootRequired')];
    await over(charger, application.commands);
    const after = await known(charger);

    expect(before.template).toMatchObject({ id: 'acme' });
    expect(before.drift).toEqual([
      { key: 'ClockAlignedDataInterval', wanted: '900', found: 'value', value: '0' },
      { key: 'Light', wanted: '1', found: 'readonly', value: '0' },
      { key: 'Dimmer', wanted: '1', found: 'unknown', value: null },
      { key: 'BlinkRepeat', wanted: '3', found: 'notSupported', value: null },
    ]);
    expect(calls.map(({ payload }) => payload)).toEqual([
      { key: 'ClockAlignedDataInterval', value: '900' },
      { key: 'Dimmer', value: '1' },
    ]);
    expect(application.left.map(({ key }) => key)).toEqual(['Light', 'BlinkRepeat']);
    expect(after.drift.map(({ found }) => found)).toEqual(['readonly', 'pendingRestart', 'notSupported']);
    expect((await apply(charger)).commands).toEqual([]);
  });

  test('is applied in part where only some of its keys are named', async ({ expect }) => {
    const { api, charger, socket } = await booted();
    const settings = ['A', 'B'].map((key) => ({ key, value: '1' }));
    await putTemplate(api, 'two', { matches: { vendor: 'Acme' }, settings });

    const { commands, left } = await apply(charger, { keys: ['B'] });

    expect((await answerNext(socket, 'Accepted')).payload).toEqual({ key: 'B', value: '1' });
    expect([commands.length, left]).toEqual([1, []]);
  });

  test('is kept, replaced and removed; the one called default is there from the beginning, and comes back', async ({
    expect,
  }) => {
    const api = cloud.apiFor('operator', 'templates');
    const params = { templateId: 'default' };
    const body = { name: 'Ours', settings: [{ key: 'HeartbeatInterval', value: '60' }] };

    const built = await api.ask('getConfigurationTemplate', { params });
    const created = await api.exchange('putConfigurationTemplate', { params, body });
    const replaced = await api.exchange('putConfigurationTemplate', { params, body: { ...body, name: 'Ours too' } });
    await api.ask('putConfigurationTemplate', { params: { templateId: 'another' }, body });
    const listed = await api.ask('listConfigurationTemplates');
    const seenByTheInstallation = await cloud.api.ask('getConfigurationTemplate', {
      params,
      query: { organisationId: 'templates' },
    });
    for (const templateId of ['default', 'another', 'another']) {
      await api.ask('deleteConfigurationTemplate', { params: { templateId } });
    }

    expect(built.settings.map(({ key }) => key)).toContain('ClockAlignedDataInterval');
    expect([created.status, replaced.status]).toEqual([201, 200]);
    expect(created.body).toEqual({ id: 'default', matches: {}, applyAfterFirstBoot: false, ...body });
    expect(listed.items.map(({ id, name }) => `${id}: ${name}`)).toEqual(['another: Ours', 'default: Ours too']);
    expect(seenByTheInstallation).toEqual(replaced.body);
    expect(await api.ask('getConfigurationTemplate', { params })).toEqual(built);
    expect((await api.ask('listConfigurationTemplates')).items).toEqual([built]);
  });

  test('has no secrets, no key that cannot be written, and each key once', async ({ expect }) => {
    const settings = [
      { key: 'AuthorizationKey', value: 'ab'.repeat(20) },
      { key: 'NumberOfConnectors', value: '2' },
      { key: 'HeartbeatInterval', value: 'often' },
      { key: 'heartbeatinterval', value: '60' },
    ];

    const { status, errors = [] } = await cloud.api.refusal('putConfigurationTemplate', {
      params: { templateId: 'bad' },
      body: { name: 'Bad', settings },
    });

    expect(status).toBe(422);
    expect(errors.map(({ field }) => field)).toEqual([
      'settings.0.key',
      'settings.1.key',
      'settings.2.value',
      'settings.3.key',
    ]);
  });
});

describe.concurrent('a charger that is accepted for the first time', () => {
  const settings = [
    { key: 'HeartbeatInterval', value: '300' },
    { key: 'ClockAlignedDataInterval', value: '900' },
  ];
  const aNewOne = async (applyAfterFirstBoot: boolean) => {
    const api = organisation();
    await putTemplate(api, 'first', { matches: { vendor: 'Acme' }, settings, applyAfterFirstBoot });
    const charger = await cloud.charger({}, api);
    return { api, charger, socket: await charger.dial() };
  };

  test('is read, and gets what it lacks of its template, once', async ({ expect }) => {
    const { charger, socket } = await aNewOne(true);

    await Promise.all([socket.boot(), socket.boot()]);
    const reading = await socket.nextCall();
    socket.answer(reading, {
      configurationKey: [told('HeartbeatInterval', '300'), told('ClockAlignedDataInterval', '0')],
    });
    const changing = await answerNext(socket, 'Accepted');
    await until('it is as it should be', async () => (await known(charger)).drift.length === 0);
    await socket.boot();
    const later = charger.command('ClearCache', {}, { wait: 20 });
    const next = await socket.nextCall();
    socket.answer(next, { status: 'Accepted' });
    await later;

    expect(reading).toMatchObject({ action: 'GetConfiguration', payload: {} });
    expect(changing.payload).toEqual({ key: 'ClockAlignedDataInterval', value: '900' });
    expect(next.action).toBe('ClearCache');
    expect((await charger.commands()).map(({ action, by }) => [action, by])).toEqual([
      ['ClearCache', expect.any(String)],
      ['ChangeConfiguration', 'template:first'],
      ['GetConfiguration', 'template:first'],
    ]);
  });

  test('gets it also when it does not tell what it has', async ({ expect }) => {
    const { socket } = await aNewOne(true);

    await socket.boot();
    socket.refuse(await socket.nextCall(), 'NotImplemented');

    const changes = [await answerNext(socket, 'Accepted'), await answerNext(socket, 'Accepted')];
    expect(changes.map(({ payload }) => payload)).toEqual(settings);
  });

  test('is left as it is where its template does not say so', async ({ expect }) => {
    const { charger, socket } = await aNewOne(false);

    await socket.boot();
    const asked = charger.command('ClearCache', {}, { wait: 20 });
    socket.answer(await socket.nextCall(), { status: 'Accepted' });
    await asked;

    expect(await charger.commands()).toHaveLength(1);
  });
});

describe.concurrent('row 4: a new AuthorizationKey', () => {
  test('is taken: with that the old one opens nothing any more, and the charger comes back with the new one', async ({
    expect,
  }) => {
    const { charger, socket } = await booted();
    const { key, bring, withKey } = aKey(charger);

    const asked = bring({ wait: 20 });
    const call = await socket.nextCall();
    socket.answer(call, { status: 'Accepted' });
    const { body } = await asked;
    await expect(charger.dial()).rejects.toEqual(new Refusal(401));
    await socket.call('Heartbeat', {});
    await socket.close();
    const again = await withKey();
    await again.boot();

    expect(call.payload).toEqual({ key: 'AuthorizationKey', value: key });
    expect(body).toMatchObject({
      state: 'answered',
      answer: { status: 'Accepted' },
      payload: { key: 'AuthorizationKey', value: '***' },
    });
    expect(await charger.read()).toMatchObject({ credential: 'key', nextCredential: null, online: true });
    await expect(charger.dial()).rejects.toEqual(new Refusal(401));
    expect((await known(charger)).keys).toMatchObject([{ key: 'AuthorizationKey', value: null }]);
  });

  test('is taken, though the answer is lost: both open the door until it is used', async ({ expect }) => {
    const { charger, socket } = await booted();
    const { bring, withKey } = aKey(charger);

    const asked = bring({ wait: 20 });
    await socket.nextCall();
    await socket.close();
    const { body } = await asked;
    const byOld = await charger.dial();
    const byNew = await withKey();

    expect(body).toMatchObject({ state: 'timedOut', reason: 'noAnswer' });
    expect(byNew.isOpen).toBe(true);
    await byOld.closed();
    await expect(charger.dial()).rejects.toEqual(new Refusal(401));
  });

  test.for(['Rejected', 'NotSupported'])('is %s: it opens nothing any more', async (status, { expect }) => {
    const { charger, socket } = await booted();
    const { bring, withKey } = aKey(charger);

    const asked = bring({ wait: 20 });
    const call = await socket.nextCall();
    const staged = await charger.read();
    socket.answer(call, { status });
    await asked;

    expect(staged.nextCredential).toBe('key');
    expect(await charger.read()).toMatchObject({ credential: 'key', nextCredential: null });
    await expect(withKey()).rejects.toEqual(new Refusal(401));
    await socket.call('Heartbeat', {});
  });

  test('is refused by an error that says that it was not taken: it opens nothing any more', async ({ expect }) => {
    const { charger, socket } = await booted();
    const { bring, withKey } = aKey(charger);

    const asked = bring({ wait: 20 });
    socket.refuse(await socket.nextCall(), 'NotImplemented', 'no such thing');
    await asked;

    expect(await charger.read()).toMatchObject({ credential: 'key', nextCredential: null });
    await expect(withKey()).rejects.toEqual(new Refusal(401));
  });

  test.for([
    ['needs a restart', (socket: RawCharger, call: Call) => socket.answer(call, { status: 'RebootRequired' })],
    ['went wrong', (socket: RawCharger, call: Call) => socket.refuse(call, 'InternalError', 'who knows')],
  ] as const)('%s: both open the door until it is used', async ([, answers], { expect }) => {
    const { charger, socket } = await booted();
    const { bring, withKey } = aKey(charger);

    const asked = bring({ wait: 20 });
    answers(socket, await socket.nextCall());
    await asked;
    const byOld = await charger.dial();
    const byNew = await withKey();

    expect(byNew.isOpen).toBe(true);
    await byOld.closed();
    await expect(charger.dial()).rejects.toEqual(new Refusal(401));
  });

  test('is never sent: it opens nothing', async ({ expect }) => {
    const { charger, socket } = await booted();
    await socket.close();
    await until('it is offline', async () => !(await charger.read()).online);
    const { bring, withKey } = aKey(charger);

    const failed = await bring();
    const { body: waits } = await bring({ whenOffline: 'wait', expiresInS: 1 });

    expect(failed.body).toMatchObject({ state: 'failed', reason: 'offline' });
    await until('it has expired', async () => (await charger.commandOf(waits.commandId)).state === 'expired');
    await until('it is taken back', async () => (await charger.read()).nextCredential === null);
    await expect(withKey()).rejects.toEqual(new Refusal(401));
  });

  test('is withdrawn before it is sent: it is not sent', async ({ expect }) => {
    const { charger, socket } = await booted();
    await socket.close();
    const { bring } = aKey(charger);
    const { body: waits } = await bring({ whenOffline: 'wait' });

    await cloud.api.ask('deleteNextCredential', { params: { chargerId: charger.id } });
    const again = await charger.boot();

    await until('it has failed', async () => (await charger.commandOf(waits.commandId)).state === 'failed');
    expect(await charger.commandOf(waits.commandId)).toMatchObject({ reason: 'withdrawn', sentAt: null });
    expect(again.callsHeard).toBe(0);
  });

  test('is one at a time; the same request again is the same command', async ({ expect }) => {
    const { charger, socket } = await booted();
    const { key, bring } = aKey(charger);
    const once = { 'idempotency-key': 'once' };

    const first = await bring({}, once);
    const call = await socket.nextCall();
    const other = await charger.commandRefusal('ChangeConfiguration', {
      key: 'AuthorizationKey',
      value: randomBytes(20).toString('hex'),
    });
    const same = await charger.commandRefusal('ChangeConfiguration', { key: 'AuthorizationKey', value: key });
    const repeated = await bring({}, once);
    socket.answer(call, { status: 'Rejected' });
    await over(charger, [first.body]);
    const afterwards = await bring({}, once);

    expect([other, same].map(({ status }) => status)).toEqual([422, 422]);
    expect([repeated, afterwards].map(({ body }) => body.commandId)).toEqual([
      first.body.commandId,
      first.body.commandId,
    ]);
    expect((await charger.read()).nextCredential).toBeNull();
  });

  test('needs one that it can follow', async ({ expect }) => {
    const charger = await cloud.charger({ securityProfile: 0 });
    await charger.boot();

    const refusal = await charger.commandRefusal('ChangeConfiguration', {
      key: 'AuthorizationKey',
      value: randomBytes(20).toString('hex'),
    });

    expect(refusal).toMatchObject({ status: 422, errors: [{ field: 'key' }] });
  });

  test('is nowhere to be found: not in a table, a log, a queue or an answer, whatever the charger says of it', async ({
    expect,
  }) => {
    const { charger, socket } = await booted();
    const { key, bring } = aKey(charger);
    const bringing = async (answer: (call: Call) => void) => {
      const asked = bring({ wait: 20 });
      answer(await socket.nextCall());
      return (await asked).body;
    };

    const body = await bringing((call) => socket.refuse(call, 'PropertyConstraintViolation', `${key} is no good`));
    await bringing((call) => socket.answer(call, { status: key, reason: key }));
    await bringing((call) => socket.answer(call, { status: 'Accepted', value: key }));
    const { commands } = await read(charger);
    socket.answer(await socket.nextCall(), {
      configurationKey: [{ key: 'AuthorizationKey', readonly: 'no', value: key }],
      unknownKey: 7,
    });
    await over(charger, commands);
    const { commands: more } = await read(charger);
    socket.answer(await socket.nextCall(), { configurationKey: [told('AuthorizationKey', key), told('Light', '1')] });
    await over(charger, more);

    const answers = JSON.stringify([await charger.commands(), await known(charger), await charger.violations()]);
    expect(answers).toContain(body.commandId);
    expect(answers).not.toContain(key);
    expect(filesWith(body.commandId)).not.toEqual([]);
    expect(filesWith(key)).toEqual([]);
  });
});

/** An organisation of its own, with all its templates. */
const organisation = () => cloud.apiFor('operator', `org-${randomBytes(6).toString('hex')}`);

async function booted() {
  const api = organisation();
  const charger = await cloud.charger({}, api);
  return { api, charger, socket: await charger.boot() };
}

const known = ({ id }: TestCharger): Promise<BodyOf<'getChargerConfiguration'>> =>
  cloud.api.ask('getChargerConfiguration', { params: { chargerId: id } });

const read = ({ id }: TestCharger, body: object = {}) =>
  cloud.api.ask('readChargerConfiguration', { params: { chargerId: id }, body });

const apply = ({ id }: TestCharger, body: object = {}) =>
  cloud.api.ask('applyConfigurationTemplate', { params: { chargerId: id }, body });

const putTemplate = (api: typeof cloud.api, templateId: string, body: object) =>
  api.ask('putConfigurationTemplate', { params: { templateId }, body: { name: templateId, ...body } });

async function over(charger: TestCharger, commands: readonly { commandId: string }[]): Promise<void> {
  for (const { commandId } of commands) {
    const isOver = async () => !['queued', 'sent'].includes((await charger.commandOf(commandId)).state);
    await until('the command is over', isOver);
  }
}

/** The charger is read, and tells this. */
async function tell(charger: TestCharger, socket: RawCharger, configurationKey: object[], unknownKey: string[] = []) {
  const { commands } = await read(charger);
  socket.answer(await socket.nextCall(), { configurationKey, unknownKey });
  await over(charger, commands);
}

async function change(charger: TestCharger, socket: RawCharger, key: string, value: string, status: string) {
  const asked = charger.command('ChangeConfiguration', { key, value }, { wait: 20 });
  await answerNext(socket, status);
  return (await asked).body;
}

async function answerNext(socket: RawCharger, status: string) {
  const call = await socket.nextCall();
  socket.answer(call, { status });
  return call;
}

function aKey(charger: TestCharger) {
  const key = randomBytes(20).toString('hex');
  return {
    key,
    bring: (query: Record<string, string | number> = {}, headers: Record<string, string> = {}) =>
      charger.command('ChangeConfiguration', { key: 'AuthorizationKey', value: key }, query, headers),
    withKey: () => charger.dial({ basic: { user: charger.id, password: key } }),
  };
}

/** Of all that the installation has kept: tables, queues and logs. */
function filesWith(text: string): string[] {
  return readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(text))
    .map(({ name }) => name);
}
