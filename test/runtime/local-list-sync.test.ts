import { beforeEach, describe, expect, test, vi } from 'vitest';
import { operations } from '#functions/ocpp/v16/operations.ts';
import { sendLocalList } from '#functions/ocpp/v16/outbound/SendLocalList.ts';
import type { Charger } from '#shared/domain/charger.ts';
import { beginSync } from '#shared/domain/list-sync.ts';
import type { CampaignCall, TimerCall } from '#shared/domain/send-commands.ts';
import type { CommandApp } from '#shared/runtime/command-app.ts';
import { onListTimer } from '#shared/runtime/local-list-sync.ts';
import { atSecond, chargerPlan, durations, noon, untraced } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

/** A charger that is connected, has booted, and ought to have one tag. */
async function aScene() {
  const stores = memoryStores();
  const plan = chargerPlan();
  await stores.chargers.saveCharger(plan);
  await stores.chargers.markAccepted(plan.id, atSecond(-3600));
  await stores.chargers.connect(plan.id, 'there', 1, atSecond(-3600));
  await stores.localLists.saveDesired(plan.id, [{ idTag: 'A', status: 'Accepted' }]);
  const charger: Charger = { ...plan, acceptedAt: atSecond(-3600), revision: 1 };
  let nowMs = noon;
  const due: { ms: number; call: TimerCall | CampaignCall }[] = [];
  const app: CommandApp = {
    stores,
    clock: () => nowMs,
    durations,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    connections: { send: vi.fn(async () => 'sent' as const), cut: vi.fn() },
    timers: { after: async (ms, call) => void due.push({ ms, call }) },
    sealing: { seal: vi.fn(), unseal: vi.fn(), digest: vi.fn() },
    credentials: { keep: vi.fn(), matches: vi.fn() },
    tracing: untraced,
  };
  const chargerId = plan.id;
  return {
    app,
    due,
    charger,
    passTo: (second: number) => {
      nowMs = noon + second * 1000;
    },
    state: async () => (await stores.localLists.readList(chargerId)).state,
    commands: async () => (await stores.commands.listCommands(chargerId, 10)).items,
    begin: async () => {
      const { state } = await stores.localLists.readList(chargerId);
      await stores.localLists.replaceState(chargerId, beginSync(state, 'somebody', atSecond(0)));
    },
    tell: (more: Partial<TimerCall>) => onListTimer(app, operations, { chargerId, task: 'localList', ...more }),
    /** The charger takes the update that is on its way. */
    accept: async () => {
      const { state } = await stores.localLists.readList(chargerId);
      const commandId = state.pending?.commandId ?? '';
      const command = await stores.commands.findCommand(chargerId, commandId);
      const context = { charger, stores, nowMs, commandId, timers: app.timers };
      await sendLocalList.answered?.(command?.payload as never, { status: 'Accepted' }, context);
      await stores.commands.end(chargerId, commandId, 'sent', { state: 'answered', answer: { status: 'Accepted' } });
    },
  };
}

let scene: Awaited<ReturnType<typeof aScene>>;

beforeEach(async () => {
  scene = await aScene();
});

describe('row 46: a timer for a sync', () => {
  test('that is told twice sends one update', async () => {
    await scene.begin();

    await Promise.allSettled([scene.tell({}), scene.tell({})]);
    await scene.tell({});

    expect(await scene.commands()).toHaveLength(1);
    expect(await scene.state()).toMatchObject({ held: { lastVersion: 1 }, sync: { state: 'running', failures: 0 } });
  });

  test('comes again, in ever longer turns, while the update that it watches is open', async () => {
    await scene.begin();
    await scene.tell({});
    const [first] = scene.due.filter(({ call }) => 'task' in call && call.task === 'localList');
    scene.due.length = 0;

    await scene.tell({ ...first?.call });

    expect(first).toMatchObject({ ms: 61_000, call: { looks: 0 } });
    expect(scene.due).toEqual([{ ms: 122_000, call: { ...first?.call, looks: 1 } }]);
    expect(await scene.commands()).toHaveLength(1);
  });

  test('ends one whose list the charger has', async () => {
    await scene.begin();
    await scene.tell({});
    await scene.accept();
    const calls = scene.due.map(({ call }) => call);

    await scene.tell({});
    await scene.tell({});

    expect(calls.at(-1)).toEqual({ chargerId: scene.charger.id, task: 'localList' });
    expect(await scene.state()).toMatchObject({ held: { known: { version: 1 } }, sync: { state: 'done' } });
    expect(await scene.commands()).toHaveLength(1);
  });

  test('sends a list that is too long for one message in parts, each once the one before it was accepted', async () => {
    const { app, charger } = scene;
    const told = { key: 'SendLocalListMaxLength', value: '2', readonly: true, readAt: atSecond(0) };
    await app.stores.configurations.keepKnown(charger.id, { keys: [told], unsupported: [] }, 0);
    const entries = ['A', 'B', 'C'].map((idTag) => ({ idTag, status: 'Accepted' as const }));
    await app.stores.localLists.saveDesired(charger.id, entries);
    await scene.begin();

    await scene.tell({});
    const first = await scene.commands();
    await scene.accept();
    scene.passTo(1);
    await scene.tell({});
    await scene.accept();
    await scene.tell({});

    expect(first).toHaveLength(1);
    expect((await scene.commands()).map(({ payload }) => payload).reverse()).toMatchObject([
      { listVersion: 1, updateType: 'Full', localAuthorizationList: [{ idTag: 'A' }, { idTag: 'B' }] },
      { listVersion: 2, updateType: 'Differential', localAuthorizationList: [{ idTag: 'C' }] },
    ]);
    expect(await scene.state()).toMatchObject({ held: { known: { version: 2, entries } }, sync: { state: 'done' } });
  });

  test('for a sync that there is not does nothing', async () => {
    await scene.tell({});
    await scene.tell({ commandId: 'gone', looks: 3 });

    expect([await scene.commands(), scene.due]).toEqual([[], []]);
  });
});

test('row 46: a sync to a charger that takes no commands ends with the reason, and calls nobody back', async () => {
  const { app, charger } = scene;
  await scene.begin();
  await app.stores.chargers.saveCharger({ ...chargerPlan({ id: charger.id }), registration: 'rejected' });

  await scene.tell({});

  expect(await scene.state()).toMatchObject({ sync: { state: 'failed', reason: 'charger: chargerRejected' } });
  expect([await scene.commands(), scene.due]).toEqual([[], []]);
});

describe('row 46: a conflict', () => {
  const conflict = { task: 'localListConflict' } as const;

  test('soon after a sync is looked at again later, once, and nothing is sent in between', async () => {
    await scene.tell(conflict);
    await scene.accept();
    await scene.tell({});
    scene.due.length = 0;
    scene.passTo(60);

    await scene.tell(conflict);
    const later = [...scene.due];
    const before = await scene.commands();
    scene.passTo(900);
    await scene.tell({ ...later[0]?.call });

    expect(later).toEqual([{ ms: 840_000, call: { chargerId: scene.charger.id, ...conflict, looks: 1 } }]);
    expect(before).toHaveLength(1);
    const [update] = await scene.commands();
    expect(update).toMatchObject({ by: 'LocalListConflict', payload: { listVersion: 2, updateType: 'Full' } });
  });

  test('that is settled by the time of the later look is not sent for again', async () => {
    await scene.tell(conflict);
    await scene.accept();
    await scene.tell({});
    scene.passTo(900);

    await scene.tell({ ...conflict, looks: 1 });

    expect(await scene.commands()).toHaveLength(1);
    expect(await scene.state()).toMatchObject({ held: { known: { version: 1 } } });
  });

  test('of a charger for which no list is desired makes its list unknown, and no more', async () => {
    const { app } = scene;
    const other = chargerPlan();

    await onListTimer(app, operations, { chargerId: other.id, ...conflict });

    expect(await app.stores.localLists.readList(other.id)).toMatchObject({ state: { held: { known: 'unknown' } } });
    expect(scene.due).toEqual([]);
  });
});
