import { parseArgs } from 'node:util';
import * as z from 'zod';
import { behave, type Mode, modes } from './behaviour.ts';
import type { ChargerOptions } from './charger.ts';
import { stopReasons } from './messages.ts';

/** An option that cannot be used; the message names it. */
export class BadOption extends Error {
  override name = 'BadOption';
}

export interface Run {
  chargers: ChargerOptions[];
  quiet: boolean;
  verbose: boolean;
}

interface Option {
  /** What stands for the value in the help; absent for a switch. */
  value?: string;
  help: string;
  default?: string;
  multiple?: boolean;
}

const options = {
  id: { value: 'ID', help: 'charge point identity; needed' },
  password: { value: 'TEXT', help: 'Basic auth password; {id} in it stands for the identity' },
  'key-hex': { value: 'HEX', help: 'instead of a password: the AuthorizationKey, sent as raw bytes' },
  url: { value: 'URL', help: 'the identity is appended to it', default: 'ws://127.0.0.1:8080/ocpp' },
  tag: { value: 'TAG', help: 'idTag of every session; {id} in it stands for the identity', default: 'DEMO' },
  sessions: { value: 'N', help: 'sessions to run; 0: only obey commands, until Ctrl-C', default: '1' },
  duration: { value: 'S', help: 'length of a session, simulated seconds', default: '600' },
  power: { value: 'W', help: 'charging power', default: '7200' },
  phases: { value: '1|3', help: 'phases in use (default: 1 up to 7400 W, else 3)' },
  interval: { value: 'S', help: 'simulated seconds between MeterValues; 0: none', default: '60' },
  speed: { value: 'X', help: 'simulated seconds per real second, 1 or more', default: '1' },
  connector: { value: 'N', help: 'connector of the sessions', default: '1' },
  connectors: { value: 'N', help: 'how many it has (default: as many as --connector needs)' },
  soc: { value: '%', help: "the car's state of charge at the start of a session", default: '20' },
  battery: { value: 'WH', help: "size of the car's battery", default: '60000' },
  'meter-start': { value: 'WH', help: 'register before the first session', default: '0' },
  'stop-reason': { value: 'REASON', help: 'why sessions end: Local, EVDisconnected …', default: 'Local' },
  count: { value: 'N', help: 'so many chargers: the number in --id is counted up', default: '1' },
  'random-seed': { value: 'N', help: 'the same seed gives the same meter values', default: '1' },
  mode: { value: 'MODE', help: `disobedience, repeatable: ${Object.keys(modes).join(', ')}`, multiple: true },
  attempts: { value: 'N', help: 'how often a refused transaction message is sent', default: '3' },
  'retry-interval': { value: 'S', help: 'real seconds before it is sent again, growing', default: '10' },
  'call-timeout': { value: 'S', help: 'real seconds to wait for an answer', default: '30' },
  patience: { value: 'S', help: 'real seconds without connection or answer before giving up', default: '60' },
  quiet: { help: 'print problems only' },
  verbose: { help: 'print every message with its payload' },
  help: { help: 'this text' },
} satisfies Record<string, Option>;

const table: [name: string, option: Option][] = Object.entries(options);

const decimal = (what: string) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, `wants ${what}`)
    .transform(Number);
const number = (what: string, { over = -1, max = 1e9 }: { over?: number; max?: number } = {}) =>
  decimal(what).refine((value) => value > over && value <= max, `wants ${what}`);
const whole = (what: string, limits?: { over?: number; max?: number }) =>
  number(what, limits).refine(Number.isInteger, `wants ${what}`);

const values = z.object({
  id: z
    .string('is needed')
    .min(1, 'is empty')
    .max(48, 'is longer than 48 characters')
    .refine((id) => !id.includes(':'), 'cannot hold a colon: it is the user name of Basic auth'),
  password: z.string().min(1, 'is empty').optional(),
  'key-hex': z
    .string()
    .regex(/^([0-9a-f]{2}){1,20}$/i, 'wants up to 40 hexadecimal digits, two per byte')
    .optional(),
  url: z.url({ protocol: /^wss?$/, error: 'wants a ws:// or wss:// URL' }),
  tag: z.string().min(1, 'is empty'),
  sessions: whole('a whole number'),
  duration: whole('seconds, a whole number over 0', { over: 0, max: 1e7 }),
  power: number('watts, over 0', { over: 0, max: 1e6 }),
  phases: z
    .enum(['1', '3'], 'wants 1 or 3')
    .transform((phases) => (phases === '1' ? 1 : 3))
    .optional(),
  interval: whole('seconds, a whole number'),
  speed: number('a number from 1 to 100000', { max: 1e5 }).refine((speed) => speed >= 1, 'wants 1 or more'),
  connector: whole('a connector number from 1', { over: 0, max: 100 }),
  connectors: whole('a number from 1', { over: 0, max: 100 }).optional(),
  soc: number('0 to 100 (percent)', { max: 100 }),
  battery: number('watt-hours, over 0', { over: 0 }),
  'meter-start': whole('watt-hours, a whole number', { max: 2e9 }),
  'stop-reason': z.enum(stopReasons, `wants one of ${stopReasons.join(', ')}`),
  count: whole('a number from 1', { over: 0, max: 10_000 }),
  'random-seed': whole('a whole number'),
  mode: z.array(z.custom<Mode>((mode) => typeof mode === 'string' && Object.hasOwn(modes, mode), 'is not known')),
  attempts: whole('a number from 1', { over: 0, max: 1e6 }),
  'retry-interval': whole('seconds, a whole number', { max: 1e6 }),
  'call-timeout': number('seconds, over 0', { over: 0, max: 1e6 }),
  patience: number('seconds, over 0', { over: 0, max: 1e6 }),
  quiet: z.boolean().default(false),
  verbose: z.boolean().default(false),
});

/** What the command line asks for; `help` when it asks for that. Throws BadOption. */
export function readOptions(argv: readonly string[]): Run | 'help' {
  const given = parse(argv);
  if (given.help) return 'help';
  const read = values.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new BadOption(`--${String(issue?.path[0])} ${issue?.message}`);
  }
  const { password, 'key-hex': keyHex, connector, connectors = connector, phases, quiet, verbose, ...rest } = read.data;
  if (password !== undefined && keyHex !== undefined)
    throw new BadOption('--key-hex and --password exclude each other');
  if (connectors < connector) throw new BadOption(`--connector ${connector} is more than --connectors ${connectors}`);

  const ids = countUp(rest.id, rest.count);
  const chargers = ids.map((id, index): ChargerOptions => {
    const idTag = rest.tag.replaceAll('{id}', id);
    if (idTag.length > 20) throw new BadOption(`--tag ${idTag} is longer than 20 characters`);
    return {
      id,
      url: rest.url,
      password: keyHex === undefined ? password?.replaceAll('{id}', id) : Buffer.from(keyHex, 'hex'),
      idTag,
      sessions: rest.sessions,
      connectors,
      connector,
      durationMs: rest.duration * 1000,
      stopReason: rest['stop-reason'],
      supply: {
        powerW: rest.power,
        phases: phases ?? (rest.power <= 7400 ? 1 : 3),
        batteryWh: rest.battery,
        seed: rest['random-seed'] + index * 1000,
      },
      soc: rest.soc,
      meterStartWh: rest['meter-start'],
      sampleIntervalS: rest.interval,
      speed: rest.speed,
      behaviour: behave(...rest.mode),
      attempts: rest.attempts,
      retryIntervalS: rest['retry-interval'],
      callTimeoutMs: rest['call-timeout'] * 1000,
      redial: { firstMs: 1000, longestMs: 30_000 },
      patienceMs: rest.patience * 1000,
    };
  });
  return { chargers, quiet, verbose };
}

function parse(argv: readonly string[]): Record<string, unknown> {
  try {
    const { values: given } = parseArgs({
      args: [...argv],
      options: Object.fromEntries(
        table.map(([name, option]) => [
          name,
          { type: option.value === undefined ? 'boolean' : 'string', multiple: option.multiple ?? false },
        ]),
      ),
    });
    const defaults = table.flatMap(([name, option]) => (option.default === undefined ? [] : [[name, option.default]]));
    return { mode: [], ...Object.fromEntries(defaults), ...given };
  } catch (error) {
    throw new BadOption(error instanceof Error ? (error.message.split(/\. |\n/)[0] ?? error.message) : String(error));
  }
}

/** CP008, CP009, CP010: the last number in it grows and keeps its width. */
function countUp(id: string, count: number): string[] {
  if (count === 1) return [id];
  const parts = /^(.*?)(\d+)(\D*)$/s.exec(id);
  if (!parts) throw new BadOption('--id has no number to count up, which --count needs');
  const [, before = '', digits = '', after = ''] = parts;
  return Array.from(
    { length: count },
    (_, index) => `${before}${String(BigInt(digits) + BigInt(index)).padStart(digits.length, '0')}${after}`,
  );
}

export function help(): string {
  const lines = table.map(([name, option]) => {
    const left = `--${name}${option.value === undefined ? '' : ` ${option.value}`}`;
    return `  ${left.padEnd(24)}${option.help}${option.default === undefined ? '' : ` (default: ${option.default})`}`;
  });
  return `A simulated OCPP 1.6 charger. It boots, authorises, charges, reports and stops, obeys every command
of OCPP 1.6, and prints what happens.

  npm run charger -- --id CP001 --password SECRET --sessions 3 --power 7200 --interval 10

${lines.join('\n')}

With --speed the charger's clock starts in the past, so that the last session ends about now: no message carries a time in the future.
Heartbeats, retries and time-outs stay in real time.

Exit code: 0 when every session was completed and acknowledged, 1 when not, 2 for an option that cannot be used.`;
}
