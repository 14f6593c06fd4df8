import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOver } from '#shared/domain/command.ts';
import { commandIdOf } from '#shared/domain/command-id.ts';
import { expired, type Sending, sendNext } from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import type { Stores } from '#shared/store/stores.ts';
import { testDatabase } from '#test/support/database.ts';
import { anew, chargerPlan, durations, noon } from '#test/support/examples.ts';
import { interleaved } from '#test/support/interleaved.ts';
import { memoryStores } from '#test/support/memory-stores.ts';
import { allPages } from '#test/support/pages.ts';

/** What operators, chargers, gateways and clocks do, in any order and at the same time. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('ask' as const), waits: fc.boolean() }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'send' as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('answer' as const), of: fc.nat({ max: 5 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reconnect' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'hangUp' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), s: fc.constantFrom(1, 30, 61, 400) }) },
);

/** What the gateway makes of the next frames: delivered, nobody there, delivered or not without a word, and the sender dies. */
const fates = fc.array(fc.constantFrom('sent', 'sent', 'sent', 'gone', 'silent', 'lost', 'dies' as const), {
  maxLength: 12,
});

const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 });

type ValueOf<A> = A extends fc.Arbitrary<infer T> ? T : never;
type Step = ValueOf<typeof step>;

class Killed extends Error {}

async function run(
  stores: Stores,
  settle: <T>(all: Promise<T>) => Promise<T>,
  steps: Step[][],
  fate: ValueOf<typeof fates>,
) {
  const chargerId = anew('CP');
  const due = [...fate];
  const delivered: string[] = [];
  /** Of each frame on its way: the commands that were sent and had no outcome. */
  const crowds: string[][] = [];
  let nowMs = noon;
  let connections = 0;
  let asked = 0;
  await stores.chargers.saveCharger(chargerPlan({ id: chargerId, registration: 'accepted' }));
  await stores.chargers.markAccepted(chargerId, toInstant(noon - 60_000));
  await stores.chargers.connect(chargerId, 'c0', 1, toInstant(noon - 60_000));

  const sending: Sending = {
    stores,
    connections: {
      async send(_, text) {
        const [, commandId]: string[] = JSON.parse(text);
        const { items } = await stores.commands.listCommands(chargerId, 100);
        crowds.push(items.filter(({ state }) => state === 'sent').map((command) => command.commandId));
        const what = due.shift() ?? 'sent';
        if (what === 'gone') return 'gone';
        if (what !== 'lost') delivered.push(commandId ?? '');
        if (what === 'dies') throw new Killed();
        if (what !== 'sent') throw new Error('no word of the gateway');
        return 'sent';
      },
      cut: async () => {},
    },
    timers: { after: async () => {} },
    unseal: async () => ({}),
    clock: () => nowMs,
    durations,
    log: {
      warn: (_, details) => {
        // A sender that dies says nothing more, and does nothing more.
        if (details?.error instanceof Killed) throw details.error;
      },
    },
  };
  const history = async () => (await allPages((after) => stores.commands.listCommands(chargerId, 100, after))).flat();
  const go = () =>
    sendNext(sending, chargerId).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
    });
  const act: { [Kind in Step['kind']]: (it: Extract<Step, { kind: Kind }>) => Promise<unknown> } = {
    async ask({ waits }) {
      const commandId = commandIdOf(nowMs, Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, ++asked, 0]));
      await stores.commands.enqueue({
        ...{ commandId, chargerId, action: 'Reset', payload: {}, state: 'queued', by: 'somebody' },
        ...{ createdAt: toInstant(nowMs), expiresAt: toInstant(nowMs + 300_000), whenOffline: waits ? 'wait' : 'fail' },
      });
      await go();
    },
    send: go,
    async answer({ of }) {
      const commandId = delivered[of];
      if (commandId !== undefined) {
        await stores.commands.end(chargerId, commandId, 'sent', { state: 'answered', answer: { status: 'Accepted' } });
      }
    },
    reconnect: () => stores.chargers.connect(chargerId, `c${++connections}`, 1, toInstant(nowMs - 60_000)),
    hangUp: () => stores.chargers.disconnect(chargerId, `c${connections}`, toInstant(nowMs)),
    async pass({ s }) {
      nowMs += s * 1000;
    },
  };
  for (const batch of steps) await settle(Promise.all(batch.map((it) => act[it.kind](it as never))));

  // At last everybody is quiet, and timers do what they are for.
  due.length = 0;
  for (let round = 0; round < 3; round++) {
    nowMs += 400_000;
    const left = await history();
    const ends = left.map((command) => expired(sending, command));
    await settle(Promise.all([...ends, go()]));
  }
  return {
    delivered,
    crowds,
    commands: await history(),
  };
}

function expectOrder({ delivered, crowds, commands }: Awaited<ReturnType<typeof run>>) {
  expect(new Set(delivered).size).toBe(delivered.length);
  expect(crowds.filter((crowd) => crowd.length > 1)).toEqual([]);
  expect(commands.filter((command) => !isOver(command))).toEqual([]);
  const wrong = commands.filter(
    ({ commandId, state }) => delivered.includes(commandId) && !['answered', 'timedOut'].includes(state),
  );
  expect(wrong).toEqual([]);
}

test('in any order of events no command is sent twice, no two are outstanding, and each ends in a state that is true', async () => {
  await fc.assert(
    fc.asyncProperty(batches, fates, fc.scheduler(), async (steps, fate, scheduler) => {
      const stores = interleaved(memoryStores(), scheduler);
      const settle = <T>(all: Promise<T>) => scheduler.waitFor(all);

      expectOrder(await settle(run(stores, async (all) => all, steps, fate)));
    }),
    { numRuns: 300 },
  );
}, 120_000);

test('nor in a real database, at once', async () => {
  const { stores } = await testDatabase();
  await fc.assert(
    fc.asyncProperty(batches, fates, async (steps, fate) => {
      expectOrder(await run(stores, async (all) => all, steps, fate));
    }),
    { numRuns: 40 },
  );
}, 120_000);
