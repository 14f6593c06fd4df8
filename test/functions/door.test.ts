import { describe, expect, test, vi } from 'vitest';
import { chargerChanges } from '#functions/jobs/chargerChanges.ts';
import { connect } from '#functions/ocpp/connect.ts';
import type { ChargerPlan } from '#shared/domain/charger.ts';
import { contextFor } from '#shared/runtime/caller.ts';
import type { TimedApp } from '#shared/runtime/timed-app.ts';
import { chargerPlan, durations, noon, untraced } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

const silent = { info: () => {}, warn: () => {}, error: () => {} };

function house() {
  const cuts: string[] = [];
  const connections = { send: vi.fn(), cut: async (id: string) => void cuts.push(id) };
  const timers = { after: async () => {} };
  const app: TimedApp = {
    stores: memoryStores(),
    clock: () => noon,
    durations,
    log: silent,
    tracing: untraced,
    connections,
    timers,
  };

  /** The context of a charger that is let in as it is now. */
  const letIn = async (id: string) => {
    const charger = await app.stores.chargers.findCharger(id);
    if (!charger) throw new Error(`There is no charger ${id}`);
    return contextFor(charger, 'ocpp1.6');
  };
  const dial = (connectionId: string, authorizer: object) =>
    connect(app, { requestContext: { connectionId, authorizer } });
  return { app, cuts, letIn, dial };
}

const imageOf = (plan: ChargerPlan, revision: number) => ({
  id: { S: plan.id },
  registration: { S: plan.registration },
  securityProfile: { N: String(plan.securityProfile) },
  revision: { N: String(revision) },
});

const changeOf = (before: object, after: object) => ({
  Records: [{ dynamodb: { SequenceNumber: '1', OldImage: before, NewImage: after } }],
});

describe('row 23: a charger that is rejected while it dials', () => {
  test('is refused if it was changed between the verdict and the connection', async () => {
    const { app, letIn, dial } = house();
    const plan = chargerPlan();
    await app.stores.chargers.saveCharger(plan);
    const judgedBefore = await letIn(plan.id);
    await app.stores.chargers.saveCharger({ ...plan, registration: 'rejected' });

    const answer = await dial('c1', judgedBefore);

    expect(answer).toEqual({ statusCode: 401 });
    expect((await app.stores.chargers.currentConnection(plan.id))?.connectionId).toBeUndefined();
  });

  test('loses the connection that was made by the verdict before', async () => {
    const { app, cuts, letIn, dial } = house();
    const plan = chargerPlan();
    await app.stores.chargers.saveCharger(plan);
    await dial('c1', await letIn(plan.id));
    const rejected: ChargerPlan = { ...plan, registration: 'rejected' };
    await app.stores.chargers.saveCharger(rejected);

    await chargerChanges(app, changeOf(imageOf(plan, 1), imageOf(rejected, 2)));

    expect(cuts).toEqual(['c1']);
  });

  test('keeps the connection that was made by the verdict after, however late the change is read', async () => {
    const { app, cuts, letIn, dial } = house();
    const plan = chargerPlan();
    const rejected: ChargerPlan = { ...plan, registration: 'rejected' };
    await app.stores.chargers.saveCharger(plan);
    await app.stores.chargers.saveCharger(rejected);
    await dial('c1', await letIn(plan.id));

    await chargerChanges(app, changeOf(imageOf(plan, 1), imageOf(rejected, 2)));

    expect(cuts).toEqual([]);
  });
});

test('the context tells the heartbeat interval that the charger was told, not one that was decided since', async () => {
  const { app, letIn } = house();
  const plan = chargerPlan({ heartbeatIntervalS: 300 });
  await app.stores.chargers.saveCharger(plan);
  await app.stores.chargers.recordBoot(plan.id, { at: new Date(noon).toISOString(), vendor: 'Acme', model: 'One' });
  await app.stores.chargers.saveCharger({ ...plan, heartbeatIntervalS: 30 });

  const { heartbeatIntervalS } = await letIn(plan.id);

  expect(heartbeatIntervalS).toBe('300');
});

test('the context tells the quirks that an operator set, and those of the make that the charger booted with', async () => {
  const { app, letIn } = house();
  const plan = chargerPlan({ quirks: ['looseMeterValues'] });
  await app.stores.chargers.saveCharger(plan);
  const before = await letIn(plan.id);
  await app.stores.chargers.recordBoot(plan.id, { at: new Date(noon).toISOString(), vendor: 'AEFA', model: 'One' });

  const after = await letIn(plan.id);

  expect([before.quirks, after.quirks]).toEqual(['looseMeterValues', 'looseMeterValues,repairEmptyValues']);
});
