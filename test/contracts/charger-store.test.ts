import { describe, expect, test } from 'vitest';
import type { StatusReport } from '#shared/domain/charger.ts';
import { InvalidCursor } from '#shared/domain/paging.ts';
import { eachKind } from '#test/support/each-kind.ts';
import { anew, atSecond, chargerPlan, connector, status } from '#test/support/examples.ts';

const key = { kind: 'key', salt: 'c2FsdA==', hash: 'aGFzaA==' } as const;
const password = { kind: 'password', salt: 'c2FsdA==', hash: 'b3RoZXI=', cost: 16384 } as const;

describe.each(eachKind)('chargers $kind', ({ stores: { chargers } }) => {
  describe('what an operator decided', () => {
    test('is found under its identity in any case, and reads as it was written', async () => {
      const plan = chargerPlan({ id: anew('Garage Nord'), credential: key, assumeProtocol: 'ocpp1.6' });

      const outcome = await chargers.saveCharger(plan);

      expect(outcome).toBe('created');
      expect(await chargers.findCharger(plan.id.toLowerCase())).toEqual({ ...plan, revision: 1 });
      expect(await chargers.findCharger(plan.id.toUpperCase())).toEqual({ ...plan, revision: 1 });
    });

    test('are found together, in the order in which they were asked for', async () => {
      const [first, second] = [chargerPlan(), chargerPlan()];
      for (const plan of [first, second]) await chargers.saveCharger(plan);

      const found = await chargers.findChargers([second.id.toLowerCase(), anew('CP'), first.id]);

      expect(found).toEqual([{ ...second, revision: 1 }, undefined, { ...first, revision: 1 }]);
      expect(await chargers.findChargers([])).toEqual([]);
    });

    test('is undefined for an identity that nobody planned', async () => {
      expect(await chargers.findCharger(anew('CP'))).toBeUndefined();
      expect(await chargers.viewCharger(anew('CP'))).toBeUndefined();
    });

    test('is replaced by the next plan, whatever the case of the identity', async () => {
      const plan = chargerPlan({ id: anew('cp'), quirks: ['looseMeterValues'], assumeProtocol: 'ocpp1.6' });
      await chargers.saveCharger(plan);
      const next = { ...plan, id: plan.id.toUpperCase(), quirks: [], assumeProtocol: undefined, connectors: [] };

      const outcome = await chargers.saveCharger(next);

      expect(outcome).toBe('updated');
      expect(await chargers.findCharger(plan.id)).toEqual({ ...next, revision: 2 });
    });

    test('keeps the stored credential where the plan has none, and takes a new one', async () => {
      const plan = chargerPlan({ credential: key });
      await chargers.saveCharger(plan);

      await chargers.saveCharger({ ...plan, credential: undefined });
      const kept = await chargers.findCharger(plan.id);
      await chargers.saveCharger({ ...plan, credential: password });
      const replaced = await chargers.findCharger(plan.id);

      expect(kept?.credential).toEqual(key);
      expect(replaced?.credential).toEqual(password);
    });

    test('takes a credential that is only for a charger without one once', async () => {
      const plan = chargerPlan({ credential: key });

      await chargers.saveCharger(plan, { unlessKept: true });
      await chargers.saveCharger({ ...plan, credential: password }, { unlessKept: true });

      expect((await chargers.findCharger(plan.id))?.credential).toEqual(key);
    });

    test('leaves alone what the charger said', async () => {
      const plan = chargerPlan();
      await chargers.saveCharger(plan);
      await chargers.recordBoot(plan.id, { vendor: 'Acme', model: 'One', at: atSecond(1) });
      await chargers.markAccepted(plan.id, atSecond(2));
      await chargers.connect(plan.id, 'c1', 1, atSecond(3));
      await chargers.recordStatusIfNewer(plan.id, status());

      await chargers.saveCharger({ ...plan, registration: 'rejected' });

      expect(await chargers.viewCharger(plan.id)).toEqual({
        charger: {
          ...plan,
          registration: 'rejected',
          acceptedAt: atSecond(2),
          boot: { vendor: 'Acme', model: 'One', at: atSecond(1) },
          toldIntervalS: plan.heartbeatIntervalS,
          revision: 2,
        },
        connection: { connectionId: 'c1', revision: 1, connectedAt: atSecond(3), lastHeardAt: atSecond(3) },
        statuses: [status()],
      });
    });

    test('is not taken over by another organisation', async () => {
      const plan = chargerPlan({ organisationId: 'sunny' });
      await chargers.saveCharger(plan);

      const outcome = await chargers.saveCharger({ ...plan, organisationId: 'windy', securityProfile: 0 });

      expect(outcome).toBe('foreign');
      expect(await chargers.findCharger(plan.id)).toEqual({ ...plan, revision: 1 });
      expect(await chargers.listChargerIds('windy', 100)).toEqual([]);
    });

    test('belongs to one of two organisations that name it at the same moment', async () => {
      const plan = chargerPlan();
      const organisations = ['first', 'second'].map(anew);

      const outcomes = await Promise.all(
        organisations.map((organisationId) => chargers.saveCharger({ ...plan, organisationId })),
      );

      const winner = organisations[outcomes.indexOf('created')];
      expect(outcomes.toSorted()).toEqual(['created', 'foreign']);
      expect(await chargers.findCharger(plan.id)).toMatchObject({ organisationId: winner });
    });
  });

  describe('row 4: a key that is on its way to a charger', () => {
    const planned = async () => {
      const plan = chargerPlan({ credential: password });
      await chargers.saveCharger(plan);
      return plan;
    };
    const find = async (id: string) => {
      const { credential, nextCredential, revision } = (await chargers.findCharger(id)) ?? {};
      return { credential, nextCredential, revision };
    };

    test('stands beside the one that it has, and only one at a time', async () => {
      const { id } = await planned();

      expect(await chargers.stageCredential(id.toLowerCase(), key)).toBe(true);
      expect(await chargers.stageCredential(id, key)).toBe(false);

      expect(await find(id)).toEqual({ credential: password, nextCredential: key, revision: 2 });
    });

    test('cannot follow where there is none', async () => {
      const { id } = chargerPlan();
      await chargers.saveCharger(chargerPlan({ id }));

      expect(await chargers.stageCredential(id, key)).toBe(false);
      expect(await chargers.stageCredential(anew('CP'), key)).toBe(false);
    });

    test('takes its place when it arrives, once, unless an operator has decided something since', async () => {
      const { id } = await planned();
      await chargers.stageCredential(id, key);

      expect(await chargers.adoptNextCredential(id, { revision: 1 })).toBe(false);
      expect(await chargers.adoptNextCredential(id, { revision: 2 })).toBe(true);
      expect(await chargers.adoptNextCredential(id, { revision: 2 })).toBe(false);

      expect(await find(id)).toEqual({ credential: key, nextCredential: undefined, revision: 2 });
    });

    test('is gone when it is withdrawn, and whoever was let in by it before is not any more', async () => {
      const { id } = await planned();
      await chargers.stageCredential(id, key);

      expect(await chargers.dropNextCredential(id)).toBe(true);
      expect(await chargers.dropNextCredential(id)).toBe(false);

      expect(await find(id)).toEqual({ credential: password, nextCredential: undefined, revision: 3 });
      expect(await chargers.adoptNextCredential(id, { revision: 2 })).toBe(false);
    });

    test('may be brought by a command, and then only that command takes it back', async () => {
      const { id } = await planned();
      const byFirst = { ...key, commandId: 'first' };
      await chargers.stageCredential(id, byFirst);

      expect(await chargers.dropNextCredential(id, 'second')).toBe(false);
      expect((await find(id)).nextCredential).toEqual(byFirst);
      expect(await chargers.dropNextCredential(id, 'first')).toBe(true);

      expect((await find(id)).nextCredential).toBeUndefined();
      expect(await chargers.dropNextCredential(id, 'first')).toBe(false);
      expect(await chargers.dropNextCredential(anew('CP'), 'first')).toBe(false);
    });

    test('takes the place only of the one that is there', async () => {
      const { id } = await planned();
      const [byFirst, bySecond] = ['first', 'second'].map((commandId) => ({ ...key, commandId }));
      if (!byFirst || !bySecond) throw new Error('There are two');

      expect(await chargers.stageCredential(id, byFirst, bySecond)).toBe(false);
      await chargers.stageCredential(id, byFirst);
      expect(await chargers.stageCredential(id, bySecond, key)).toBe(false);
      expect(await chargers.stageCredential(id, bySecond, byFirst)).toBe(true);
      expect(await chargers.stageCredential(id, key, byFirst)).toBe(false);

      expect((await find(id)).nextCredential).toEqual(bySecond);
    });

    test('is the charger’s own once it has arrived, whichever command brought it', async () => {
      const { id } = await planned();
      await chargers.stageCredential(id, { ...key, commandId: 'first' });

      await chargers.adoptNextCredential(id, { revision: 2 });

      expect(await find(id)).toEqual({ credential: key, nextCredential: undefined, revision: 2 });
      expect(await chargers.dropNextCredential(id, 'first')).toBe(false);
    });

    test('is taken by the charger, as the command that brought it tells, whatever else was decided', async () => {
      const plan = await planned();
      await chargers.stageCredential(plan.id, { ...key, commandId: 'first' });
      await chargers.saveCharger({ ...plan, credential: undefined });

      expect(await chargers.adoptNextCredential(plan.id, { commandId: 'second' })).toBe(false);
      expect(await chargers.adoptNextCredential(plan.id, { commandId: 'first' })).toBe(true);
      expect(await chargers.adoptNextCredential(plan.id, { commandId: 'first' })).toBe(false);

      expect(await find(plan.id)).toMatchObject({ credential: key, nextCredential: undefined });
    });

    test('outlives a plan without a credential, and ends with one that has another', async () => {
      const plan = await planned();
      await chargers.stageCredential(plan.id, key);

      await chargers.saveCharger({ ...plan, credential: undefined });
      expect((await find(plan.id)).nextCredential).toEqual(key);

      await chargers.saveCharger(plan);
      expect((await find(plan.id)).nextCredential).toBeUndefined();
    });
  });

  describe('the list of an organisation', () => {
    const planMany = async (organisationId: string, ids: string[]) => {
      for (const id of ids) await chargers.saveCharger(chargerPlan({ id, organisationId }));
    };

    test('has its canonical identities in order, and nobody else’s', async () => {
      const [organisationId, other] = [anew('org'), anew('org')];
      const prefix = anew('x');
      await planMany(organisationId, [`${prefix}-b`, `${prefix}-A`, `${prefix}-c`]);
      await planMany(other, [`${prefix}-aa`]);

      const ids = await chargers.listChargerIds(organisationId, 100);

      expect(ids).toEqual(['A', 'B', 'C'].map((letter) => `${prefix.toUpperCase()}-${letter}`));
    });

    test('goes on after the identity that was seen last', async () => {
      const organisationId = anew('org');
      const ids = ['1', '2', '3', '4'].map((number) => `${organisationId}-${number}`.toUpperCase());
      await planMany(organisationId, ids);

      const first = await chargers.listChargerIds(organisationId, 2);
      const second = await chargers.listChargerIds(organisationId, 2, first.at(-1));
      const third = await chargers.listChargerIds(organisationId, 2, second.at(-1));

      expect([first, second, third]).toEqual([ids.slice(0, 2), ids.slice(2), []]);
    });

    test('is empty for an organisation that has none', async () => {
      expect(await chargers.listChargerIds(anew('org'), 10)).toEqual([]);
    });

    test('cannot begin after something that is no identity', async () => {
      await expect(chargers.listChargerIds('sunny', 10, '')).rejects.toThrow(InvalidCursor);
      await expect(chargers.listChargerIds('sunny', 10, 'x'.repeat(2000))).rejects.toThrow(InvalidCursor);
    });
  });

  describe('a boot', () => {
    test('is kept, and answers the charger as it then is', async () => {
      const plan = chargerPlan();
      await chargers.saveCharger(plan);
      const boot = { vendor: 'Acme', model: 'One', serialNumber: '7', firmwareVersion: '1.0', at: atSecond(1) };

      const charger = await chargers.recordBoot(plan.id.toLowerCase(), boot);

      expect(charger).toEqual({ ...plan, boot, toldIntervalS: plan.heartbeatIntervalS, revision: 1 });
      expect(await chargers.findCharger(plan.id)).toEqual({
        ...plan,
        boot,
        toldIntervalS: plan.heartbeatIntervalS,
        revision: 1,
      });
    });

    test('leaves nothing of the boot before', async () => {
      const plan = chargerPlan();
      await chargers.saveCharger(plan);
      await chargers.recordBoot(plan.id, { vendor: 'Acme', model: 'One', serialNumber: '7', at: atSecond(1) });

      await chargers.recordBoot(plan.id, { vendor: 'Acme', model: 'Two', at: atSecond(2) });

      expect((await chargers.findCharger(plan.id))?.boot).toEqual({ vendor: 'Acme', model: 'Two', at: atSecond(2) });
    });

    test.each([
      [300, 60, 60],
      [60, 60, 60],
      [30, 60, 30],
    ])('with a plan of %i s and a limit of %i s is told %i s', async (heartbeatIntervalS, limitS, told) => {
      const plan = chargerPlan({ heartbeatIntervalS });
      await chargers.saveCharger(plan);
      const boot = { vendor: 'Acme', model: 'One', at: atSecond(1) };

      const charger = await chargers.recordBoot(plan.id, boot, limitS);

      expect(charger).toEqual({ ...plan, boot, toldIntervalS: told, revision: 1 });
      expect(await chargers.findCharger(plan.id)).toEqual(charger);
    });

    test('of a charger that nobody planned is nothing', async () => {
      const id = anew('CP');

      const charger = await chargers.recordBoot(id, { vendor: 'Acme', model: 'One', at: atSecond(1) });
      await chargers.recordBoot(id, { vendor: 'Acme', model: 'One', at: atSecond(1) }, 60);

      expect(charger).toBeUndefined();
      expect(await chargers.findCharger(id)).toBeUndefined();
    });
  });

  describe('acceptance', () => {
    test('is marked once: the first time counts', async () => {
      const plan = chargerPlan();
      await chargers.saveCharger(plan);

      const outcomes = [
        await chargers.markAccepted(plan.id, atSecond(1)),
        await chargers.markAccepted(plan.id, atSecond(2)),
      ];

      expect(outcomes).toEqual([true, true]);
      expect(await chargers.findCharger(plan.id)).toMatchObject({ acceptedAt: atSecond(1) });
    });

    test.each(['pending', 'rejected'] as const)('is refused to a charger that is %s', async (registration) => {
      const plan = chargerPlan({ registration });
      await chargers.saveCharger(plan);

      const outcome = await chargers.markAccepted(plan.id, atSecond(1));

      expect(outcome).toBe(false);
      expect(await chargers.findCharger(plan.id)).toEqual({ ...plan, revision: 1 });
    });

    test('is refused to a charger that nobody planned', async () => {
      expect(await chargers.markAccepted(anew('CP'), atSecond(1))).toBe(false);
    });
  });

  describe('a connection', () => {
    test('is the current one, heard when it was made', async () => {
      const id = anew('Cp');

      const before = await chargers.connect(id, 'c1', 1, atSecond(1));

      expect(before).toEqual({ commandsWait: false });
      expect(await chargers.currentConnection(id.toLowerCase())).toEqual({
        connectionId: 'c1',
        revision: 1,
        connectedAt: atSecond(1),
        lastHeardAt: atSecond(1),
      });
    });

    test('replaces the one before, and says which', async () => {
      const id = anew('CP');
      await chargers.connect(id, 'c1', 1, atSecond(1));

      const { replaced } = await chargers.connect(id, 'c2', 1, atSecond(2));
      const repeated = await chargers.connect(id, 'c2', 1, atSecond(3));

      expect([replaced, repeated]).toEqual(['c1', { commandsWait: false }]);
      expect(await chargers.currentConnection(id)).toMatchObject({ connectionId: 'c2' });
    });

    test('is over after its end, and a later one is as if it had never been', async () => {
      const id = anew('CP');
      await chargers.connect(id, 'c1', 1, atSecond(1));

      const outcome = await chargers.disconnect(id, 'c1', atSecond(2));
      const over = await chargers.currentConnection(id);
      await chargers.connect(id, 'c2', 1, atSecond(3));

      expect(outcome).toBe(true);
      expect(over).toEqual({
        revision: 1,
        connectedAt: atSecond(1),
        disconnectedAt: atSecond(2),
        lastHeardAt: atSecond(1),
      });
      expect(await chargers.currentConnection(id)).toEqual({
        revision: 1,
        connectionId: 'c2',
        connectedAt: atSecond(3),
        lastHeardAt: atSecond(3),
      });
    });

    test('row 6: the late end of a replaced connection changes nothing', async () => {
      const id = anew('CP');
      await chargers.connect(id, 'c1', 1, atSecond(1));
      await chargers.connect(id, 'c2', 1, atSecond(2));

      const outcome = await chargers.disconnect(id, 'c1', atSecond(3));

      expect(outcome).toBe(false);
      expect(await chargers.currentConnection(id)).toEqual({
        revision: 1,
        connectionId: 'c2',
        connectedAt: atSecond(2),
        lastHeardAt: atSecond(2),
      });
    });

    test('of a charger that never connected has no end', async () => {
      const id = anew('CP');

      expect(await chargers.disconnect(id, 'c1', atSecond(1))).toBe(false);
      expect(await chargers.currentConnection(id)).toBeUndefined();
    });

    test('ends once, however many say so at the same moment', async () => {
      const id = anew('CP');
      await chargers.connect(id, 'c1', 1, atSecond(1));

      const outcomes = await Promise.all([1, 2, 3].map((n) => chargers.disconnect(id, 'c1', atSecond(1 + n))));

      expect(outcomes.filter(Boolean)).toHaveLength(1);
    });

    test('may be asked for a message, and the latest permission counts', async () => {
      const plan = chargerPlan({ id: anew('CP') });
      await chargers.permit(anew('CP'), { action: 'Heartbeat', until: atSecond(1) });
      await chargers.saveCharger(plan);
      await chargers.permit(plan.id, { action: 'Heartbeat', until: atSecond(1) });

      await chargers.permit(plan.id, { action: 'StatusNotification', until: atSecond(9) });
      await chargers.saveCharger(plan);

      const { maySay } = (await chargers.findCharger(plan.id)) ?? {};
      expect(maySay).toEqual({ action: 'StatusNotification', until: atSecond(9) });
    });

    test('is told that commands wait for the charger, until none does', async () => {
      const id = anew('CP');
      await chargers.expectCommands(id, 'first');
      const told = await chargers.connect(id, 'c1', 1, atSecond(1));
      await chargers.expectCommands(id, 'second');

      await chargers.expectNoCommands(id, 'first');
      const still = await chargers.connect(id, 'c2', 1, atSecond(2));
      const kept = await chargers.currentConnection(id);
      await chargers.expectNoCommands(id, 'second');
      const none = await chargers.connect(id, 'c3', 1, atSecond(3));

      expect([told, still, none].map(({ commandsWait }) => commandsWait)).toEqual([true, true, false]);
      expect(kept).toMatchObject({ connectionId: 'c2', commandsWait: 'second' });
    });

    test('of ten that come at the same moment one stays, and each of the others is named once to be cut', async () => {
      const id = anew('CP');
      const ids = Array.from({ length: 10 }, (_, index) => `c${index}`);

      const before = await Promise.all(ids.map((connectionId) => chargers.connect(id, connectionId, 1, atSecond(1))));

      const current = (await chargers.currentConnection(id))?.connectionId;
      expect([...before.map(({ replaced }) => replaced), current].toSorted()).toEqual([...ids, undefined].toSorted());
    });

    test('survives an end that races with it', async () => {
      const id = anew('CP');
      await chargers.connect(id, 'c1', 1, atSecond(1));

      await Promise.all([chargers.disconnect(id, 'c1', atSecond(2)), chargers.connect(id, 'c2', 1, atSecond(2))]);

      expect(await chargers.currentConnection(id)).toMatchObject({ connectionId: 'c2' });
    });

    test('is heard when somebody says so', async () => {
      const id = anew('CP');
      await chargers.connect(id, 'c1', 1, atSecond(1));

      await chargers.recordHeard(id.toLowerCase(), atSecond(300));

      expect(await chargers.currentConnection(id)).toEqual({
        revision: 1,
        connectionId: 'c1',
        connectedAt: atSecond(1),
        lastHeardAt: atSecond(300),
      });
    });
  });

  describe('the status of a connector', () => {
    const planned = async () => {
      const plan = chargerPlan();
      await chargers.saveCharger(plan);
      return plan.id;
    };
    const statusesOf = async (id: string) => (await chargers.viewCharger(id))?.statuses;

    test('row 43: is created by its first report, for the charger as a whole as well', async () => {
      const id = await planned();
      const whole = status({ connector: { evse: 0, connector: 0 } });
      const full = status({
        status: 'Faulted',
        errorCode: 'OtherError',
        info: '<b>',
        vendorId: 'v',
        vendorErrorCode: 'e',
      });

      const outcomes = [
        await chargers.recordStatusIfNewer(id, whole),
        await chargers.recordStatusIfNewer(id.toLowerCase(), full),
      ];

      expect(outcomes).toEqual([true, true]);
      expect(await statusesOf(id)).toEqual([whole, full]);
    });

    test('row 43: is replaced whole by a newer report, and by one of the same moment', async () => {
      const id = await planned();
      const faulted = status({
        status: 'Faulted',
        errorCode: 'OtherError',
        info: 'i',
        vendorId: 'v',
        vendorErrorCode: 'e',
      });
      await chargers.recordStatusIfNewer(id, faulted);

      const newer = await chargers.recordStatusIfNewer(id, status({ at: atSecond(1) }));
      const same = await chargers.recordStatusIfNewer(id, status({ at: atSecond(1), status: 'Preparing' }));

      expect([newer, same]).toEqual([true, true]);
      expect(await statusesOf(id)).toEqual([status({ at: atSecond(1), status: 'Preparing' })]);
    });

    test('row 43: is not overwritten by an older report', async () => {
      const id = await planned();
      await chargers.recordStatusIfNewer(id, status({ at: atSecond(10) }));

      const outcome = await chargers.recordStatusIfNewer(
        id,
        status({ at: atSecond(9), status: 'Faulted', info: 'old' }),
      );

      expect(outcome).toBe(false);
      expect(await statusesOf(id)).toEqual([status({ at: atSecond(10) })]);
    });

    test('row 43: is the newest of several that arrive at the same moment, on one connector', async () => {
      const id = await planned();
      const reports = [4, 1, 9, 3, 7].map((second) => status({ at: atSecond(second), info: `${second}` }));

      await Promise.all(reports.map((report) => chargers.recordStatusIfNewer(id, report)));

      expect(await statusesOf(id)).toEqual([status({ at: atSecond(9), info: '9' })]);
    });

    test('is listed in the order of the connectors', async () => {
      const id = await planned();
      const reports: StatusReport[] = [10, 2, 1, 999, 2147483647].map((n) => status({ connector: connector(n) }));

      for (const report of reports) await chargers.recordStatusIfNewer(id, report);

      expect((await statusesOf(id))?.map((report) => report.connector.evse)).toEqual([1, 2, 10, 999, 2147483647]);
    });

    test('makes no charger of one that nobody planned', async () => {
      const id = anew('CP');

      await chargers.recordStatusIfNewer(id, status());

      expect(await chargers.viewCharger(id)).toBeUndefined();
    });
  });

  test('an identity is not part of another one that begins alike', async () => {
    const plan = chargerPlan();
    await chargers.saveCharger(plan);
    await chargers.saveCharger({ ...plan, id: `${plan.id} B` });
    await chargers.recordStatusIfNewer(`${plan.id} B`, status());

    expect(await chargers.viewCharger(plan.id)).toMatchObject({ connection: {}, statuses: [] });
  });
});
