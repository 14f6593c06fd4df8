import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import * as z from 'zod';
import type { ResponseOf } from '#shared/ocpp/action.ts';
import { errorCodes } from '#shared/ocpp/errors.ts';
import { type InboundName, inbound, subprotocol } from '#shared/ocpp/v16/index.ts';
import { until } from './until.ts';

export interface Dialling {
  /** Those that are offered, in order; ['ocpp1.6'] unless given. */
  protocols?: string[];
  headers?: Record<string, string>;
  basic?: { user: string; password: string | Buffer };
}

/** The upgrade was not granted. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly status: number;

  constructor(status: number) {
    super(`The upgrade was refused with ${status}`);
    this.status = status;
  }
}

/** Rows 10 and 13: exactly these codes, always five elements, the details an object. */
const answer = z.union([
  z.tuple([z.literal(3), z.string(), z.record(z.string(), z.unknown())]),
  z.tuple([z.literal(4), z.string(), z.enum(errorCodes), z.string(), z.strictObject({})]),
]);
export type Answer = z.output<typeof answer>;

/** What the central system asks of a charger. */
export interface Call {
  id: string;
  action: string;
  payload: Record<string, unknown>;
}

const call = z.tuple([z.literal(2), z.string().max(36), z.string(), z.record(z.string(), z.unknown())]);

/** Basic credentials as bytes: a password need not be text. */
export function basicAuthorization(user: string, password: string | Buffer): string {
  return `Basic ${Buffer.concat([Buffer.from(`${user}:`), Buffer.from(password)]).toString('base64')}`;
}

/** A charger's end of a WebSocket, which sends whatever it is told to and keeps what it hears until somebody asks for it. */
export class RawCharger {
  readonly #socket: WebSocket;
  /** What was heard and not asked for yet. */
  #heard: string[] = [];
  /** All that was heard since it dialled. */
  readonly transcript: string[] = [];
  /** The code with which the connection was closed. */
  #closed: number | undefined;

  static async dial(url: string, { protocols = [subprotocol], headers = {}, basic }: Dialling): Promise<RawCharger> {
    const authorization = basic && { authorization: basicAuthorization(basic.user, basic.password) };
    const socket = new WebSocket(url, protocols, { headers: { ...headers, ...authorization } });
    const charger = new RawCharger(socket);
    const refused = new Promise<never>((_, reject) => {
      socket.once('unexpected-response', (_request, response: IncomingMessage) => {
        response.resume();
        reject(new Refusal(response.statusCode ?? 0));
      });
    });
    await Promise.race([once(socket, 'open'), refused]);
    socket.on('error', () => {});
    return charger;
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const text = String(data);
      // API Gateway sends an empty frame where the function of a two-way route returns no body, as for a frame that is no CALL but has
      // an action's name in third place. It is no OCPP message, and chargers pass over it.
      if (text === '') return;
      this.#heard.push(text);
      this.transcript.push(text);
    });
    socket.on('close', (code) => {
      this.#closed = code;
    });
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(text: string | Buffer): void {
    this.#socket.send(text);
  }

  /** One message in frames of 16 KB, as chargers send what is too long for one of the gateway's frames. */
  sendInParts(text: string): void {
    const bytes = Buffer.from(text);
    const size = 16 * 1024;
    for (let from = 0; from < bytes.length; from += size) {
      this.#socket.send(bytes.subarray(from, from + size), { binary: false, fin: from + size >= bytes.length });
    }
  }

  /** The next message that nobody has asked for. */
  async next(): Promise<string> {
    await this.#until('a message has come', () => this.#heard.length > 0);
    return this.#heard.shift() ?? '';
  }

  /** The answer with this message id. */
  async answerTo(messageId: string): Promise<Answer> {
    const isIt = (text: string) => {
      const json: unknown = JSON.parse(text);
      return Array.isArray(json) && json[1] === messageId;
    };
    const found = await this.#until(`${messageId} is answered`, () => this.#heard.find(isIt));
    this.#heard.splice(this.#heard.indexOf(found), 1);
    return answer.parse(JSON.parse(found));
  }

  /** The next CALL of the central system. */
  async nextCall(): Promise<Call> {
    const isCall = (text: string) => /^\[2,/.test(text);
    const found = await this.#until('a call has come', () => this.#heard.find(isCall));
    this.#heard.splice(this.#heard.indexOf(found), 1);
    const [, id, action, payload] = call.parse(JSON.parse(found));
    return { id, action, payload };
  }

  /** How many CALLs of the central system have come so far. */
  get callsHeard(): number {
    return this.transcript.filter((text) => /^\[2,/.test(text)).length;
  }

  /** Answers a CALL of the central system. */
  answer({ id }: Pick<Call, 'id'>, payload: object): void {
    this.send(JSON.stringify([3, id, payload]));
  }

  /** Answers a CALL of the central system with a CALLERROR. */
  refuse({ id }: Pick<Call, 'id'>, code: string, description = ''): void {
    this.send(JSON.stringify([4, id, code, description, {}]));
  }

  /** Sends a CALL and resolves with its answer, whichever it is. */
  async exchange(action: string, payload: unknown, messageId: string = randomUUID()): Promise<Answer> {
    this.send(JSON.stringify([2, messageId, action, payload]));
    return this.answerTo(messageId);
  }

  /** Sends a CALL and resolves with the payload of its CALLRESULT, held to the contract. Rejects on a CALLERROR. */
  async call<Name extends InboundName>(
    action: Name,
    payload: object,
    messageId?: string,
  ): Promise<ResponseOf<(typeof inbound)[Name]>> {
    const [type, , content, description] = await this.exchange(action, payload, messageId);
    if (type !== 3) throw new Error(`${action} was refused: ${content}: ${description}`);
    return inbound[action].response.parse(content) as ResponseOf<(typeof inbound)[Name]>;
  }

  /** Sends a CALL that is refused, and resolves with code and description. Rejects on a CALLRESULT. */
  async refusal(action: string, payload: unknown, messageId?: string): Promise<[code: string, description: string]> {
    const [type, , content, description] = await this.exchange(action, payload, messageId);
    if (type !== 4) throw new Error(`${action} was answered: ${JSON.stringify(content)}`);
    return [content, description];
  }

  /**
   * All that comes back for a frame. Known without waiting in vain: two CALLs follow, one for the function that takes what has no route of its
   * own and one Heartbeat, which shows that the socket still serves; what else has come by then is the answer.
   */
  async allAnswersTo(frame: string): Promise<string[]> {
    this.send(frame);
    await this.exchange('NoSuchAction', {});
    await this.call('Heartbeat', {});
    const heard = this.#heard;
    this.#heard = [];
    return heard;
  }

  boot(more: object = {}) {
    return this.call('BootNotification', { chargePointVendor: 'Acme', chargePointModel: 'One', ...more });
  }

  /** The code of the close frame, once there is one. */
  async closed(): Promise<number> {
    return until('the connection is closed', () => this.#closed);
  }

  /** Closes it and waits until the other end agrees. */
  async close(): Promise<void> {
    this.#socket.close(1000);
    await this.closed();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #until<T>(what: string, condition: () => T | undefined | false): Promise<T> {
    return until(what, () => {
      const value = condition();
      if (!value && this.#closed !== undefined) throw new Error(`closed with ${this.#closed} before ${what}`);
      return value;
    });
  }
}
