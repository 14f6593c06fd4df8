import { describe, expect, test } from 'vitest';
import type { Command } from '#shared/domain/command.ts';
import { barOf, speakableFromMs } from '#shared/domain/command.ts';
import { commandIdOf } from '#shared/domain/command-id.ts';
import {
  type CampaignCall,
  failOffline,
  type Sending,
  sendNext,
  type TimerCall,
} from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import { anew, atSecond, chargerPlan, durations, noon, untraced } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

/** A charger that is accepted, has booted and is connected, and whoever sends it commands. */
async function house({ connected = true }: { connected?: boolean } = {}) {
  const stores = memoryStores();
  const chargerId = anew('CP');
  const frames: { connectionId: string; text: string }[] = [];
  const timers: { ms: number; call: TimerCall | CampaignCall }[] = [];
  const gateway: ('sent' | 'gone' | 'unknown')[] = [];
  const warnings: string[] = [];
  const withdrawn: string[] = [];
  const takenBack: string[] = [];
  let nowMs = noon;
  await stores.chargers.saveCharger(chargerPlan({ id: chargerId, registration: 'accepted' }));
  await stores.chargers.markAccepted(chargerId, atSecond(-60));
  await stores.chargers.recordBoot(chargerId, { vendor: 'Acme', model: 'One', at: atSecond(-60) });
  if (connected) await stores.chargers.connect(chargerId, 'first', 1, atSecond(-61));

  const sending: Sending = {
    stores,
    connections: {
      async send(connectionId, text) {
        const outcome = gateway.shift() ?? 'sent';
        if (outcome === 'unknown') throw new Error('the answer of the gateway is lost');
        if (outcome === 'sent') frames.push({ connectionId, text });
        return outcome;
      },
      cut: async () => {},
    },
    timers: { after: async (ms, call) => void timers.push({ ms, call }) },
    isPrepared: ({ commandId }) => !withdrawn.includes(commandId),
    takeBack: async ({ commandId }) => void takenBack.push(commandId),
    unseal: async (sealed) => ({ unsealed: sealed }),
    clock: () => nowMs,
    durations,
    tracing: untraced,
    log: { warn: (message) => void warnings.push(message) },
  };
  let made = 0;
  const ask = async (changes: Partial<Command> = {}): Promise<string> => {
    const commandId = commandIdOf(nowMs, Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, ++made, 0]));
    await stores.commands.enqueue({
      commandId,
      chargerId,
      action: 'Reset',
      payload: { type: 'Soft' },
      state: 'queued',
      by: 'somebody',
      createdAt: toInstant(nowMs),
      expiresAt: toInstant(nowMs + 300_000),
      whenOffline: 'fail',
      ...changes,
    });
    return commandId;
  };
  const go = () => sendNext(sending, chargerId);
  const stateOf = async (id: string) => (await stores.commands.findCommand(chargerId, id))?.state;
  const answered = (id: string) =>
    stores.commands.end(chargerId, id, 'sent', { state: 'answered', answer: { status: 'Accepted' } });
  const later = (ms: number) => {
    nowMs += ms;
  };
  return {
    ...stores,
    withdrawn,
    takenBack,
    chargerId,
    sending,
    frames,
    timers,
    gateway,
    warnings,
    ask,
    go,
    stateOf,
    answered,
    later,
  };
}

describe('a charger that is connected', () => {
  test('gets its commands one at a time, in the order of asking', async () => {
    const { ask, go, frames, answered, stateOf } = await house();
    const [first, second] = [await ask(), await ask()];

    await go();
    await go();
    expect(frames).toEqual([{ connectionId: 'first', text: `[2,"${first}","Reset",{"type":"Soft"}]` }]);
    expect([await stateOf(first), await stateOf(second)]).toEqual(['sent', 'queued']);

    await answered(first);
    await go();
    expect(frames.map(({ text }) => JSON.parse(text)[1])).toEqual([first, second]);
  });

  test('frees the place by a timer that was set before the command was sent', async () => {
    const { ask, go, timers, stateOf, later, frames, chargerId } = await house();
    const [silent, next] = [await ask(), await ask()];

    await go();
    expect(timers).toEqual([{ ms: durations.commandAnswerMs + 1000, call: { chargerId } }]);
    later(durations.commandAnswerMs - 1);
    await go();
    expect(await stateOf(silent)).toBe('sent');
    later(1);
    await go();

    expect([await stateOf(silent), await stateOf(next)]).toEqual(['timedOut', 'sent']);
    expect(frames).toHaveLength(2);
  });

  test('is not sent a command again of which nobody knows whether it came', async () => {
    const { ask, go, gateway, frames, stateOf, later, warnings, commands, chargerId } = await house();
    const id = await ask();
    gateway.push('unknown');

    await go();
    await go();
    later(durations.commandAnswerMs);
    await go();

    expect(frames).toEqual([]);
    expect(await commands.findCommand(chargerId, id)).toMatchObject({ state: 'timedOut', reason: 'noAnswer' });
    expect(await stateOf(id)).toBe('timedOut');
    expect(warnings).toEqual(['a command may not have been delivered']);
  });

  test('gets what was sealed as it was meant', async () => {
    const { ask, go, frames } = await house();
    await ask({ sealed: 'secret' });

    await go();

    expect(frames[0]?.text).toContain('{"unsealed":"secret"}');
  });

  test('gets nothing of what no longer opens, which has failed, and the next one', async () => {
    const { ask, go, frames, sending, commands, chargerId, takenBack } = await house();
    const [sealed, next] = [await ask({ sealed: 'secret' }), await ask()];
    sending.unseal = async () => undefined;

    await go();

    expect(await commands.findCommand(chargerId, sealed)).toMatchObject({ state: 'failed', reason: 'unreadable' });
    expect(frames.map(({ text }) => JSON.parse(text)[1])).toEqual([next]);
    expect(takenBack).toEqual([sealed]);
  });

  test('is sent what was sealed later, where the secret could not be read', async () => {
    const { ask, go, frames, sending, stateOf } = await house();
    const id = await ask({ sealed: 'secret' });
    const { unseal } = sending;
    sending.unseal = () => Promise.reject(new Error('no answer'));

    await expect(go()).rejects.toThrow('no answer');
    const stateThen = await stateOf(id);
    sending.unseal = unseal;
    await go();

    expect(stateThen).toBe('queued');
    expect(frames).toHaveLength(1);
  });
});

describe('a connection that is gone', () => {
  test('fails the command, which never went out, and is the charger’s no more', async () => {
    const { ask, go, gateway, commands, chargers, chargerId } = await house();
    const id = await ask();
    gateway.push('gone');

    await go();

    expect(await commands.findCommand(chargerId, id)).toMatchObject({ state: 'failed', reason: 'gone' });
    expect((await chargers.currentConnection(chargerId))?.connectionId).toBeUndefined();
  });

  test('is not mistaken for the one that has taken its place', async () => {
    const { ask, go, gateway, frames, chargers, chargerId, sending, stateOf } = await house();
    const id = await ask();
    gateway.push('gone');
    const { send } = sending.connections;
    sending.connections.send = async (connectionId, text) => {
      const outcome = await send(connectionId, text);
      // The charger dials anew while its old connection is found to be gone.
      if (outcome === 'gone') await chargers.connect(chargerId, 'second', 1, atSecond(-30));
      return outcome;
    };

    await go();

    expect(frames).toEqual([{ connectionId: 'second', text: expect.stringContaining(id) }]);
    expect(await stateOf(id)).toBe('sent');
    expect((await chargers.currentConnection(chargerId))?.connectionId).toBe('second');
  });

  test('makes a command wait that may', async () => {
    const { ask, go, gateway, stateOf } = await house();
    const id = await ask({ whenOffline: 'wait' });
    gateway.push('gone');

    await go();

    expect(await stateOf(id)).toBe('queued');
  });
});

describe('a charger that is not connected', () => {
  test('fails a command at once, and what stands behind it as well', async () => {
    const { ask, go, commands, chargerId } = await house({ connected: false });
    const ids = [await ask(), await ask()];

    await go();

    for (const id of ids) {
      expect(await commands.findCommand(chargerId, id)).toMatchObject({ state: 'failed', reason: 'offline' });
    }
  });

  test('fails a command at once that stands behind one that waits', async () => {
    const { ask, go, commands, chargerId, sending, stateOf } = await house({ connected: false });
    const [waits, fails] = [await ask({ whenOffline: 'wait' }), await ask()];
    await go();

    for (const id of [waits, fails]) {
      const command = await commands.findCommand(chargerId, id);
      if (command) await failOffline(sending, command);
    }

    expect(await stateOf(waits)).toBe('queued');
    expect(await commands.findCommand(chargerId, fails)).toMatchObject({ state: 'failed', reason: 'offline' });
  });

  test('is told of a command that waits when it connects, also where it was connected when that was asked', async () => {
    const { ask, go, chargers, chargerId } = await house();
    await ask({ whenOffline: 'wait' });
    await chargers.disconnect(chargerId, 'first', atSecond(0));

    await go();

    expect((await chargers.connect(chargerId, 'second', 1, atSecond(60))).commandsWait).toBe(true);
  });

  test('gets what waits for it when it has connected and had time to boot', async () => {
    const { ask, go, chargers, chargerId, stateOf, frames, timers, later } = await house({ connected: false });
    const id = await ask({ whenOffline: 'wait' });
    await chargers.expectCommands(chargerId, id);
    await go();
    expect(await stateOf(id)).toBe('queued');

    const { commandsWait } = await chargers.connect(chargerId, 'second', 1, atSecond(0));
    await go();
    expect(commandsWait).toBe(true);
    expect(frames).toEqual([]);
    expect(timers).toEqual([{ ms: durations.bootGraceMs, call: { chargerId } }]);

    later(durations.bootGraceMs);
    await go();
    expect(frames).toHaveLength(1);
  });

  test('is told of no commands any more when none waits', async () => {
    const { ask, go, chargers, chargerId, answered, later } = await house({ connected: false });
    const id = await ask({ whenOffline: 'wait' });
    await chargers.expectCommands(chargerId, id);
    await chargers.connect(chargerId, 'second', 1, atSecond(0));
    later(durations.bootGraceMs);
    await go();
    await answered(id);

    await go();

    expect((await chargers.connect(chargerId, 'third', 1, atSecond(60))).commandsWait).toBe(false);
  });

  test('never gets a command that has expired', async () => {
    const { ask, go, chargers, chargerId, commands, frames, later } = await house({ connected: false });
    const id = await ask({ whenOffline: 'wait', expiresAt: atSecond(100) });
    await go();
    later(100_000);
    await chargers.connect(chargerId, 'second', 1, atSecond(50));

    await go();

    expect(frames).toEqual([]);
    expect(await commands.findCommand(chargerId, id)).toMatchObject({ state: 'expired', reason: 'notSentInTime' });
  });
});

describe('row 22: a charger that is not accepted yet', () => {
  const plan = chargerPlan({ registration: 'pending' });

  test.each(['GetConfiguration', 'ChangeConfiguration', 'TriggerMessage'])('may be sent %s', (action) => {
    expect(barOf({ ...plan, revision: 1 }, action)).toBeUndefined();
  });

  test('is sent nothing else, and one that was rejected nothing at all', async () => {
    expect(barOf({ ...plan, revision: 1 }, 'RemoteStartTransaction')).toBe('chargerNotAccepted');
    expect(barOf({ ...plan, registration: 'rejected', revision: 1 }, 'GetConfiguration')).toBe('chargerRejected');
    expect(barOf(undefined, 'Reset')).toBe('chargerUnknown');
  });

  test('that was barred after the command was queued fails it', async () => {
    const { ask, go, chargers, chargerId, commands, frames } = await house();
    const id = await ask();
    await chargers.saveCharger(chargerPlan({ id: chargerId, registration: 'rejected' }));

    await go();

    expect(frames).toEqual([]);
    expect(await commands.findCommand(chargerId, id)).toMatchObject({ state: 'failed', reason: 'chargerRejected' });
  });
});

describe('row 24: the first command', () => {
  const charger = { ...chargerPlan(), revision: 1 };
  const boot = (second: number) => ({ vendor: 'Acme', model: 'One', at: atSecond(second) });
  const from = (changes: object) =>
    (speakableFromMs({ ...charger, ...changes }, { connectedAt: atSecond(0) }, 10_000) - noon) / 1000;

  test.each([
    ['comes a moment after the boot', { boot: boot(3) }, 4],
    ['does not wait for a late boot to be over', { boot: boot(300) }, 10],
    ['comes after the grace where the charger has only reconnected', { boot: boot(-3000) }, 10],
    ['comes after the grace where it never booted', {}, 10],
  ])('%s', (_, changes, seconds) => {
    expect(from(changes)).toBe(seconds);
  });
});

describe('what was prepared for a command', () => {
  test('is taken back when it is never sent: failed, expired or barred', async () => {
    const { ask, go, later, takenBack, stateOf } = await house({ connected: false });
    const [failed, expires] = [await ask(), await ask({ whenOffline: 'wait' })];

    await go();
    later(300_000);
    await go();

    expect([await stateOf(failed), await stateOf(expires)]).toEqual(['failed', 'expired']);
    expect(takenBack).toEqual([failed, expires]);
  });

  test('stays when nobody answers', async () => {
    const { ask, go, later, takenBack, stateOf } = await house();
    const id = await ask();

    await go();
    later(durations.commandAnswerMs);
    await go();

    expect(await stateOf(id)).toBe('timedOut');
    expect(takenBack).toEqual([]);
  });

  test('is taken back where the gateway says that nobody is there', async () => {
    const { ask, go, gateway, takenBack, commands, chargerId } = await house();
    const id = await ask();
    gateway.push('gone');

    await go();

    expect(await commands.findCommand(chargerId, id)).toMatchObject({ state: 'failed', reason: 'gone' });
    expect(takenBack).toEqual([id]);
  });

  test('is there when it is sent: a command without it is not', async () => {
    const { ask, go, frames, withdrawn, commands, chargerId, stateOf } = await house();
    const [first, second] = [await ask(), await ask()];
    withdrawn.push(first);

    await go();

    expect(await commands.findCommand(chargerId, first)).toMatchObject({ state: 'failed', reason: 'withdrawn' });
    expect(await stateOf(second)).toBe('sent');
    expect(frames).toHaveLength(1);
  });
});
