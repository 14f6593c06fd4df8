import { describe, expect, test } from 'vitest';
import { help, type Run, readOptions } from '#local/charger/options.ts';

const read = (line: string): Run => {
  const run = readOptions(line.split(' '));
  if (run === 'help') throw new Error('That asks for help.');
  return run;
};

describe('the options of the simulated charger', () => {
  test('say what it does', () => {
    const run = read('--id CP001 --password secret --sessions 3 --power 11000 --interval 10 --speed 60 --soc 55');

    expect(run.chargers).toHaveLength(1);
    expect(run.chargers[0]).toMatchObject({
      id: 'CP001',
      password: 'secret',
      url: 'ws://127.0.0.1:8080/ocpp',
      sessions: 3,
      sampleIntervalS: 10,
      speed: 60,
      soc: 55,
      durationMs: 600_000,
      supply: { powerW: 11_000, phases: 3 },
    });
  });

  test('count the number in the identity up and keep its width', () => {
    const { chargers } = read('--id CP099-A --count 3 --password {id}-key --tag T-{id}');

    expect(chargers.map(({ id }) => id)).toEqual(['CP099-A', 'CP100-A', 'CP101-A']);
    expect(chargers.map(({ password }) => password)).toEqual(['CP099-A-key', 'CP100-A-key', 'CP101-A-key']);
    expect(chargers.map(({ idTag }) => idTag)).toEqual(['T-CP099-A', 'T-CP100-A', 'T-CP101-A']);
  });

  test('give every charger of a crowd a car of its own', () => {
    const { chargers } = read('--id CP1 --count 2');

    expect(chargers[0]?.supply.seed).not.toBe(chargers[1]?.supply.seed);
  });

  test('turn a key in hex into the bytes that go over the wire', () => {
    const { chargers } = read('--id CP001 --key-hex 00ff3a80');

    expect(chargers[0]?.password).toEqual(Buffer.from([0x00, 0xff, 0x3a, 0x80]));
  });

  test('combine modes', () => {
    const { chargers } = read('--id CP001 --mode repeat-start --mode clock-1970');

    expect(chargers[0]?.behaviour).toEqual({ startsSent: 2, clock: '1970', isFaulted: false, losesStops: false });
  });

  test.each([
    ['--powr 3', '--powr'],
    ['--power lots', '--power'],
    ['--power 0', '--power'],
    ['--power', '--power'],
    ['--speed 0.5', '--speed'],
    ['--sessions 1.5', '--sessions'],
    ['--soc 101', '--soc'],
    ['--url http://127.0.0.1', '--url'],
    ['--mode rude', '--mode'],
    ['--stop-reason Bored', '--stop-reason'],
    ['--tag ABCDEFGHIJKLMNOPQRSTU', '--tag'],
    ['--key-hex xyz', '--key-hex'],
    ['--key-hex 00 --password a', '--key-hex'],
    ['--connector 3 --connectors 2', '--connector'],
    ['surplus', 'surplus'],
  ])('are refused by name: %s', (line, name) => {
    expect(() => read(`--id CP001 ${line}`)).toThrow(name);
  });

  test('are refused without an identity, or with one that cannot be counted', () => {
    expect(() => read('--power 7200')).toThrow('--id is needed');
    expect(() => read('--id charger --count 2')).toThrow('--id has no number');
  });

  test('are explained', () => {
    expect(readOptions(['--help'])).toBe('help');
    expect(help()).toContain('--meter-start WH');
  });
});
