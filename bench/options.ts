import { parseArgs } from 'node:util';
import { type Command, commands } from './commands.ts';

export interface Options {
  command: Command;
  chargers: number | undefined;
  rounds: number | undefined;
  json: string | undefined;
  save: boolean;
  /** Of `compare`. */
  files: string[];
}

export const help = `npm run bench -- [command] [options]      what a message costs, on this machine and in the cloud

  sessions     100 chargers in a closed loop, beside the same requests through the bare SDK (the default)
  connected    5,000 connected chargers with heartbeats
  outage       5,000 chargers dial at once
  start        how long npm start takes
  init         what loading each function's bundle takes, with the AWS SDK inside and outside
  handlers     what the handlers take without a database
  all          all of them
  compare A B  two files of --json, side by side

  --chargers N  in place of 100 or 5,000
  --rounds N    windows, heartbeats of each charger, or runs
  --json FILE   write the numbers as well
  --save        write them to bench/results/latest.json, and the tables of docs/performance.md
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
  };
}

function countOf(name: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!/^\d{1,6}$/.test(text) || count < 1 || count > most) {
    throw new Error(`--${name} must be a whole number from 1 to ${most}, not '${text}'`);
  }
  return count;
}
