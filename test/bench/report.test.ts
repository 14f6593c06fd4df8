import { expect, test } from 'vitest';
import { percentile } from '#bench/load/latencies.ts';
import { readOptions } from '#bench/options.ts';
import { comparison, type Results } from '#bench/report/results.ts';
import { table } from '#bench/report/table.ts';

test.each([
  [50, 3],
  [95, 5],
  [100, 5],
  [1, 1],
])('of 1 to 5 the percentile %i is %i, whatever their order', (percent, value) => {
  expect(percentile([5, 1, 4, 2, 3], percent)).toBe(value);
});

test('numbers stand to the right, in as many digits as say something', () => {
  const text = table(
    ['action', 'ms'],
    [
      ['Heartbeat', 0.123],
      ['Authorize', 1234.5],
      ['Reset', undefined],
    ],
  );

  expect(text).toBe('action       ms\n---------  ----\nHeartbeat  0.12\nAuthorize  1235\nReset');
});

test('two results are compared number by number, entries of lists by what they are called', () => {
  const machine = { at: '', commit: 'a', node: '', cores: 2, processor: '', memoryGiB: 1 };
  const first: Results = { machine, handlers: { rounds: 1, handlers: [{ action: 'Authorize', p50: 2, mean: 4 }] } };
  const second: Results = {
    machine,
    handlers: {
      rounds: 1,
      handlers: [
        { action: 'Heartbeat', p50: 9, mean: 9 },
        { action: 'Authorize', p50: 1, mean: 4 },
      ],
    },
  };

  expect(comparison(first, second).rows).toEqual([
    ['handlers rounds', 1, 1, 1],
    ['handlers handlers Authorize p50', 2, 1, 0.5],
    ['handlers handlers Authorize mean', 4, 4, 1],
  ]);
});

test('without arguments the sessions are run', () => {
  expect(readOptions([])).toMatchObject({ command: 'sessions', chargers: undefined, save: false });
});

test.each([
  [['nothing'], "'nothing' is none of"],
  [['sessions', '--chargers', '0'], '--chargers must be a whole number from 1'],
  [['outage', '--chargers', 'many'], "not 'many'"],
  [['compare', 'one.json'], 'compare takes two files'],
  [['sessions', 'a.json'], 'sessions takes no files'],
])('the arguments %j are refused: %s', (args, why) => {
  expect(() => readOptions(args)).toThrow(why);
});

test('a behaviour of one’s own starts from that of a public AC charger', () => {
  const options = readOptions(['cost', '--sessions-per-day', '0', '--samples-per-session', '7']);

  expect(options).toMatchObject({ behaviour: { sessionsPerDay: 0, samplesPerSession: 7, heartbeatsPerHour: 12 } });
});
