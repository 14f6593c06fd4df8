import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type FaultSpec, readFaultSpec } from '#local/faults/fault-spec.ts';
import { UserError } from '#local/start/user-error.ts';

export interface Options {
  /** 0: any free one. */
  port: number;
  host: string;
  /** Kept across restarts; undefined: in memory, removed at the end. */
  data: string | undefined;
  seed: string | undefined;
  /** Whether a demo charger runs through a session. */
  demo: boolean;
  /** A cloud assembly that is run as it is; undefined: synthesise ours. */
  assembly: string | undefined;
  /** In the place of what the templates give functions in these environment variables. */
  variables: Record<string, string>;
  /** How often every schedule fires and expired items are looked for, in milliseconds; undefined: as the rates say, and every minute. */
  tickMs: number | undefined;
  /** What goes wrong on purpose; undefined: nothing. */
  faults: FaultSpec | undefined;
  /** Most instances of one function. */
  instances: number;
  /** New WebSockets per second; Infinity: no limit. */
  connectsPerS: number;
  /** A connection on which nobody says anything for so long is cut. */
  idleMs: number;
  /** No connection lives longer. */
  connectionMs: number;
}

export const help = `npm start -- [options]      the cloud of lib/ on this machine

  --port N         where everything listens (8080; 0 picks a free port)
  --host HOST      on which address (127.0.0.1; anything else can be reached by others, and turns /local/* off)
  --data DIR       what is kept across restarts (.chargeline)
  --memory         keep nothing
  --seed FILE      load these chargers and tags, not the demo set: {"chargers":[…],"idTags":[…]}
  --no-demo        run no demo charger
  --assembly DIR   run this cloud assembly, do not synthesise
  --set NAME=VALUE in every function that has the environment variable NAME, it has this value (repeatable)
  --tick SECONDS   every schedule fires this often, not as its rate says, and expired items are deleted this often
  --idle-timeout SECONDS     cut a WebSocket on which nobody says anything for so long (600, as AWS)
  --max-connection SECONDS   cut a WebSocket that is so old (7200, as AWS)
  --instances N    of each function at most so many at a time (4)
  --throttle-connects N      refuse more new WebSockets per second with 429 (500, as AWS; 0: no limit)
  --faults SPEC    let things go wrong, each at a rate from 0 to 1: timeout=0.01,cut=0.002,seed=7 (docs/local-cloud.md; /local/faults counts them)
  --help           print this
`;

/** Throws a UserError (exit code 2) that names the option and its rule. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parse(args);
  if (values.help) return 'help';
  if (values.memory && values.data !== undefined) refuse('--memory', 'keeps nothing: leave out --data');
  const text = (name: 'host' | 'data' | 'seed' | 'assembly') => {
    if (values[name] === '') refuse(`--${name}`, 'must not be empty');
    return values[name];
  };
  const path = (name: 'seed' | 'assembly') => {
    const given = text(name);
    return given === undefined ? undefined : resolve(given);
  };
  return {
    port: wholeOf('--port', values.port ?? '8080', 0, 65_535),
    host: text('host') ?? '127.0.0.1',
    data: values.memory ? undefined : resolve(text('data') ?? '.chargeline'),
    seed: path('seed'),
    demo: !values['no-demo'] && values.seed === undefined,
    assembly: path('assembly'),
    variables: variablesOf(values.set ?? []),
    tickMs: values.tick === undefined ? undefined : msOf('--tick', values.tick),
    faults: values.faults === undefined ? undefined : readFaultSpec(values.faults),
    instances: wholeOf('--instances', values.instances ?? '4', 1, 1000),
    connectsPerS: wholeOf('--throttle-connects', values['throttle-connects'] ?? '500', 0, 1_000_000) || Infinity,
    idleMs: msOf('--idle-timeout', values['idle-timeout'] ?? '600'),
    connectionMs: msOf('--max-connection', values['max-connection'] ?? '7200'),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        data: { type: 'string' },
        memory: { type: 'boolean' },
        seed: { type: 'string' },
        'no-demo': { type: 'boolean' },
        assembly: { type: 'string' },
        set: { type: 'string', multiple: true },
        tick: { type: 'string' },
        faults: { type: 'string' },
        instances: { type: 'string' },
        'throttle-connects': { type: 'string' },
        'idle-timeout': { type: 'string' },
        'max-connection': { type: 'string' },
        help: { type: 'boolean' },
      },
    });
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    // Only the first sentence: the rest explains parseArgs to programmers.
    const [sentence = cause.message] = cause.message.split(/\. |\n/);
    throw new UserError(`${sentence}. \`npm start -- --help\` lists the options.`, 2);
  }
}

function wholeOf(option: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (!/^\d{1,7}$/.test(text) || number < min || number > max) {
    refuse(option, `must be a whole number from ${min} to ${max}, not '${text}'`);
  }
  return number;
}

/** What is given may be a secret: a refusal does not repeat it. */
function variablesOf(settings: readonly string[]): Record<string, string> {
  const variables = settings.map((setting) => {
    const [, name, value] = /^([A-Za-z]\w*)=(.*)$/s.exec(setting) ?? [];
    if (name === undefined || value === undefined) refuse('--set', 'must be NAME=VALUE, NAME an environment variable');
    return [name, value] as const;
  });
  return Object.fromEntries(variables);
}

function msOf(option: string, text: string): number {
  const ms = Math.round(Number(text) * 1000);
  if (!/^\d+(\.\d+)?$/.test(text) || ms < 1) refuse(option, `must be a number of seconds above 0, not '${text}'`);
  return ms;
}

function refuse(option: string, rule: string): never {
  throw new UserError(`${option} ${rule}. \`npm start -- --help\` lists the options.`, 2);
}
