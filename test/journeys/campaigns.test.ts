import { describe, test, vi } from 'vitest';
import type { Api, BodyOf } from '#test/support/api.ts';
import { localCloud } from '#test/support/local-cloud.ts';
import type { RawCharger } from '#test/support/raw-charger.ts';
import type { TestCharger } from '#test/support/test-charger.ts';
import { until } from '#test/support/until.ts';

/** Commands to many chargers, over real sockets. */

const cloud = localCloud({ variables: { BOOT_GRACE_S: '0', COMMAND_ANSWER_S: '6', EFFECT_S: '1' } });

/** A wave takes seconds, and one with a silent charger as long as an answer is waited for. */
vi.setConfig({ testTimeout: 60_000 });

type Campaign = BodyOf<'getCampaign'>;

interface Connected {
  charger: TestCharger;
  socket: RawCharger;
}

async function connected(api: Api, count: number, boot: object = {}): Promise<Connected[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const charger = await cloud.charger({}, api);
      const socket = await charger.dial();
      await socket.boot(boot);
      return { charger, socket };
    }),
  );
}

const ids = (fleet: Connected[]) => fleet.map(({ charger }) => charger.id);

async function create(api: Api, plan: object): Promise<Campaign> {
  const command = { action: 'ClearCache', payload: {} };
  return api.ask('createCampaign', { body: { name: 'clear all caches', command, chargers: {}, ...plan } });
}

const campaignUntil = (api: Api, { campaignId }: Campaign, what: string, isIt: (campaign: Campaign) => boolean) =>
  until(
    what,
    async () => {
      const campaign = await api.ask('getCampaign', { params: { campaignId } });
      return isIt(campaign) && campaign;
    },
    30_000,
  );

const inState = (api: Api, campaign: Campaign, state: Campaign['state']) =>
  campaignUntil(api, campaign, `the campaign is ${state}`, (it) => it.state === state);

/** Answers the next command when it comes. */
async function answers({ socket }: Connected, status: string): Promise<void> {
  const call = await socket.nextCall();
  socket.answer(call, { status });
}

const callsOf = (fleet: Connected[]) => fleet.map(({ socket }) => socket.callsHeard);

describe.concurrent('a campaign', () => {
  test('commands those of the make that is meant, wave by wave, and tells what became of each', async ({ expect }) => {
    const api = cloud.apiFor('operator', 'waves');
    const meant = await connected(api, 9, { chargePointVendor: 'Alfen', firmwareVersion: '1.2' });
    const others = await connected(api, 2, { chargePointVendor: 'Other' });
    const newer = await connected(api, 1, { chargePointVendor: 'Alfen', firmwareVersion: '2.0' });
    const chargers = { vendor: 'Alfen', firmware: { below: '2' } };

    const created = await create(api, { chargers, waveSize: 3, stopAtFailureRate: 90 });
    const order = await api.pages('listCampaignCommands', {
      params: { campaignId: created.campaignId },
      query: { limit: 4 },
    });
    const inOrder = order
      .flat()
      .flatMap(({ chargerId }) => meant.find(({ charger }) => charger.id === chargerId) ?? []);
    const [first = [], second = [], third = []] = [inOrder.slice(0, 3), inOrder.slice(3, 6), inOrder.slice(6)];
    await until('the first wave was commanded', () => callsOf(first).every((count) => count === 1));
    const callsThen = callsOf(inOrder);
    await Promise.all(first.map((each, place) => answers(each, place === 0 ? 'Rejected' : 'Accepted')));
    // One that goes away in between, and one that says nothing.
    await third[0]?.socket.close();
    await Promise.all([...second, ...third.slice(1, 2)].map((each) => answers(each, 'Accepted')));
    const ended = await inState(api, created, 'ended');
    const commands = (await api.pages('listCampaignCommands', { params: { campaignId: created.campaignId } })).flat();

    expect(created).toMatchObject({ state: 'running', wave: 1, waves: 3, counts: { total: 9 } });
    expect(order.map((page) => page.length)).toEqual([4, 4, 1]);
    expect(inOrder).toHaveLength(9);
    expect(callsThen).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0]);
    expect(ended.counts).toEqual({ total: 9, waiting: 0, commanded: 0, succeeded: 6, failed: 3 });
    expect(ended.failures).toEqual({ Rejected: 1, offline: 1, noAnswer: 1 });
    expect(commands.map(({ state, reason, wave }) => [wave, reason ?? state])).toEqual([
      [1, 'Rejected'],
      [1, 'succeeded'],
      [1, 'succeeded'],
      ...Array(3).fill([2, 'succeeded']),
      [3, 'offline'],
      [3, 'succeeded'],
      [3, 'noAnswer'],
    ]);
    expect(callsOf([...others, ...newer])).toEqual([0, 0, 0]);
    const [command] = (await first[1]?.charger.commands()) ?? [];
    expect(command).toMatchObject({ commandId: commands[1]?.commandIds[0], by: `campaign:${created.campaignId}` });
    expect((await api.ask('listCampaigns')).items).toEqual([ended]);
  });

  test('is paused and goes on, and each charger is commanded once', async ({ expect }) => {
    const api = cloud.apiFor('operator', 'paused');
    const fleet = await connected(api, 3);
    const put = (campaign: Campaign, body: object) =>
      api.ask('putCampaignState', { params: { campaignId: campaign.campaignId }, body });

    const created = await create(api, { chargers: { chargerIds: ids(fleet) }, waveSize: 1 });
    await until('the first was commanded', () => fleet[0]?.socket.callsHeard === 1);
    const paused = await put(created, { state: 'paused' });
    const again = await put(created, { state: 'paused' });
    await answers(fleet[0] as Connected, 'Accepted');
    const heard = await campaignUntil(api, created, 'its answer counts', ({ counts }) => counts.succeeded === 1);
    await put(created, { state: 'running' });
    await Promise.all(fleet.slice(1).map((each) => answers(each, 'Accepted')));
    const ended = await inState(api, created, 'ended');
    const refusal = await api.refusal('putCampaignState', {
      params: { campaignId: created.campaignId },
      body: { state: 'running' },
    });

    expect([paused.state, again.state, heard.state]).toEqual(['paused', 'paused', 'paused']);
    expect(heard.counts).toMatchObject({ succeeded: 1, waiting: 2 });
    expect(ended.counts).toMatchObject({ succeeded: 3, failed: 0 });
    expect(callsOf(fleet)).toEqual([1, 1, 1]);
    expect(refusal).toMatchObject({ status: 409 });
  });

  test('that fails too often stops after the wave, until somebody lets it go on', async ({ expect }) => {
    const api = cloud.apiFor('operator', 'failing');
    const fleet = await connected(api, 4);

    const created = await create(api, { chargers: { chargerIds: ids(fleet) }, waveSize: 2, stopAtFailureRate: 50 });
    await Promise.all(fleet.slice(0, 2).map((each, place) => answers(each, place === 0 ? 'Rejected' : 'Accepted')));
    const stopped = await inState(api, created, 'stopped');
    const callsThen = callsOf(fleet);
    await api.ask('putCampaignState', {
      params: { campaignId: created.campaignId },
      body: { state: 'running', stopAtFailureRate: 90 },
    });
    await Promise.all(fleet.slice(2).map((each) => answers(each, 'Accepted')));
    const ended = await inState(api, created, 'ended');

    expect(stopped).toMatchObject({ reason: 'failureRate', wave: 2, counts: { succeeded: 1, failed: 1, waiting: 2 } });
    expect(callsThen).toEqual([1, 1, 0, 0]);
    expect(ended).toMatchObject({ reason: null, stopAtFailureRate: 90, counts: { succeeded: 3, failed: 1 } });
  });

  test('waits for a charger that is away, and for its window', async ({ expect }) => {
    const api = cloud.apiFor('operator', 'waiting');
    const [away] = await connected(api, 1);
    await away?.socket.close();
    const from = new Date(Date.now() + 2000).toISOString();

    const created = await create(api, { whenOffline: 'wait', window: { from } });
    await campaignUntil(api, created, 'its command waits', ({ counts }) => counts.commanded === 1);
    const [command] = (await away?.charger.commands()) ?? [];
    const socket = await away?.charger.boot();
    if (socket && away) await answers({ ...away, socket }, 'Accepted');
    const ended = await inState(api, created, 'ended');

    expect(command).toMatchObject({ state: 'queued' });
    expect((command?.createdAt ?? '') >= from).toBe(true);
    expect(ended.counts).toMatchObject({ succeeded: 1, failed: 0 });
  });

  test('is created once under one key', async ({ expect }) => {
    const api = cloud.apiFor('operator', 'keyed');
    const fleet = await connected(api, 1);
    const headers = { 'idempotency-key': 'once' };
    const body = { name: 'once', command: { action: 'ClearCache', payload: {} }, chargers: {} };

    const first = await api.exchange('createCampaign', { body, headers });
    const second = await api.exchange('createCampaign', { body, headers });
    const other = await api.refusal('createCampaign', { body: { ...body, name: 'twice' }, headers });
    await Promise.all(fleet.map((each) => answers(each, 'Accepted')));
    await inState(api, first.body, 'ended');

    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body.campaignId).toBe(first.body.campaignId);
    expect(other).toMatchObject({ status: 422, errors: [{ field: 'Idempotency-Key' }] });
    expect(callsOf(fleet)).toEqual([1]);
  });

  test('of firmware tells the chargers of its make, each by a link of its own, and counts what they have installed', async ({
    expect,
  }) => {
    const api = cloud.apiFor('operator', 'firmware');
    const make = { chargePointVendor: 'Acme', chargePointModel: 'One' };
    const fleet = await connected(api, 2, make);
    const [other] = await connected(api, 1, { ...make, chargePointModel: 'Two' });
    const plan = { name: 'fw.bin', version: '2.0', vendor: 'Acme', model: 'One' };
    const { upload, firmwareFileId } = await api.ask('addFirmwareFile', { body: plan });
    const firmware = { firmwareFileId, retries: 1 };
    const tooEarly = await api.refusal('createCampaign', { body: { name: 'too early', firmware, chargers: {} } });
    await fetch(upload.url, { method: 'PUT', body: 'new firmware' });
    const strangers = cloud.apiFor('operator', 'strangers');
    const notTheirs = await strangers.refusal('createCampaign', { body: { name: 'theirs', firmware, chargers: {} } });
    const named = { chargerIds: [...ids(fleet), other?.charger.id] };
    const strange = await api.refusal('createCampaign', { body: { name: 'strange', firmware, chargers: named } });

    const body = { name: 'firmware 2.0', firmware, chargers: {}, stopAtFailureRate: null, expiresInS: 600 };
    const created = await api.ask('createCampaign', { body });
    const locations = await Promise.all(
      fleet.map(async ({ socket }, place) => {
        const call = await socket.nextCall();
        socket.answer(call, {});
        const fetched = await (await fetch(String(call.payload.location))).text();
        await socket.call('FirmwareStatusNotification', { status: place === 0 ? 'Installed' : 'InstallationFailed' });
        return { ...call.payload, fetched };
      }),
    );
    const ended = await inState(api, created, 'ended');

    expect(tooEarly).toMatchObject({ status: 422, errors: [{ field: 'firmware.firmwareFileId' }] });
    expect(strange).toMatchObject({ status: 422, errors: [{ field: 'chargers.chargerIds' }] });
    expect(notTheirs).toMatchObject({ status: 422, errors: [{ field: 'firmware.firmwareFileId' }] });
    expect(created).toMatchObject({
      command: null,
      configuration: null,
      firmware: { ...firmware, retrieveDate: null, retryIntervalS: null },
      judgedBy: 'effect',
      counts: { total: 2 },
    });
    expect(locations).toMatchObject(Array(2).fill({ retries: 1, fetched: 'new firmware' }));
    expect(ended.counts).toMatchObject({ succeeded: 1, failed: 1 });
    expect(ended.failures).toEqual({ InstallationFailed: 1 });
    expect(other?.socket.callsHeard).toBe(0);
  });

  test('of configuration gives each charger what it lacks of its template, and tells which setting failed', async ({
    expect,
  }) => {
    const api = cloud.apiFor('operator', 'configured');
    const [good, bad] = await connected(api, 2);
    const settings = [
      { key: 'HeartbeatInterval', value: '300' },
      { key: 'ConnectionTimeOut', value: '90' },
    ];
    await api.ask('putConfigurationTemplate', {
      params: { templateId: 'default' },
      body: { name: 'ours', settings },
    });

    const created = await api.ask('createCampaign', {
      body: { name: 'settings', configuration: {}, chargers: {}, stopAtFailureRate: null },
    });
    const asked: unknown[] = [];
    for (const each of [good, good, bad, bad]) {
      const call = await each?.socket.nextCall();
      if (!call) continue;
      asked.push(call.payload);
      const isTaken = each === good || call.payload.key === 'HeartbeatInterval';
      each?.socket.answer(call, { status: isTaken ? 'Accepted' : 'Rejected' });
    }
    const ended = await inState(api, created, 'ended');
    const { items } = await api.ask('listCampaignCommands', { params: { campaignId: created.campaignId } });
    const again = await inState(
      api,
      await api.ask('createCampaign', {
        body: { name: 'again', configuration: { keys: ['HeartbeatInterval'] }, chargers: {} },
      }),
      'ended',
    );

    expect(created).toMatchObject({ command: null, firmware: null, configuration: { keys: null }, judgedBy: 'answer' });
    expect(asked).toEqual([...settings, ...settings]);
    expect(ended).toMatchObject({ counts: { succeeded: 1, failed: 1 }, failures: { Rejected: 1 } });
    const ofBad = items.find(({ chargerId }) => chargerId === bad?.charger.id);
    expect(ofBad).toMatchObject({ state: 'failed', reason: 'Rejected', note: 'ConnectionTimeOut: Rejected' });
    expect(items.map(({ commandIds }) => commandIds.length)).toEqual([2, 2]);
    expect(again).toMatchObject({
      configuration: { keys: ['HeartbeatInterval'] },
      counts: { succeeded: 2, failed: 0 },
    });
    expect([good?.socket.callsHeard, bad?.socket.callsHeard]).toEqual([2, 2]);
  });

  test('counts those to whom the command may not go', async ({ expect }) => {
    const api = cloud.apiFor('operator', 'barred');
    await cloud.charger({ registration: 'pending' }, api);
    const command = { action: 'Reset', payload: { type: 'Soft' } };

    const ended = await inState(api, await create(api, { command }), 'ended');

    expect(ended).toMatchObject({ counts: { failed: 1 }, failures: { chargerNotAccepted: 1 } });
  });

  const clearCache = { action: 'ClearCache', payload: {} };
  test.for<[number, string, object]>([
    [422, 'command.action', { command: { action: 'Fly', payload: {} } }],
    [400, 'command', { command: undefined }],
    [400, 'command', { configuration: {} }],
    [422, 'firmware.firmwareFileId', { command: undefined, firmware: { firmwareFileId: 'none' } }],
    [
      422,
      'command.payload',
      { command: { action: 'ChangeConfiguration', payload: { key: 'AuthorizationKey', value: 'ab'.repeat(16) } } },
    ],
    [
      422,
      'command.payload',
      { command: { action: 'GetDiagnostics', payload: { location: 'ftp://me:hunter2@example.org/' } } },
    ],
    [400, 'command.payload.type', { command: { action: 'Reset', payload: { type: 'Medium' } } }],
    [422, 'chargers', { chargers: { vendor: 'Nobody' } }],
    [422, 'chargers.chargerIds', { chargers: { chargerIds: ['NOT-THERE'] } }],
    [400, 'waveSize', { waveSize: 0 }],
    [400, 'stopAtFailureRate', { stopAtFailureRate: 101 }],
    [400, 'window.to', { window: { from: '2026-06-01T12:00:00Z', to: '2026-06-01T11:00:00Z' } }],
    [400, 'window.daily.timeZone', { window: { daily: { from: '22:00', to: '05:00', timeZone: 'Moon/Sea' } } }],
    [400, 'window.daily.to', { window: { daily: { from: '22:00', to: '22:00', timeZone: 'UTC' } } }],
  ])('is refused with %i for %s: %j', async ([status, field, plan], { expect }) => {
    const body = { name: 'bad', command: clearCache, chargers: {}, ...plan };

    const refusal = await cloud.apiFor('operator', 'refused').refusal('createCampaign', { body });

    expect(refusal).toMatchObject({ status, errors: [{ field, rule: expect.any(String) }] });
  });
});
