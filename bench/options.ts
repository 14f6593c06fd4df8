import { parseArgs } from 'node:util';
import { type Command, commands } from './commands.ts';
import { type Behaviour, behaviours } from './cost/behaviours.ts';

export interface Options {
  command: Command;
  chargers: number | undefined;
  rounds: number | undefined;
  json: string | undefined;
  save: boolean;
  /** Of `compare`. */
  files: string[];
  /** Of `cost`: one charger's, in place of the three that are known. */
  behaviour: Behaviour | undefined;
}

export const help = `npm run bench -- [command] [options]      what a message costs, on this machine and in the cloud

  sessions     100 chargers in a closed loop, beside the same requests through the bare SDK (the default)
  connected    5,000 connected chargers with heartbeats
  outage       5,000 chargers dial at once
  commands     commands per second to 1,000 connected chargers, and what one consumes
  start        how long npm start takes
  init         what loading each function's bundle takes, with the AWS SDK inside and outside
  handlers     what the handlers take without a database
  all          all of them
  compare A B  two files of --json, side by side
  cost         what a charger costs per month, by the measurement that was saved last; for another behaviour than the three known ones:
               --sessions-per-day N --heartbeats-per-hour N --samples-per-session N --statuses-per-session N --dials-per-day N
               --looks-per-session N --boots-per-month N --commands-per-month N --firmware-updates-per-year N --firmware-mib N
               --diagnostics-per-year N --diagnostics-mib N --months-kept N (what is left out is as a public AC charger's)

  --chargers N  in place of 100 or 5,000
  --rounds N    windows, heartbeats of each charger, or runs
  --json FILE   write the numbers as well
  --save        write them to bench/results/latest.json, and the tables of docs/performance.md and docs/cost.md
`;

/** Throws with one sentence that names the option. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      chargers: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'string' },
      save: { type: 'boolean' },
      help: { type: 'boolean' },
      'sessions-per-day': { type: 'string' },
      'heartbeats-per-hour': { type: 'string' },
      'samples-per-session': { type: 'string' },
      'statuses-per-session': { type: 'string' },
      'looks-per-session': { type: 'string' },
      'dials-per-day': { type: 'string' },
      'boots-per-month': { type: 'string' },
      'commands-per-month': { type: 'string' },
      'firmware-updates-per-year': { type: 'string' },
      'firmware-mib': { type: 'string' },
      'diagnostics-per-year': { type: 'string' },
      'diagnostics-mib': { type: 'string' },
      'months-kept': { type: 'string' },
    },
  });
  if (values.help) return 'help';
  const [name = 'sessions', ...files] = positionals;
  const command = commands.find((each) => each === name);
  if (!command) throw new Error(`'${name}' is none of ${commands.join(', ')}`);
  if (files.length !== (command === 'compare' ? 2 : 0))
    throw new Error(`${command} takes ${command === 'compare' ? 'two files' : 'no files'}`);
  return {
    command,
    chargers: countOf('chargers', values.chargers, 50_000),
    rounds: countOf('rounds', values.rounds, 1000),
    json: values.json,
    save: values.save ?? false,
    files,
    behaviour: behaviourOf(values),
  };
}

function behaviourOf(values: Readonly<Record<string, string | boolean | undefined>>): Behaviour | undefined {
  const given = (name: string) => {
    const value = values[name];
    return typeof value === 'string' ? countOf(name, value, 100_000, 0) : undefined;
  };
  const told = {
    sessionsPerDay: given('sessions-per-day'),
    heartbeatsPerHour: given('heartbeats-per-hour'),
    samplesPerSession: given('samples-per-session'),
    statusesPerSession: given('statuses-per-session'),
    looksPerSession: given('looks-per-session'),
    dialsPerDay: given('dials-per-day'),
    bootsPerMonth: given('boots-per-month'),
    commandsPerMonth: given('commands-per-month'),
    firmwareUpdatesPerYear: given('firmware-updates-per-year'),
    firmwareMib: given('firmware-mib'),
    diagnosticsPerYear: given('diagnostics-per-year'),
    diagnosticsMib: given('diagnostics-mib'),
    monthsKept: given('months-kept'),
  };
  const known = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
  return Object.keys(known).length === 0 ? undefined : { ...behaviours['public AC'], ...known };
}

function countOf(name: string, text: string | undefined, most: number, least = 1): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!/^\d{1,6}$/.test(text) || count < least || count > most) {
    throw new Error(`--${name} must be a whole number from ${least} to ${most}, not '${text}'`);
  }
  return count;
}
