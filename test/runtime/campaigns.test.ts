import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { operations } from '#functions/ocpp/v16/operations.ts';
import type { Campaign, CampaignStore } from '#shared/domain/campaign.ts';
import type { KnownConfiguration } from '#shared/domain/configuration.ts';
import type { FirmwareFile } from '#shared/domain/firmware.ts';
import type { CampaignCall, TimerCall } from '#shared/domain/send-commands.ts';
import { parseFrame } from '#shared/ocpp/frame.ts';
import { type CampaignApp, lookAfterCampaign } from '#shared/runtime/campaigns.ts';
import { onTimer, takeAnswer } from '#shared/runtime/commands.ts';
import { campaign } from '#test/support/campaigns.ts';
import { atSecond, chargerPlan, durations, noon, untraced } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

/** A campaign whose functions die in between, are called twice at once, and late. */

const ways = ['accepts', 'rejects', 'isSilent', 'isOffline', 'isUnknown'] as const;
type Way = (typeof ways)[number];

const came: Record<Way, string> = {
  accepts: 'succeeded',
  rejects: 'Rejected',
  isSilent: 'noAnswer',
  isOffline: 'offline',
  isUnknown: 'chargerUnknown',
};

/**
 * A call to what is outside the function ends it: before it was made, or after. unsaid: a write is repeated by the SDK, since its answer was lost, and
 * meets what it has written.
 */
type Fault = 'before' | 'after' | 'unsaid' | undefined;

type Event =
  | { call: TimerCall | CampaignCall }
  | { answerOf: string; text: string }
  | { reportOf: string; status: string };

/** How long a message that was not handled takes to come again. */
const AGAIN_MS = 90_000;

const settings = [
  { key: 'HeartbeatInterval', value: '300' },
  { key: 'ConnectionTimeOut', value: '120' },
  { key: 'MeterValueSampleInterval', value: '60' },
];
const template = { id: 'acme', name: 'Acme', matches: {}, settings, applyAfterFirstBoot: false };

const file: FirmwareFile = {
  ...{ fileId: 'f1', organisationId: 'sunny', name: 'fw.bin', version: '2', vendor: 'Acme', model: 'One' },
  ...{ by: 'somebody', createdAt: atSecond(-100) },
};

class World {
  readonly campaign: Campaign;
  /** Ids of the chargers, in the order in which they were spoken to. */
  readonly spokenTo: string[] = [];
  /** What they were told. */
  readonly told: string[] = [];
  /** Those that were spoken to while one of an earlier wave had no outcome. */
  readonly tooEarly: string[] = [];
  /** Happens between noting what a charger is given and asking for it. */
  whenNoted: (chargerId: string) => Promise<void> = async () => {};
  /** What a charger that accepts an update reports of it. */
  reportOf: (index: number) => string | undefined = () => undefined;
  readonly #stores = memoryStores();
  readonly #app: CampaignApp;
  readonly #ways: Way[];
  readonly #due: { atMs: number; event: Event }[] = [];
  readonly #faults: Fault[];
  #nowMs = noon;

  constructor(ways: Way[], faults: Fault[], changes: Partial<Campaign>) {
    this.#ways = ways;
    this.#faults = [...faults];
    this.campaign = campaign({ total: ways.length, ...changes });
    const faulty = <T extends object>(it: T): T =>
      new Proxy(it, {
        get: (target, name) => {
          const method: unknown = Reflect.get(target, name);
          if (typeof method !== 'function') return method;
          return async (...args: unknown[]) => {
            const fault = this.#faults.shift();
            if (fault === 'before') throw new Error('died');
            const answer = await Reflect.apply(method, target, args);
            if (fault === 'after') throw new Error('died');
            if (fault === 'unsaid' && answer === true) return false;
            return answer;
          };
        },
      });
    const { chargers, commands } = this.#stores;
    const campaigns: CampaignStore = {
      ...this.#stores.campaigns,
      noteCommands: async (campaignId, index, given, note) => {
        const noted = await this.#stores.campaigns.noteCommands(campaignId, index, given, note);
        await this.whenNoted(World.idOf(index));
        return noted;
      },
    };
    this.#app = {
      stores: { ...this.#stores, chargers: faulty(chargers), commands: faulty(commands), campaigns: faulty(campaigns) },
      clock: () => this.#nowMs,
      durations,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      tracing: untraced,
      credentials: { keep: async () => ({ kind: 'key', salt: '', hash: '' }), matches: async () => false },
      sealing: { seal: async () => '', unseal: async () => ({}), digest: async () => '' },
      timers: faulty({ after: async (ms: number, call: TimerCall | CampaignCall) => this.#later(ms, { call }) }),
      files: { find: async (path) => ({ path, sizeBytes: 12, at: atSecond(-99) }), list: async () => ({ items: [] }) },
      links: { link: async (right, path, untilMs) => `https://files.example/${right}/${untilMs}/${path}` },
      connections: { send: (id, text) => this.#hear(id, text), cut: async () => {} },
    };
  }

  static idOf = (index: number) => `CP${String(index).padStart(3, '0')}`;

  async begin(): Promise<void> {
    const { chargers, campaigns, configurations, firmware } = this.#stores;
    await configurations.saveTemplate('sunny', template);
    await firmware.keepFile(file);
    for (const [index, way] of this.#ways.entries()) {
      const id = World.idOf(index);
      if (way === 'isUnknown') continue;
      await chargers.saveCharger(chargerPlan({ id }));
      await chargers.recordBoot(id, { vendor: 'Acme', model: 'One', at: atSecond(-60) });
      await chargers.markAccepted(id, atSecond(-60));
      if (way !== 'isOffline') await chargers.connect(id, `to ${id}`, 1, atSecond(-60));
    }
    await campaigns.createCampaign(
      this.campaign,
      this.#ways.map((_, index) => World.idOf(index)),
    );
    this.#later(0, { call: { campaignId: this.campaign.campaignId, looks: 0 } });
  }

  /** Until nothing is due any more. `twice` says which messages are delivered twice at once. */
  async run(twice: (message: number) => boolean): Promise<void> {
    for (let message = 0; this.#due.length > 0; message++) {
      if (message > 5000) throw new Error('It has no end');
      this.#due.sort((a, b) => a.atMs - b.atMs);
      const [next] = this.#due.splice(0, 1);
      if (!next) return;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      const deliveries = twice(message) ? [next.event, next.event] : [next.event];
      await Promise.all(deliveries.map((event) => this.#handle(event).catch(() => this.#later(AGAIN_MS, event))));
      // What a function that died had under way besides does not outlive the next minute.
      await setImmediate();
    }
  }

  async outcome() {
    const { campaigns } = this.#stores;
    const { items } = await campaigns.listTargets(this.campaign.campaignId, 100);
    return { campaign: await campaigns.findCampaign(this.campaign.campaignId), targets: items };
  }

  /** What is known of the configuration of a charger. */
  async learn(index: number, known: Partial<KnownConfiguration>): Promise<void> {
    await this.#stores.configurations.keepKnown(World.idOf(index), { keys: [], unsupported: [], ...known }, 0);
  }

  async reboot(index: number, model: string): Promise<void> {
    const boot = { vendor: 'Acme', model, at: atSecond(-1) };
    await this.#stores.chargers.recordBoot(World.idOf(index), boot);
  }

  async reject(id: string): Promise<void> {
    await this.#stores.chargers.saveCharger(chargerPlan({ id, registration: 'rejected' }));
  }

  pause = () => this.#stores.campaigns.pauseCampaign(this.campaign.campaignId);

  async resume(): Promise<void> {
    await this.#stores.campaigns.resumeCampaign(this.campaign.campaignId, new Date(this.#nowMs).toISOString(), {});
    this.#later(0, { call: { campaignId: this.campaign.campaignId, looks: 0 } });
  }

  #later(ms: number, event: Event): void {
    this.#due.push({ atMs: this.#nowMs + ms, event });
  }

  async #handle(event: Event): Promise<void> {
    if ('reportOf' in event) await this.#report(event.reportOf, event.status);
    else if ('answerOf' in event) {
      const frame = parseFrame(event.text);
      if (frame.kind === 'result') await takeAnswer(this.#app, operations, event.answerOf, frame);
    } else if ('campaignId' in event.call) await lookAfterCampaign(this.#app, operations, event.call);
    else await onTimer(this.#app, operations, event.call);
  }

  async #report(chargerId: string, status: string): Promise<void> {
    const action = 'FirmwareStatusNotification';
    const content = JSON.stringify([2, 'id', action, { status }]);
    const at = new Date(this.#nowMs).toISOString();
    await this.#stores.evidence.keep(chargerId, { at, kind: 'firmwareStatus', action, note: status, content });
  }

  async #hear(connectionId: string, text: string): Promise<'sent'> {
    const chargerId = connectionId.replace('to ', '');
    const index = Number(chargerId.slice(2));
    const { items } = await this.#stores.campaigns.listTargets(this.campaign.campaignId, 100);
    const first = index - (index % this.campaign.waveSize);
    const isOver = (state: string) => state === 'succeeded' || state === 'failed';
    if (!items.slice(0, first).every(({ state }) => isOver(state))) this.tooEarly.push(chargerId);
    this.spokenTo.push(chargerId);
    this.told.push(`${chargerId} ${JSON.stringify(JSON.parse(text).slice(2))}`);
    const frame = parseFrame(text);
    const status = { accepts: 'Accepted', rejects: 'Rejected' }[String(this.#ways[index])];
    if (frame.kind === 'call' && status !== undefined) {
      const report = this.reportOf(index);
      if (report !== undefined) this.#later(60_000, { reportOf: chargerId, status: report });
      this.#later(500, { answerOf: chargerId, text: JSON.stringify([3, frame.messageId, { status }]) });
    }
    return 'sent';
  }
}

const fleets = fc.array(fc.constantFrom(...ways), { minLength: 1, maxLength: 12 });
/** Few enough that something is done in between. */
const faultLists = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('before' as const, 'after' as const, 'unsaid' as const) },
  ),
  { minLength: 50, maxLength: 400, size: 'max' },
);
const waveSizes = fc.integer({ min: 1, max: 5 });

test('each charger is commanded once, wave by wave, and the tally is that of the outcomes', async () => {
  await fc.assert(
    fc.asyncProperty(fleets, waveSizes, async (fleet, waveSize) => {
      const world = new World(fleet, [], { waveSize, intervalS: 5 });
      await world.begin();

      await world.run(() => false);

      const { campaign, targets } = await world.outcome();
      const expected = fleet.map((way) => came[way]);
      expect(targets.map(({ state, reason }) => reason ?? state)).toEqual(expected);
      expect(world.spokenTo.toSorted()).toEqual(
        fleet.flatMap((way, index) => (['isOffline', 'isUnknown'].includes(way) ? [] : [World.idOf(index)])),
      );
      expect(world.tooEarly).toEqual([]);
      const succeeded = expected.filter((it) => it === 'succeeded').length;
      expect(campaign).toMatchObject({ state: 'ended', succeeded, failed: fleet.length - succeeded });
    }),
    { numRuns: 50 },
  );
});

test('that holds whenever functions die, however often they are called', async () => {
  await fc.assert(
    fc.asyncProperty(
      fleets,
      waveSizes,
      faultLists,
      fc.integer({ min: 2, max: 7 }),
      async (fleet, waveSize, faults, nth) => {
        const world = new World(fleet, faults, { waveSize });
        await world.begin();

        await world.run((message) => message % nth === 0);

        const { campaign, targets } = await world.outcome();
        expect(new Set(world.spokenTo).size).toBe(world.spokenTo.length);
        expect(world.tooEarly).toEqual([]);
        for (const [index, { state, reason }] of targets.entries()) {
          // A function that dies right before or after it sends leaves a command of which nobody knows whether it was heard; one may come too late.
          expect([came[fleet[index] ?? 'accepts'], 'noAnswer', 'notSentInTime']).toContain(reason ?? state);
        }
        const succeeded = targets.filter(({ state }) => state === 'succeeded').length;
        expect(campaign).toMatchObject({ state: 'ended', succeeded, failed: fleet.length - succeeded });
      },
    ),
    { numRuns: 200 },
  );
});

test('a campaign that fails too often commands nobody after that wave, until it is let go on', async () => {
  const world = new World(['rejects', 'accepts', 'accepts', 'accepts'], [], { waveSize: 2, stopAtFailureRate: 50 });
  await world.begin();

  await world.run(() => false);
  const stopped = await world.outcome();
  await world.resume();
  await world.run(() => false);

  expect(stopped.campaign).toMatchObject({ state: 'stopped', reason: 'failureRate', succeeded: 1, failed: 1, wave: 1 });
  expect(stopped.targets.map(({ state }) => state)).toEqual(['failed', 'succeeded', 'waiting', 'waiting']);
  expect((await world.outcome()).campaign).toMatchObject({ state: 'ended', succeeded: 3, failed: 1 });
});

test('a campaign that is paused hears what it asked for, commands nobody, and goes on where it was', async () => {
  const world = new World(['accepts', 'accepts', 'accepts'], [], { waveSize: 1 });
  await world.begin();
  let messages = 0;

  await world.run((message) => {
    messages = message;
    if (message === 1) void world.pause();
    return false;
  });
  const paused = await world.outcome();
  await world.resume();
  await world.run(() => false);

  expect(messages).toBeLessThan(20);
  expect(paused.campaign).toMatchObject({ state: 'paused', succeeded: 1 });
  expect(paused.targets.map(({ state }) => state)).toEqual(['succeeded', 'waiting', 'waiting']);
  expect((await world.outcome()).campaign).toMatchObject({ state: 'ended', succeeded: 3 });
  expect(world.spokenTo).toEqual(['CP000', 'CP001', 'CP002']);
});

test('a campaign whose window closes leaves the others alone', async () => {
  const world = new World(['accepts', 'accepts', 'accepts'], [], {
    waveSize: 1,
    intervalS: 600,
    window: { from: atSecond(30), to: atSecond(700) },
  });
  await world.begin();

  await world.run(() => false);

  const { campaign, targets } = await world.outcome();
  expect(campaign).toMatchObject({ state: 'stopped', reason: 'windowClosed', succeeded: 2 });
  expect(targets.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'waiting']);
});

const isSpokenTo = (way: Way) => way !== 'isOffline' && way !== 'isUnknown';

test('a campaign of configuration gives each charger what it lacks, setting by setting and each once, whoever dies', async () => {
  await fc.assert(
    fc.asyncProperty(fleets, waveSizes, faultLists, fc.boolean(), async (fleet, waveSize, faults, areFaulty) => {
      const work = { is: 'configuration' as const };
      const world = new World(fleet, areFaulty ? faults : [], { waveSize, work });
      await world.begin();

      await world.run((message) => areFaulty && message % 3 === 0);

      const { campaign, targets } = await world.outcome();
      const succeeded = targets.filter(({ state }) => state === 'succeeded').length;
      expect(campaign).toMatchObject({ state: 'ended', succeeded, failed: fleet.length - succeeded });
      expect(new Set(world.told).size).toBe(world.told.length);
      expect(world.tooEarly).toEqual([]);
      if (areFaulty) {
        for (const [index, { state, reason }] of targets.entries()) {
          expect([came[fleet[index] ?? 'accepts'], 'noAnswer', 'notSentInTime']).toContain(reason ?? state);
        }
        return;
      }
      expect(targets.map(({ state, reason }) => reason ?? state)).toEqual(fleet.map((way) => came[way]));
      const expected = fleet.flatMap((way, index) =>
        isSpokenTo(way)
          ? settings.map((setting) => `${World.idOf(index)} ${JSON.stringify(['ChangeConfiguration', setting])}`)
          : [],
      );
      expect(world.told.toSorted()).toEqual(expected.toSorted());
      for (const { state, note } of targets.filter(({ reason }) => reason === 'Rejected')) {
        expect([state, note]).toEqual(['failed', settings.map(({ key }) => `${key}: Rejected`).join('; ')]);
      }
    }),
    { numRuns: 100 },
  );
});

test('a campaign of configuration for some keys, of which one is unsupported, tells what is left', async () => {
  const work = { is: 'configuration' as const, keys: ['heartbeatinterval', 'ConnectionTimeOut'] };
  const world = new World(['accepts'], [], { work });
  await world.begin();
  await world.learn(0, { unsupported: ['ConnectionTimeOut'] });

  await world.run(() => false);

  const { targets } = await world.outcome();
  expect(world.told).toEqual(['CP000 ["ChangeConfiguration",{"key":"HeartbeatInterval","value":"300"}]']);
  expect(targets[0]).toMatchObject({ state: 'succeeded', note: 'ConnectionTimeOut: notSupported' });
});

test('a charger that is as its template has it is told nothing, and counts', async () => {
  const world = new World(['accepts'], [], { work: { is: 'configuration' } });
  await world.begin();
  await world.learn(0, { keys: settings.map((it) => ({ ...it, readonly: false, readAt: atSecond(-1) })) });

  await world.run(() => false);

  expect(world.told).toEqual([]);
  expect((await world.outcome()).campaign).toMatchObject({ state: 'ended', succeeded: 1 });
});

test('a campaign of firmware gives each charger a link that lives until it may no longer fetch the file', async () => {
  const work = { is: 'firmware' as const, firmwareFileId: 'f1', retries: 2, retryIntervalS: 60 };
  const world = new World(['accepts', 'accepts'], [], { waveSize: 1, expiresInS: 300, work });
  await world.begin();
  await world.learn(1, {
    keys: [{ key: 'SupportedFileTransferProtocols', value: 'FTP', readonly: true, readAt: atSecond(-1) }],
  });

  await world.run(() => false);

  const endsMs = noon + (300 + 2 * 60) * 1000 + 24 * 3600_000;
  expect(world.told).toEqual([
    `CP000 ${JSON.stringify([
      'UpdateFirmware',
      {
        location: `https://files.example/download/${endsMs}/firmware/f1/fw.bin`,
        retries: 2,
        retrieveDate: atSecond(0),
        retryInterval: 60,
      },
    ])}`,
  ]);
  expect((await world.outcome()).targets).toMatchObject([
    { state: 'succeeded' },
    { state: 'failed', reason: 'refused', note: expect.stringContaining('FTP') },
  ]);
});

test('a campaign that is judged by the effect waits for it, wave by wave, whoever dies', async () => {
  await fc.assert(
    fc.asyncProperty(faultLists, fc.boolean(), async (faults, areFaulty) => {
      const work = { is: 'firmware' as const, firmwareFileId: 'f1' };
      const world = new World(['accepts', 'accepts', 'accepts'], areFaulty ? faults : [], {
        ...{ waveSize: 1, judgedBy: 'effect', work },
      });
      world.reportOf = (index) => ['InstallationFailed', 'Installed', undefined][index];
      await world.begin();

      // Each call back for an effect that comes twice goes on twice, until the watch ends.
      await world.run(() => false);

      const { campaign, targets } = await world.outcome();
      const expected = ['InstallationFailed', 'succeeded', 'notObserved'];
      expect(campaign).toMatchObject({ state: 'ended' });
      expect(world.tooEarly).toEqual([]);
      expect(new Set(world.told).size).toBe(world.told.length);
      for (const [index, { state, reason }] of targets.entries()) {
        expect([expected[index], ...(areFaulty ? ['noAnswer', 'notSentInTime'] : [])]).toContain(reason ?? state);
      }
    }),
    { numRuns: 20 },
  );
});

test('a charger that has become another model since is not told to fetch the file', async () => {
  const world = new World(['accepts'], [], { work: { is: 'firmware', firmwareFileId: 'f1' } });
  await world.begin();
  await world.reboot(0, 'Two');

  await world.run(() => false);

  expect(world.told).toEqual([]);
  expect((await world.outcome()).targets).toMatchObject([
    { state: 'failed', reason: 'refused', note: expect.stringContaining('Acme Two') },
  ]);
});

test('a charger that may not be asked, once it is noted that it will be, has failed and is asked for no more', async () => {
  const world = new World(['accepts', 'accepts'], [], { waveSize: 2 });
  await world.begin();
  world.whenNoted = (id) => world.reject(id);

  await world.run(() => false);

  const { campaign, targets } = await world.outcome();
  expect(world.told).toEqual([]);
  expect(targets.map(({ state, reason }) => [state, reason])).toEqual(Array(2).fill(['failed', 'refused']));
  expect(campaign).toMatchObject({ state: 'ended', failed: 2, reasons: { refused: 2 } });
});
