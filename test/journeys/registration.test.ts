import { describe, test } from 'vitest';
import { inboundNames } from '#shared/ocpp/v16/index.ts';
import { localCloud } from '#test/support/local-cloud.ts';
import { until } from '#test/support/until.ts';

const cloud = localCloud({ seed: { idTags: [{ idTag: 'DRIVER', status: 'Accepted' }] } });

const status = { connectorId: 1, errorCode: 'NoError', status: 'Available' };
const start = { connectorId: 1, idTag: 'DRIVER', meterStart: 1000, timestamp: '2024-03-01T12:00:00Z' };
const notAccepted = ['SecurityError', 'BootNotification: this charger has not been accepted yet'];

describe.concurrent('a boot', () => {
  test('row 21: is answered with status, time and an interval of whole seconds', async ({ expect }) => {
    const charger = await cloud.charger({ heartbeatIntervalS: 77 });
    const socket = await charger.dial();

    const answer = await socket.boot();

    expect(answer).toEqual({
      status: 'Accepted',
      currentTime: expect.stringMatching(/^[\d-]+T[\d:]+\.\d{3}Z$/),
      interval: 77,
    });
  });

  test('row 21: names an interval that keeps the gateway from cutting the line, whatever was planned', async ({
    expect,
  }) => {
    const charger = await cloud.charger();

    const answer = await (await charger.dial()).boot();
    const refusal = await cloud.api.refusal('putCharger', {
      params: { chargerId: charger.id },
      body: { id: charger.id, heartbeatIntervalS: 301 },
    });

    expect(answer.interval).toBe(300);
    expect(refusal.errors).toMatchObject([{ field: 'heartbeatIntervalS' }]);
  });

  test('row 21: leaves what the charger says of itself for operators to read', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.dial();
    const before = await charger.read();

    await socket.boot({ chargePointSerialNumber: 'SN-1', firmwareVersion: '1.2.3' });

    const after = await charger.read();
    expect(before).toMatchObject({ vendor: null, model: null, bootedAt: null, acceptedAt: null });
    expect(after).toMatchObject({
      vendor: 'Acme',
      model: 'One',
      serialNumber: 'SN-1',
      firmwareVersion: '1.2.3',
      acceptedAt: after.bootedAt,
    });
  });

  test('row 21: may come again, and the first acceptance stays', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { acceptedAt } = await charger.read();

    const again = await socket.boot({ chargePointModel: 'Two' });

    expect(again.status).toBe('Accepted');
    expect(await charger.read()).toMatchObject({ acceptedAt, model: 'Two' });
  });

  test.for(['chargePointVendor', 'chargePointModel'] as const)(
    'row 26: with a %s of more than 20 characters is tolerated, kept whole and flagged',
    async (field, { expect }) => {
      const charger = await cloud.charger();
      const long = 'A name that is rather long';

      const answer = await (await charger.dial()).boot({ [field]: long });

      expect(answer.status).toBe('Accepted');
      expect(Object.values(await charger.read())).toContain(long);
      expect(await charger.violations()).toMatchObject([{ field, rule: 'at most 20 characters', count: 1 }]);
    },
  );

  test.for(['chargePointVendor', 'chargePointModel'] as const)(
    'row 26: with a %s of more than 20 characters is refused where it is strict',
    async (field, { expect }) => {
      const charger = await cloud.charger({ strictness: 'strict' });
      const names = { chargePointVendor: 'Acme', chargePointModel: 'One', [field]: 'x'.repeat(21) };

      const refusal = await (await charger.dial()).refusal('BootNotification', names);

      expect(refusal).toEqual(['PropertyConstraintViolation', `${field}: at most 20 characters`]);
      expect(await charger.read()).toMatchObject({ vendor: null, model: null, acceptedAt: null });
    },
  );
});

describe.concurrent('a charger that was never accepted', () => {
  test('row 23: is not heard, whatever it says', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.dial();
    const actions = inboundNames.filter((name) => name !== 'BootNotification');

    const refusals = await Promise.all(actions.map((action) => socket.refusal(action, {})));

    expect(refusals).toEqual(actions.map(() => notAccepted));
    expect(await charger.read()).toMatchObject({ online: true, acceptedAt: null, connectors: [] });
    expect(await charger.sessions()).toEqual([]);
  });

  test('row 23: what it says of money is kept', async ({ expect }) => {
    const charger = await cloud.charger({ registration: 'pending' });
    const socket = await charger.dial();
    await socket.boot();

    const refusal = await socket.refusal('StartTransaction', start, 'id-1');

    expect(refusal).toEqual(notAccepted);
    expect(await charger.evidence()).toMatchObject([
      {
        kind: 'refused',
        action: 'StartTransaction',
        content: JSON.stringify([2, 'id-1', 'StartTransaction', start]),
      },
    ]);
  });

  test.for([
    ['pending', 'Pending'],
    ['rejected', 'Rejected'],
  ] as const)(
    'row 23: a %s one is told %s, stays connected and is not heard',
    async ([registration, told], { expect }) => {
      const charger = await cloud.charger({ registration, heartbeatIntervalS: 60 });
      const socket = await charger.dial();

      const answer = await socket.boot();
      const refusal = await socket.refusal('Heartbeat', {});
      const again = await socket.boot();

      expect(answer).toMatchObject({ status: told, interval: 60 });
      expect(refusal).toEqual(notAccepted);
      expect(again.status).toBe(told);
      expect(socket.isOpen).toBe(true);
      expect(await charger.read()).toMatchObject({ registration, acceptedAt: null, online: true });
    },
  );

  test.for([
    ['pending', 'Pending'],
    ['rejected', 'Rejected'],
  ] as const)(
    'row 22: a %s one is told when to try again, is heard in nothing but boots, and is sent nothing unasked',
    { timeout: 120_000 },
    async ([registration, told], { expect }) => {
      const charger = await cloud.charger({ registration });
      const socket = await charger.dial();
      const actions = inboundNames.filter((name) => name !== 'BootNotification');

      const { status: verdict, interval } = await socket.boot();
      const refusals: unknown[] = [];
      for (const action of actions) refusals.push(await socket.refusal(action, {}));
      await until(
        'three seconds of its life have passed',
        secondsLived(3, async () => (await socket.boot()).currentTime),
      );

      expect(verdict).toBe(told);
      expect(interval).toBeGreaterThan(0);
      expect(interval).toBeLessThanOrEqual(300);
      expect(refusals).toEqual(actions.map(() => notAccepted));
      expect(socket.isOpen).toBe(true);
      expect(socket.transcript.filter((frame) => !isAnswer(frame))).toEqual([]);
    },
  );

  test('row 23: is heard on the same socket after the boot that follows its acceptance', async ({ expect }) => {
    const charger = await cloud.charger({ registration: 'pending' });
    const socket = await charger.dial();
    await socket.boot();

    await charger.put({ registration: 'accepted' });
    const before = await socket.refusal('Heartbeat', {});
    const boot = await socket.boot();
    const after = await socket.call('StatusNotification', status);

    expect(before).toEqual(notAccepted);
    expect(boot.status).toBe('Accepted');
    expect(after).toEqual({});
    expect(await charger.read()).toMatchObject({ acceptedAt: expect.any(String), connectors: [{ id: 1 }] });
  });

  test('row 23: is told that an action is unknown all the same', async ({ expect }) => {
    const socket = await (await cloud.charger()).dial();

    expect(await socket.refusal('NoSuchAction', {})).toEqual(['NotImplemented', 'NoSuchAction: no such action']);
  });
});

/** True once so many seconds have passed by the system's clock, of which each question asks. */
function secondsLived(seconds: number, now: () => Promise<string>) {
  let first: number | undefined;
  return async () => {
    const epochMs = Date.parse(await now());
    first ??= epochMs;
    return epochMs - first >= seconds * 1000;
  };
}

const isAnswer = (frame: string) => /^\[[34],/.test(frame);

describe.concurrent('the boot exchange', () => {
  test('row 24: nothing goes out before it, during it or after it but answers', async ({ expect }) => {
    const charger = await cloud.charger({ connectors: [{ id: 1, type: 'Type2', maxPowerW: 22_000 }] });
    const socket = await charger.dial();
    // Until its change was read, and acted on, whatever somebody might do when a charger appears.
    await until('it is online', async () => (await charger.read()).online);
    const before = [...socket.transcript];

    await socket.boot();
    await socket.call('StatusNotification', { ...status, connectorId: 0 });
    await socket.call('StatusNotification', status);
    const beat = async () => (await socket.call('Heartbeat', {})).currentTime;
    await until('five seconds of its life have passed', secondsLived(5, beat));

    expect(before).toEqual([]);
    expect(socket.transcript.length).toBeGreaterThan(4);
    expect(socket.transcript.filter((frame) => !isAnswer(frame))).toEqual([]);
  });

  test('row 24: a charger that comes back without a boot is sent nothing either', async ({ expect }) => {
    const charger = await cloud.charger();
    await (await charger.boot()).close();
    const socket = await charger.dial();

    const beat = async () => (await socket.call('Heartbeat', {})).currentTime;
    await until('three seconds of its life have passed', secondsLived(3, beat));

    expect(socket.transcript.filter((frame) => !isAnswer(frame))).toEqual([]);
  });
});

describe.concurrent('a charger that was accepted', () => {
  test.for(['rejected', 'pending'] as const)(
    'row 23: loses its connection when an operator makes it %s, and is not heard on the next',
    async (registration, { expect }) => {
      const charger = await cloud.charger();
      const socket = await charger.boot();

      await charger.put({ registration });
      await socket.closed();
      const next = await charger.dial();

      expect(await next.refusal('Heartbeat', {})).toEqual(notAccepted);
      expect((await next.boot()).status).toBe(registration === 'rejected' ? 'Rejected' : 'Pending');
    },
  );

  test('row 23: is heard again once it is accepted again', async ({ expect }) => {
    const charger = await cloud.charger();
    const first = await charger.boot();
    await charger.put({ registration: 'rejected' });
    await first.closed();
    const second = await charger.dial();
    await second.boot();

    await charger.put({ registration: 'accepted' });
    const boot = await second.boot();

    expect(boot.status).toBe('Accepted');
    await expect(second.call('StatusNotification', status)).resolves.toEqual({});
  });

  test('row 23: keeps its connection when an operator changes something else', async ({ expect }) => {
    const charger = await cloud.charger();
    const other = await cloud.charger();
    const [socket, marker] = await Promise.all([charger.boot(), other.boot()]);

    await charger.put({ heartbeatIntervalS: 30, strictness: 'strict' });
    // Changes are followed in their order: when the next one has had its effect, this one has had it too.
    await other.put({ registration: 'rejected' });
    await marker.closed();

    expect(socket.isOpen).toBe(true);
    await expect(socket.call('Heartbeat', {})).resolves.toHaveProperty('currentTime');
    expect((await socket.boot()).interval).toBe(30);
  });
});

describe.concurrent('a sign of life', () => {
  test.for([
    ['BootNotification', { chargePointVendor: 'Acme', chargePointModel: 'One' }],
    ['StatusNotification', { connectorId: 0, errorCode: 'NoError', status: 'Available' }],
  ] as const)('row 25: is seen in a %s at once', async ([action, payload], { expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { lastHeardAt: before } = await charger.read();

    await socket.call(action, payload);

    const { lastHeardAt: after, online } = await charger.read();
    expect(online).toBe(true);
    expect(String(after) > String(before)).toBe(true);
  });

  test('row 25: a charger that never came is offline and was never heard', async ({ expect }) => {
    const charger = await cloud.charger();

    expect(await charger.read()).toMatchObject({ online: false, connectedAt: null, lastHeardAt: null });
  });

  test('row 25: outlives the connection', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await socket.call('StatusNotification', status);
    const { lastHeardAt } = await charger.read();

    await socket.close();

    expect(await charger.read()).toMatchObject({ lastHeardAt });
  });
});
