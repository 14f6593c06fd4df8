import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

/** The upgrade was answered with another status than 101. */
export class Refused extends Error {
  override name = 'Refused';
  readonly status: number;

  constructor(status: number) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

export interface Identity {
  id: string;
  /** 40 hex digits: the AuthorizationKey of security profile 1. */
  keyHex: string;
}

export interface Dialling {
  /** `ws://127.0.0.1:<port>/ocpp`; the identity follows as a path segment. */
  url: string;
  /** How long the handshake may take. */
  timeoutMs?: number;
}

const callTimeoutMs = 60_000;

/** A charger as thin as it can be: frames are plain JSON, one CALL at a time, and nothing is believed about the answer but its shape. */
export class Charger {
  readonly #socket: WebSocket;
  #calls = 0;
  #due: { id: string; resolve(payload: unknown): void; reject(cause: Error): void } | undefined;
  /** The length of the last frame in each direction, in bytes. */
  lastBytes = { sent: 0, received: 0 };
  /** Answers to nothing that was asked: served twice, or to somebody else. */
  strays = 0;
  /** Answers a CALL of the central system; without it, each is a stray. */
  onCall: ((action: string, payload: unknown) => object) | undefined;

  static dial({ id, keyHex }: Identity, { url, timeoutMs = 60_000 }: Dialling): Promise<Charger> {
    const credentials = Buffer.concat([Buffer.from(`${id}:`), Buffer.from(keyHex, 'hex')]).toString('base64');
    const socket = new WebSocket(`${url}/${id}`, ['ocpp1.6'], {
      headers: { authorization: `Basic ${credentials}` },
      handshakeTimeout: timeoutMs,
      perMessageDeflate: false,
    });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('unexpected-response', (_request, response: IncomingMessage) => {
        response.resume();
        reject(new Refused(response.statusCode ?? 0));
        socket.terminate();
      });
      socket.once('open', () => {
        socket.off('error', reject);
        resolve(new Charger(socket));
      });
    });
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data) => this.#hear(String(data)));
    socket.on('close', (code) => this.#due?.reject(new Error(`the connection was closed with ${code}`)));
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** The payload of the CALLRESULT. Rejects on a CALLERROR, a closed connection, or no answer within a minute. */
  async call(action: string, payload: object): Promise<unknown> {
    const id = String(++this.#calls);
    let timer: NodeJS.Timeout | undefined;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#due = { id, resolve, reject };
      timer = setTimeout(() => reject(new Error(`no answer to ${action} within a minute`)), callTimeoutMs);
    });
    const frame = JSON.stringify([2, id, action, payload]);
    this.lastBytes.sent = Buffer.byteLength(frame);
    this.#socket.send(frame);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
      this.#due = undefined;
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.readyState === WebSocket.CLOSED) return resolve();
      this.#socket.once('close', () => resolve());
      this.#socket.close(1000);
    });
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #hear(text: string): void {
    this.lastBytes.received = Buffer.byteLength(text);
    const frame: unknown = JSON.parse(text);
    const [type, id, third, description] = Array.isArray(frame) ? frame : [];
    if (type === 2 && this.onCall) this.#socket.send(JSON.stringify([3, id, this.onCall(third, description)]));
    else if (!this.#due || id !== this.#due.id) this.strays++;
    else if (type === 3) this.#due.resolve(third);
    else this.#due.reject(new Error(`${text.length > 200 ? third : text} ${description ?? ''}`));
  }
}
