import { expect, test, vi } from 'vitest';
import { operations } from '#functions/ocpp/v16/operations.ts';
import type { CommandApp } from '#shared/runtime/command-app.ts';
import { onTimer } from '#shared/runtime/commands.ts';
import { atSecond, chargerPlan, durations, noon, opening, untraced } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

const chargingProfile = {
  chargingProfileId: 1,
  stackLevel: 0,
  chargingProfilePurpose: 'TxProfile',
  chargingProfileKind: 'Relative',
  chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }] },
};

test('a profile of a remote start becomes that of the session with the next call, where the first one failed after its effect was noted', async () => {
  const stores = memoryStores();
  const plan = chargerPlan();
  const chargerId = plan.id;
  const commandId = 'command-1';
  await stores.chargers.saveCharger(plan);
  const started = opening({ chargerId, localId: '7' });
  await stores.sessions.openSession(started);
  await stores.commands.enqueue({
    commandId,
    chargerId,
    action: 'RemoteStartTransaction',
    payload: { idTag: 'ABCD', chargingProfile },
    state: 'queued',
    by: 'somebody',
    createdAt: atSecond(-10),
    expiresAt: atSecond(300),
    whenOffline: 'fail',
  });
  await stores.commands.claim(chargerId, commandId, { sentAt: atSecond(-9), dueAt: atSecond(60) });
  await stores.commands.end(chargerId, commandId, 'sent', { state: 'answered', watchedUntil: atSecond(300) });
  await stores.commands.noteObserved(
    chargerId,
    commandId,
    { at: atSecond(0), what: 'StartTransaction 7' },
    'session#7',
  );
  const app: CommandApp = {
    stores,
    clock: () => noon,
    durations,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    connections: { send: vi.fn(), cut: vi.fn() },
    timers: { after: vi.fn() },
    sealing: { seal: vi.fn(), unseal: vi.fn(), digest: vi.fn() },
    credentials: { keep: vi.fn(), matches: vi.fn() },
    tracing: untraced,
  };

  await onTimer(app, operations, { chargerId, commandId, looks: 1 });
  await onTimer(app, operations, { chargerId, commandId, looks: 1 });

  expect(await stores.profiles.listChanges(chargerId)).toMatchObject([
    { commandId, at: atSecond(0), connectorId: 1, profile: { profileId: 1, transactionId: '7' } },
  ]);
});
