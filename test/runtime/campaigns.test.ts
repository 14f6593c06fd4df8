import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { operations } from '#functions/ocpp/v16/operations.ts';
import type { Campaign } from '#shared/domain/campaign.ts';
import type { CampaignCall, TimerCall } from '#shared/domain/send-commands.ts';
import { parseFrame } from '#shared/ocpp/frame.ts';
import { lookAfterCampaign } from '#shared/runtime/campaigns.ts';
import type { CommandApp } from '#shared/runtime/command-app.ts';
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

type Event = { call: TimerCall | CampaignCall } | { answerOf: string; text: string };

/** How long a message that was not handled takes to come again. */
const AGAIN_MS = 90_000;

class World {
  readonly campaign: Campaign;
  /** Ids of the chargers, in the order in which they were spoken to. */
  readonly spokenTo: string[] = [];
  /** Those that were spoken to while one of an earlier wave had no outcome. */
  readonly tooEarly: string[] = [];
  readonly #stores = memoryStores();
  readonly #app: CommandApp;
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
    const { chargers, commands, campaigns } = this.#stores;
    this.#app = {
      stores: { ...this.#stores, chargers: faulty(chargers), commands: faulty(commands), campaigns: faulty(campaigns) },
      clock: () => this.#nowMs,
      durations,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      tracing: untraced,
      credentials: { keep: async () => ({ kind: 'key', salt: '', hash: '' }), matches: async () => false },
      sealing: { seal: async () => '', unseal: async () => ({}), digest: async () => '' },
      timers: faulty({ after: async (ms: number, call: TimerCall | CampaignCall) => this.#later(ms, { call }) }),
      connections: { send: (id, text) => this.#hear(id, text), cut: async () => {} },
    };
  }

  static idOf = (index: number) => `CP${String(index).padStart(3, '0')}`;

  async begin(): Promise<void> {
    const { chargers, campaigns } = this.#stores;
    for (const [index, way] of this.#ways.entries()) {
      const id = World.idOf(index);
      if (way === 'isUnknown') continue;
      await chargers.saveCharger(chargerPlan({ id }));
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

  pause = () => this.#stores.campaigns.pauseCampaign(this.campaign.campaignId);

  async resume(): Promise<void> {
    await this.#stores.campaigns.resumeCampaign(this.campaign.campaignId, new Date(this.#nowMs).toISOString(), {});
    this.#later(0, { call: { campaignId: this.campaign.campaignId, looks: 0 } });
  }

  #later(ms: number, event: Event): void {
    this.#due.push({ atMs: this.#nowMs + ms, event });
  }

  async #handle(event: Event): Promise<void> {
    if ('answerOf' in event) {
      const frame = parseFrame(event.text);
      if (frame.kind === 'result') await takeAnswer(this.#app, operations, event.answerOf, frame);
    } else if ('campaignId' in event.call) await lookAfterCampaign(this.#app, operations, event.call);
    else await onTimer(this.#app, operations, event.call);
  }

  async #hear(connectionId: string, text: string): Promise<'sent'> {
    const chargerId = connectionId.replace('to ', '');
    const index = Number(chargerId.slice(2));
    const { items } = await this.#stores.campaigns.listTargets(this.campaign.campaignId, 100);
    const first = index - (index % this.campaign.waveSize);
    const isOver = (state: string) => state === 'succeeded' || state === 'failed';
    if (!items.slice(0, first).every(({ state }) => isOver(state))) this.tooEarly.push(chargerId);
    this.spokenTo.push(chargerId);
    const frame = parseFrame(text);
    const status = { accepts: 'Accepted', rejects: 'Rejected' }[String(this.#ways[index])];
    if (frame.kind === 'call' && status !== undefined) {
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
