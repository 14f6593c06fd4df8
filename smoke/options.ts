import { parseArgs } from 'node:util';
import * as z from 'zod';

/** An option that cannot be used; the message names it. */
export class BadOption extends Error {
  override name = 'BadOption';
}

export interface Options {
  /** To which an identity is appended. */
  url: string;
  directUrl: string | undefined;
  id: string;
  encodedId: string | undefined;
  /** Text, or the raw bytes of an AuthorizationKey. */
  password: string | Buffer;
  boot: boolean;
  idle: { limitMs: number; pingMs: number } | undefined;
  timeoutMs: number;
  json: boolean;
}

const seconds = z
  .string()
  .regex(/^\d+(\.\d+)?$/, 'wants seconds')
  .transform((text) => Number(text) * 1000)
  .refine((ms) => ms > 0, 'wants more than 0 seconds');
const wss = z.url({ protocol: /^wss?$/, error: 'wants a ws:// or wss:// URL' });
const identity = z
  .string('is needed')
  .min(1, 'is empty')
  .refine((id) => !id.includes(':'), 'cannot hold a colon: it is the user name of Basic auth');

const values = z.object({
  url: z.string('is needed').pipe(wss),
  'direct-url': wss.optional(),
  id: identity,
  'encoded-id': identity.optional(),
  password: z.string().min(1, 'is empty').optional(),
  'key-hex': z
    .string()
    .regex(/^([0-9a-f]{2}){1,20}$/i, 'wants up to 40 hexadecimal digits, two per byte')
    .optional(),
  boot: z.boolean().default(false),
  idle: z.boolean().default(false),
  'idle-limit': seconds.default(660_000),
  'ping-interval': seconds.default(30_000),
  timeout: seconds.default(15_000),
  json: z.boolean().default(false),
});

/** What the command line asks for; `help` when it asks for that. Throws BadOption. */
export function readOptions(argv: readonly string[]): Options | 'help' {
  const given = parse(argv);
  if (given.help) return 'help';
  const read = values.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new BadOption(`--${String(issue?.path[0])} ${issue?.message}`);
  }
  const { password: text, 'key-hex': hex, idle, ...rest } = read.data;
  if (text !== undefined && hex !== undefined) throw new BadOption('--key-hex and --password exclude each other');
  const password = hex === undefined ? text : Buffer.from(hex, 'hex');
  if (password === undefined) throw new BadOption('--password or --key-hex is needed');
  return {
    url: rest.url.endsWith('/') ? rest.url : `${rest.url}/`,
    directUrl: rest['direct-url'],
    id: rest.id,
    encodedId: rest['encoded-id'],
    password,
    boot: rest.boot,
    idle: idle ? { limitMs: rest['idle-limit'], pingMs: rest['ping-interval'] } : undefined,
    timeoutMs: rest.timeout,
    json: rest.json,
  };
}

function parse(argv: readonly string[]): Record<string, unknown> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        url: text,
        'direct-url': text,
        id: text,
        'encoded-id': text,
        password: text,
        'key-hex': text,
        boot: flag,
        idle: flag,
        'idle-limit': text,
        'ping-interval': text,
        timeout: text,
        json: flag,
        help: flag,
      },
    }).values;
  } catch (error) {
    throw new BadOption(error instanceof Error ? (error.message.split(/\. |\n/)[0] ?? error.message) : String(error));
  }
}

export const help = `Checks that a deployed installation behaves as Chargeline relies upon, and prints what was seen.

  npm run smoke -- --url wss://d123.cloudfront.net/ocpp/ --id SMOKE1 --password SECRET

  --url URL             where chargers dial: the identity is appended
  --id ID               a charger that is kept for this: a real one of this identity would lose its connection
  --password TEXT       its password …
  --key-hex HEX         … or its AuthorizationKey
  --boot                boots it first; without, it must have been accepted before
  --encoded-id ID       another identity with the same password, of characters that a URL must encode
  --direct-url URL      the way past CloudFront, which ends in ?id=
  --idle                also waits how long a connection lives on pings alone: eleven minutes
  --idle-limit S        … or so long
  --ping-interval S     … with a ping so often (default: 30)
  --timeout S           how long to wait for what should come (default: 15)
  --json                the same as JSON
  --help                this text

It starts no session and leaves the charger as it was, but for --boot, which is a boot like any other.

Exit code: 0 when all that was checked is as relied upon, 1 when not, 2 for an option that cannot be used.`;
