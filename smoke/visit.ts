import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { subprotocol } from '#shared/ocpp/v16/index.ts';
import { Line, type NotIn } from './line.ts';
import type { Options } from './options.ts';

/** Of an OCPP-J message, what is looked at. */
const message = z.tuple([z.number(), z.string()]).rest(z.unknown());

/** Where and as whom to dial, where it is not as the options say. */
interface Way {
  url?: string;
  user?: string;
  password?: string | Buffer;
  protocols?: string[];
}

/** What a check works with: it dials, asks, and says what it saw. */
export class Visit {
  readonly options: Options;
  readonly #open: Line[] = [];

  constructor(options: Options) {
    this.options = options;
  }

  async dial({ url, user, password, protocols }: Way = {}): Promise<Line | NotIn> {
    const { id, timeoutMs } = this.options;
    const line = await Line.dial(url ?? this.addressOf(id), {
      user: user ?? id,
      password: password ?? this.options.password,
      protocols: protocols ?? [subprotocol],
      timeoutMs,
    });
    if (line instanceof Line) this.#open.push(line);
    return line;
  }

  addressOf(identity: string): string {
    return `${this.options.url}${encodeURIComponent(identity)}`;
  }

  async hangUp(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((line) => line.hangUp()));
  }
}

/** A CALL that nothing here knows: it is answered, and changes nothing. */
export function unknownCall(messageId: string, padding = 0): string {
  return JSON.stringify([2, messageId, 'SmokeTest', { padding: 'x'.repeat(padding) }]);
}

export const newId = () => randomUUID();

/** The answer to a frame, as text: `CALLRESULT {…}`, `CALLERROR NotImplemented`, or what came instead. */
export async function answerTo(line: Line, messageId: string): Promise<string> {
  const find = () => line.heard.map(read).find((each) => each?.[1] === messageId);
  await line.until(() => find() !== undefined);
  const found = find();
  if (found?.[0] === 3) return `CALLRESULT ${JSON.stringify(found[2])}`;
  if (found?.[0] === 4) return `CALLERROR ${String(found[2])}`;
  if (line.closed !== undefined) return `closed with ${line.closed}`;
  const [other] = line.heard.slice(-1);
  return other === undefined ? 'no answer' : `no answer; last heard: ${other.slice(0, 120)}`;
}

export async function call(line: Line, action: string, payload: object): Promise<string> {
  const messageId = newId();
  line.send(JSON.stringify([2, messageId, action, payload]));
  return answerTo(line, messageId);
}

function read(text: string): z.output<typeof message> | undefined {
  try {
    return message.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
