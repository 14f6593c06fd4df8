import { describe, expect, test } from 'vitest';
import { behave } from '#local/charger/behaviour.ts';
import { until } from '#test/support/until.ts';
import { type CentralSystem, refuse } from './central-system.ts';
import { meet, told } from './scene.ts';

const sampleTimes = (central: CentralSystem): string[] =>
  central.of('MeterValues').map(({ meterValue }) => (meterValue as { timestamp: string }[])[0]?.timestamp ?? '');

const everyMinute = (from: unknown, count: number): string[] =>
  Array.from({ length: count }, (_, minute) => new Date(Date.parse(String(from)) + minute * 60_000).toISOString());

describe('a charging session', () => {
  test('is told in the order in which it happens', async () => {
    const { central, charger } = await meet();

    const report = await charger.run();

    expect(report.problems).toEqual([]);
    expect(told(central)).toEqual([
      'BootNotification',
      '0 Available',
      '1 Available',
      'Authorize',
      '1 Preparing',
      'StartTransaction',
      '1 Charging',
      ...Array(10).fill('MeterValues'),
      'StopTransaction',
      '1 Finishing',
      '1 Available',
    ]);
  });

  test('samples at exact simulated times, with what the power gave since', async () => {
    const { central, charger } = await meet();

    const report = await charger.run();

    const [start] = central.of('StartTransaction');
    const [stop] = central.of('StopTransaction');
    const transactionEnd = everyMinute(start?.timestamp, 11).at(-1);
    expect(start).toMatchObject({ connectorId: 1, idTag: 'TAG', meterStart: 1000 });
    expect(sampleTimes(central)).toEqual(everyMinute(start?.timestamp, 10));
    expect(central.of('MeterValues')[0]).toMatchObject({
      transactionId: 4711,
      meterValue: [{ sampledValue: [{ context: 'Transaction.Begin', value: '1000', unit: 'Wh' }, {}, {}, {}, {}] }],
    });
    expect(stop).toMatchObject({
      transactionId: 4711,
      idTag: 'TAG',
      reason: 'Local',
      timestamp: transactionEnd,
      transactionData: [
        {
          timestamp: transactionEnd,
          sampledValue: [{ context: 'Transaction.End', value: String(stop?.meterStop) }, {}, {}, {}, {}],
        },
      ],
    });
    expect(report.sessions[0]?.energyWh).toBeGreaterThanOrEqual(1175);
    expect(report.sessions[0]?.energyWh).toBeLessThanOrEqual(1200);
    expect(Number(stop?.meterStop) - 1000).toBe(report.sessions[0]?.energyWh);
  });

  test('follows another one on the same meter', async () => {
    const { central, charger } = await meet({}, { sessions: 3, stopReason: 'EVDisconnected' });

    const report = await charger.run();

    const starts = central.of('StartTransaction').map(({ meterStart }) => meterStart);
    const stops = central.of('StopTransaction').map(({ meterStop }) => meterStop);
    expect(report.problems).toEqual([]);
    expect(starts).toEqual([1000, stops[0], stops[1]]);
    expect(central.of('StopTransaction')).toMatchObject(
      [4711, 4712, 4713].map((transactionId) => ({ transactionId, reason: 'EVDisconnected' })),
    );
  });

  test('is reported as it was told', async () => {
    const { central, charger } = await meet();

    const { sessions } = await charger.run();

    const [start] = central.of('StartTransaction');
    const [stop] = central.of('StopTransaction');
    const told = [...central.of('MeterValues').map(({ meterValue }) => meterValue), stop?.transactionData].flat();
    expect(sessions).toMatchObject([
      {
        outcome: 'completed',
        transactionId: 4711,
        meterStartWh: start?.meterStart,
        meterStopWh: stop?.meterStop,
        startedAt: start?.timestamp,
        endedAt: stop?.timestamp,
        samples: told,
      },
    ]);
  });

  test('begins although the card had to be presented again, since nobody answered', async () => {
    const { central, charger } = await meet(
      {
        Authorize: (_, before) =>
          before < 2 ? new Promise<object>(() => undefined) : { idTagInfo: { status: 'Accepted' } },
      },
      { callTimeoutMs: 50 },
    );

    const report = await charger.run();

    expect(report.problems).toEqual([]);
    expect(central.of('Authorize')).toHaveLength(3);
  });

  test('does not begin when nobody ever answers the card', async () => {
    const { central, charger } = await meet(
      { Authorize: () => new Promise<object>(() => undefined) },
      { callTimeoutMs: 20 },
    );

    const report = await charger.run();

    expect(report.problems).toContain('a session was not run: nobody answered Authorize');
    expect(central.of('Authorize')).toHaveLength(5);
  });

  test('does not begin with a tag that is not accepted', async () => {
    const { central, charger } = await meet({ Authorize: () => ({ idTagInfo: { status: 'Blocked' } }) });

    const report = await charger.run();

    expect(told(central)).toEqual(['BootNotification', '0 Available', '1 Available', 'Authorize']);
    expect(report.problems).toContain('a session was refused: tag TAG is Blocked');
  });

  test.each(['Invalid', 'Blocked', 'Expired', 'ConcurrentTx'])(
    'is stopped as DeAuthorized when its start is answered %s',
    async (status) => {
      const { central, charger } = await meet({
        StartTransaction: () => ({ transactionId: 9, idTagInfo: { status } }),
      });

      const report = await charger.run();

      expect(central.of('StopTransaction')).toMatchObject([
        { transactionId: 9, reason: 'DeAuthorized', meterStop: 1000 },
      ]);
      expect(told(central)).not.toContain('1 Charging');
      expect(report.problems).toContain(`a session was refused: its start was answered ${status}`);
    },
  );

  test('suspends when the car is full', async () => {
    const { central, charger } = await meet({}, { soc: 99.99 });

    await charger.run();

    expect(told(central)).toContain('1 SuspendedEV');
  });

  test('ends properly when the charger is stopped in the middle of it', async () => {
    const { central, charger } = await meet({}, { sessions: 2, durationMs: 36_000_000 });
    const running = charger.run();
    await until('the session runs', () => central.of('MeterValues').length >= 2);

    await charger.stop();

    const report = await running;
    expect(told(central).slice(-3)).toEqual(['StopTransaction', '1 Finishing', '1 Available']);
    expect(central.of('StopTransaction')).toMatchObject([{ reason: 'Local', idTag: 'TAG' }]);
    expect(report.sessions).toMatchObject([{ outcome: 'completed' }]);
    expect(report.problems).toEqual(['1 of 2 sessions were completed']);
  });
});

describe('registration', () => {
  test('is asked for again after the interval while it is pending, and nothing else is sent before', async () => {
    const statuses = ['Pending', 'Rejected', 'Accepted'];
    const { central, charger, time } = await meet({
      BootNotification: (_, before) => ({
        status: statuses[before],
        currentTime: new Date().toISOString(),
        interval: 45 + before,
      }),
    });

    const report = await charger.run();

    expect(report.problems).toEqual([]);
    expect(told(central).slice(0, 4)).toEqual([
      'BootNotification',
      'BootNotification',
      'BootNotification',
      '0 Available',
    ]);
    expect(time.waits).toEqual(expect.arrayContaining([45_000, 46_000]));
    expect(charger.configuration.number('HeartbeatInterval')).toBe(47);
  });

  test('brings heartbeats at the interval of its answer', async () => {
    const { central, charger, time } = await meet(
      { BootNotification: () => ({ status: 'Accepted', currentTime: new Date().toISOString(), interval: 7 }) },
      { sessions: 0 },
    );
    void charger.run();

    await until('two heartbeats came', () => central.of('Heartbeat').length >= 2);

    expect(time.waits.filter((ms) => ms === 7000).length).toBeGreaterThanOrEqual(2);
  });

  test('sets the clock', async () => {
    const noon = '2026-06-01T12:00:00.000Z';
    const { central, charger } = await meet({
      BootNotification: () => ({ status: 'Accepted', currentTime: noon, interval: 300 }),
    });

    await charger.run();

    expect(String(central.of('StartTransaction')[0]?.timestamp)).toMatch(/^2026-06-01T1[12]:/);
  });
});

describe('the way to the central system', () => {
  test.each([
    ['text', 'pass:wörd'],
    ['raw bytes', Buffer.from([0x00, 0xff, 0x3a, 0x80])],
  ])('is opened with a password of %s in Basic auth', async (_, password) => {
    const { central, charger } = await meet({}, { password });

    await charger.run();

    expect(central.password).toEqual(Buffer.from(password));
  });

  test('is given up when the door says that the password is wrong', async () => {
    const { central, charger } = await meet();
    central.refusesWith = 401;

    const report = await charger.run();

    expect(report.problems).toEqual(['HTTP 401 (wrong password)', '0 of 1 sessions were completed']);
  });

  test('is dialled again while the central system is not well', async () => {
    const { central, charger, notes } = await meet();
    central.refusesWith = 503;
    const running = charger.run();
    await until('it was refused twice', () => notes.filter((note) => note.includes('HTTP 503')).length >= 2);

    central.refusesWith = undefined;

    const report = await running;
    expect(report.problems).toEqual([]);
  });

  test('is dialled later each time, and not at the same moment as all the others', async () => {
    const { central, charger, time, notes } = await meet({}, { redial: { firstMs: 1_000, longestMs: 4_000 } });
    central.refusesWith = 503;
    void charger.run();

    await until('it was refused four times', () => notes.filter((note) => note.includes('HTTP 503')).length >= 4);

    const waits = time.waits.filter((ms) => ms < 10_000).slice(0, 4);
    const dueMs = [1_000, 2_000, 4_000, 4_000];
    expect(waits.map((ms, index) => Math.abs(ms / (dueMs[index] ?? 0) - 1) <= 0.25)).toEqual([true, true, true, true]);
    expect(waits.filter((ms) => dueMs.includes(ms))).toEqual([]);
  });

  test('is given up when nothing answers its pings, and taken again', async () => {
    const { central, charger } = await meet({}, { sessions: 0, pingIntervalMs: 50 });
    const running = charger.run();
    await until('it has booted', () => central.of('StatusNotification').length === 2);

    central.freeze();

    await until('it has dialled again', () => central.connections === 2);
    await charger.stop();
    expect((await running).problems).toEqual([]);
  });

  test('is given up when it stays away for too long, and says what was left', async () => {
    const { central, charger } = await meet({}, { durationMs: 36_000_000, patienceMs: 60_000 });
    const running = charger.run();
    await until('the session runs', () => central.of('MeterValues').length >= 2);

    central.refusesWith = 503;
    await central.cut();

    const report = await running;
    expect(report.problems).toContain('no connection for 60 s');
    expect(report.problems.some((problem) => problem.endsWith('not acknowledged'))).toBe(true);
  });
});

describe('the queue of transaction-related messages', () => {
  test('replays in order and with the original times what happened while the link was cut', async () => {
    const { central, charger, notes } = await meet({
      MeterValues: async (_, before) => {
        if (before === 2) {
          central.refusesWith = 503;
          await central.cut();
        }
        return {};
      },
    });
    const running = charger.run();
    await until('the rest of the session waits in the queue', () => charger.queued === 9);

    central.refusesWith = undefined;

    const report = await running;
    const [start] = central.of('StartTransaction');
    const times = sampleTimes(central);
    expect(report.problems).toEqual([]);
    expect(notes.some((note) => note.startsWith('connection lost'))).toBe(true);
    expect(times[2]).toBe(times[3]); // its answer was lost
    expect([...new Set(times)]).toEqual(everyMinute(start?.timestamp, 10));
    expect(times).toEqual([...times].sort());
    expect(central.of('StopTransaction')).toMatchObject([{ timestamp: everyMinute(start?.timestamp, 11).at(-1) }]);
    expect(told(central).lastIndexOf('MeterValues')).toBeLessThan(told(central).indexOf('StopTransaction'));
  });

  test('brings no second boot after a reconnect, but the status that changed meanwhile', async () => {
    const { central, charger } = await meet({
      MeterValues: async (_, before) => {
        if (before === 2) {
          central.refusesWith = 503;
          await central.cut();
        }
        return {};
      },
    });
    const running = charger.run();
    await until('the rest of the session waits in the queue', () => charger.queued === 9);

    central.refusesWith = undefined;

    await running;
    await until('the last status came', () => told(central).includes('1 Available'));
    expect(central.connections).toBe(2);
    expect(central.of('BootNotification')).toHaveLength(1);
    expect(central.of('StatusNotification').at(-1)).toMatchObject({ connectorId: 1, status: 'Available' });
  });

  test('learns the transaction only when its start is answered at last', async () => {
    const { central, charger } = await meet({
      StartTransaction: async (_, before) => {
        if (before === 0) {
          central.refusesWith = 503;
          await central.cut();
        }
        return { transactionId: 77, idTagInfo: { status: 'Accepted' } };
      },
    });
    const running = charger.run();
    await until('the whole session waits in the queue', () => charger.queued === 12);

    central.refusesWith = undefined;

    const report = await running;
    const starts = central.of('StartTransaction');
    expect(report.problems).toEqual([]);
    expect(starts).toHaveLength(2);
    expect(starts[1]).toEqual(starts[0]);
    expect(central.of('MeterValues')).toMatchObject(Array(10).fill({ transactionId: 77 }));
    expect(central.of('StopTransaction')).toMatchObject([{ transactionId: 77 }]);
  });

  test('sends again what was lost with the link, the same in all but its message id', async () => {
    const { central, charger } = await meet({
      StopTransaction: async (_, before) => {
        if (before === 0) await central.cut();
        return {};
      },
    });

    const report = await charger.run();

    const [lost, again, ...more] = central.heard.filter(({ action }) => action === 'StopTransaction');
    expect(report.problems).toEqual([]);
    expect(more).toEqual([]);
    expect(again).toEqual({ ...lost, messageId: expect.any(String) });
    expect(again?.messageId).not.toBe(lost?.messageId);
  });

  test('passes over an answer that comes after its time-out', async () => {
    let answerLate = (_: object): void => undefined;
    const { central, charger } = await meet(
      {
        StartTransaction: (_, before) => {
          if (before > 0) answerLate({ transactionId: 1, idTagInfo: { status: 'Accepted' } });
          if (before > 1) return { transactionId: 2, idTagInfo: { status: 'Accepted' } };
          return new Promise<object>((resolve) => {
            answerLate = resolve;
          });
        },
      },
      { callTimeoutMs: 100 },
    );

    const report = await charger.run();

    expect(report.problems).toEqual([]);
    expect(report.sessions).toMatchObject([{ transactionId: 2 }]);
    expect(central.of('StopTransaction')).toMatchObject([{ transactionId: 2 }]);
  });

  test('asks again, later each time, when a message is refused, and goes on after the last attempt', async () => {
    const { central, charger, time } = await meet({
      MeterValues: (_, before) => (before < 3 ? refuse('InternalError') : {}),
    });

    const report = await charger.run();

    const times = sampleTimes(central);
    expect(times.slice(0, 3)).toEqual(Array(3).fill(times[0]));
    expect(time.waits).toEqual(expect.arrayContaining([10_000, 20_000]));
    expect(central.of('MeterValues')).toHaveLength(3 + 9);
    expect(report.problems).toEqual([expect.stringContaining('MeterValues was discarded: CALLERROR InternalError')]);
  });

  test('stops a transaction that never got an id as -1', async () => {
    const { central, charger } = await meet({ StartTransaction: () => refuse('InternalError') }, { attempts: 2 });

    const report = await charger.run();

    expect(central.of('StartTransaction')).toHaveLength(2);
    expect(central.of('MeterValues')[0]).not.toHaveProperty('transactionId');
    expect(central.of('StopTransaction')).toMatchObject([{ transactionId: -1 }]);
    expect(report.problems.some((problem) => problem.startsWith('a session was unacknowledged'))).toBe(true);
  });

  test('sends a message again that was not answered, without counting attempts', async () => {
    const { central, charger } = await meet(
      { MeterValues: (_, before) => (before < 2 ? new Promise<object>(() => undefined) : {}) },
      { callTimeoutMs: 50, attempts: 1 },
    );

    const report = await charger.run();

    const times = sampleTimes(central);
    expect(report.problems).toEqual([]);
    expect(times.slice(0, 3)).toEqual(Array(3).fill(times[0]));
  });
});

describe('a disobedient charger', () => {
  test('repeats a start that was answered', async () => {
    const { central, charger } = await meet(
      { StartTransaction: () => ({ transactionId: 5, idTagInfo: { status: 'Accepted' } }) },
      { behaviour: behave('repeat-start') },
    );

    const report = await charger.run();

    const starts = central.of('StartTransaction');
    expect(starts).toHaveLength(2);
    expect(starts[1]).toEqual(starts[0]);
    expect(report.problems).toEqual([]);
  });

  test('notices when its repeated start became a second transaction', async () => {
    const { charger } = await meet({}, { behaviour: behave('repeat-start') });

    const report = await charger.run();

    expect(report.problems).toEqual(['The same StartTransaction was answered with transaction 4711, then with 4712.']);
  });

  test('lives in 1970', async () => {
    const { central, charger } = await meet({}, { behaviour: behave('clock-1970') });

    await charger.run();

    expect(central.of('StartTransaction')[0]?.timestamp).toMatch(/^1970-01-01T00:0/);
    expect(central.of('StopTransaction')[0]?.timestamp).toMatch(/^1970-01-01T00:1/);
  });
});
