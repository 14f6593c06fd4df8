import { describe, expect, test, vi } from 'vitest';
import { operations } from '#functions/ocpp/v16/operations.ts';
import type { Command } from '#shared/domain/command.ts';
import { learn } from '#shared/domain/configurations.ts';
import type { CampaignCall, TimerCall } from '#shared/domain/send-commands.ts';
import { afterFirstBoot } from '#shared/runtime/configurations.ts';
import type { RequestApp } from '#shared/runtime/request-app.ts';
import { anew, atSecond, chargerPlan, durations, noon, untraced } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

const settings = [
  { key: 'HeartbeatInterval', value: '300' },
  { key: 'Light', value: '1' },
];

/** A charger that has just been accepted, in an organisation whose template is applied then. */
async function accepted(registration: 'accepted' | 'rejected' = 'accepted') {
  const stores = memoryStores();
  const plan = chargerPlan({ registration });
  let made = 0;
  const timers: { ms: number; call: TimerCall | CampaignCall }[] = [];
  const app: RequestApp = {
    stores,
    // No two commands are made in the same millisecond: their order is told by it.
    clock: () => noon + ++made,
    durations,
    tracing: untraced,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    timers: { after: async (ms, call) => void timers.push({ ms, call }) },
    sealing: { seal: vi.fn(), unseal: vi.fn(), digest: vi.fn() },
    credentials: { keep: vi.fn(), matches: vi.fn() },
  };
  await stores.chargers.saveCharger(plan);
  await stores.chargers.recordBoot(plan.id, { at: atSecond(-1), vendor: 'Acme', model: 'One' });
  await stores.configurations.saveTemplate(plan.organisationId, {
    ...{ id: anew('template'), name: 'First', matches: {}, settings, applyAfterFirstBoot: true },
  });
  const call: TimerCall = { chargerId: plan.id, task: 'firstBoot' };
  const commands = async (): Promise<Command[]> => (await stores.commands.listCommands(plan.id, 100)).items.reverse();
  const end = async (outcome: Parameters<typeof stores.commands.end>[3], wasSent = true) => {
    const [read] = await commands();
    const commandId = read?.commandId ?? '';
    if (wasSent) await stores.commands.claim(plan.id, commandId, { sentAt: atSecond(1), dueAt: atSecond(61) });
    await stores.commands.end(plan.id, commandId, wasSent ? 'sent' : 'queued', outcome);
  };
  const tell = async () => {
    const charger = await stores.chargers.findCharger(plan.id);
    if (!charger) throw new Error('There is no charger');
    const keys = [{ key: 'HeartbeatInterval', value: '300', readonly: false, readAt: atSecond(1) }];
    await learn(stores.configurations, charger, () => ({ keys, unsupported: [] }));
  };
  const go = (more: Partial<TimerCall> = {}) => afterFirstBoot(app, operations, { ...call, ...more });
  return { stores, plan, call, timers, commands, end, tell, go };
}

const payloads = (commands: Command[]) => commands.map(({ action, payload }) => ({ action, payload }));

describe('a charger that was accepted for the first time', () => {
  test('is read, and looked at again in ever longer turns until it has answered', async () => {
    const { go, timers, commands, call } = await accepted();

    await go();
    await go({ looks: 3 });

    expect(payloads(await commands())).toEqual([{ action: 'GetConfiguration', payload: {} }]);
    const again = timers.filter((timer) => 'task' in timer.call && timer.call.task === 'firstBoot');
    expect(again).toEqual([
      { ms: 2000, call: { ...call, looks: 1 } },
      { ms: 16_000, call: { ...call, looks: 4 } },
    ]);
  });

  test('gets what it lacks when it has answered: each thing once, however often and by how many it is seen to', async () => {
    const { go, end, tell, commands } = await accepted();
    await Promise.all([go(), go()]);
    await tell();
    await end({ state: 'answered', answer: {}, answeredAt: atSecond(2) });

    await Promise.all([go(), go(), go()]);
    await go();

    expect(payloads(await commands())).toEqual([
      { action: 'GetConfiguration', payload: {} },
      { action: 'ChangeConfiguration', payload: { key: 'Light', value: '1' } },
    ]);
  });

  test('gets all of it when it never answers', async () => {
    const { go, end, commands } = await accepted();
    await go();
    await end({ state: 'timedOut', reason: 'noAnswer' });

    await go();

    expect((await commands()).slice(1).map(({ payload }) => payload)).toEqual(settings);
  });

  test('gets nothing when it could not even be asked, nor where it is not to be spoken to', async () => {
    const [gone, rejected] = [await accepted(), await accepted('rejected')];
    await gone.go();
    await gone.end({ state: 'expired', reason: 'notSentInTime' }, false);

    await gone.go();
    await rejected.go();

    expect(await gone.commands()).toHaveLength(1);
    expect(await rejected.commands()).toEqual([]);
  });
});
