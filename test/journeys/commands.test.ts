import { describe, test } from 'vitest';
import { localCloud } from '#test/support/local-cloud.ts';

/** Commands from the API to a charger and back, over real sockets. */

const cloud = localCloud({ variables: { BOOT_GRACE_S: '1', COMMAND_ANSWER_S: '2', EFFECT_S: '3' } });

describe.concurrent('a command', () => {
  test('goes to the charger, and its answer comes back to whoever waits', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();

    const asked = charger.command('Reset', { type: 'Soft' }, { wait: 20 });
    const call = await socket.nextCall();
    socket.answer(call, { status: 'Accepted' });
    const { status, body } = await asked;

    expect(call).toMatchObject({ action: 'Reset', payload: { type: 'Soft' } });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      commandId: call.id,
      state: 'answered',
      answer: { status: 'Accepted' },
      observed: null,
    });
    expect(await charger.commands()).toEqual([body]);
  });
});
