import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readOptions } from '#local/start/options.ts';
import { UserError } from '#local/start/user-error.ts';

test('without options the local cloud listens on 127.0.0.1:8080, keeps its data, and runs the demo', () => {
  expect(readOptions([])).toEqual({
    port: 8080,
    host: '127.0.0.1',
    data: resolve('.chargeline'),
    seed: undefined,
    demo: true,
    assembly: undefined,
    variables: {},
    tickMs: undefined,
    faults: undefined,
    instances: undefined,
    connectsPerS: 500,
    idleMs: 600_000,
    connectionMs: 7_200_000,
  });
});

test('every option is read', () => {
  const options = readOptions([
    '--port',
    '0',
    '--host=0.0.0.0',
    '--data',
    'd',
    '--seed',
    's.json',
    '--assembly',
    'out',
    '--set=OFFER=a=b',
    '--set',
    'EMPTY=',
    '--tick=0.5',
    '--faults=timeout=0.01,cut=1,seed=7,disconnect-delay=1.5',
    '--instances=16',
    '--throttle-connects=0',
    '--idle-timeout=2',
    '--max-connection=60',
  ]);

  expect(options).toEqual({
    port: 0,
    host: '0.0.0.0',
    data: resolve('d'),
    seed: resolve('s.json'),
    demo: false,
    assembly: resolve('out'),
    variables: { OFFER: 'a=b', EMPTY: '' },
    tickMs: 500,
    faults: { rates: { timeout: 0.01, cut: 1 }, seed: 7, disconnectDelayMs: 1_500 },
    instances: 16,
    connectsPerS: Number.POSITIVE_INFINITY,
    idleMs: 2_000,
    connectionMs: 60_000,
  });
});

test('--memory keeps nothing and --no-demo runs no charger', () => {
  expect(readOptions(['--memory', '--no-demo'])).toMatchObject({ data: undefined, demo: false });
});

test('--help asks for help', () => {
  expect(readOptions(['--help'])).toBe('help');
});

test.each([
  [['--prot', '1'], /'--prot'/],
  [['--port', '-1'], /'--port/],
  [['--port', 'http'], /--port must be a whole number from 0 to 65535, not 'http'/],
  [['--port', '65536'], /--port must be a whole number from 0 to 65535/],
  [['--port'], /'--port <value>' argument missing/],
  [['--host', ''], /--host must not be empty/],
  [['--memory', '--data', 'd'], /--memory keeps nothing: leave out --data/],
  [['--memory=yes'], /'--memory' does not take an argument/],
  [['--set', 'OFFER'], /^--set must be NAME=VALUE, NAME an environment variable\./],
  [['--set', '=secret'], /^--set must be NAME=VALUE, NAME an environment variable\./],
  [['--set'], /'--set <value>' argument missing/],
  [['--tick', '0'], /--tick must be a number of seconds above 0, not '0'/],
  [['--tick', 'often'], /--tick must be a number of seconds above 0, not 'often'/],
  [['--faults', 'gremlins=0.1'], /--faults does not know 'gremlins': there are disconnect-late, .*, lost-answer, /],
  [['--faults', 'cut=1.5'], /--faults must have a rate from 0 to 1 for cut, not 1.5/],
  [['--faults', 'cut'], /--faults must be NAME=NUMBER,…, not 'cut'/],
  [['--faults', ''], /--faults must be NAME=NUMBER/],
  [['--instances', '0'], /--instances must be a whole number from 1 to 1000, not '0'/],
  [['--throttle-connects', 'few'], /--throttle-connects must be a whole number/],
  [['--idle-timeout', '-1'], /'--idle-timeout/],
  [['--max-connection', '0'], /--max-connection must be a number of seconds above 0/],
  [['somewhere'], /'somewhere'/],
])('%j is refused with the option and its rule', (args, message) => {
  const refusal = thrownBy(() => readOptions(args));

  expect(refusal).toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
});

function thrownBy(action: () => unknown): UserError {
  try {
    action();
  } catch (cause) {
    if (cause instanceof UserError) return cause;
  }
  throw new Error('nothing was refused');
}
