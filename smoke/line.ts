import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';

export interface Dialling {
  protocols: string[];
  user: string;
  password: string | Buffer;
  timeoutMs: number;
}

/** The upgrade was answered with a status, or not at all. */
export interface NotIn {
  /** `HTTP 401`, or what went wrong. */
  seen: string;
}

/** A charger's end of a WebSocket that remembers all it hears, empty frames included. */
export class Line {
  readonly #socket: WebSocket;
  readonly #timeoutMs: number;
  readonly #heard: string[] = [];
  #closed: number | undefined;
  #changed: () => void = () => {};

  static async dial(url: string, { protocols, user, password, timeoutMs }: Dialling): Promise<Line | NotIn> {
    const credentials = Buffer.concat([Buffer.from(`${user}:`), Buffer.from(password)]);
    const socket = new WebSocket(url, protocols, {
      headers: { authorization: `Basic ${credentials.toString('base64')}` },
      handshakeTimeout: timeoutMs,
      // The sizes of frames are what is checked: nothing may shrink them.
      perMessageDeflate: false,
    });
    const line = new Line(socket, timeoutMs);
    const status = new Promise<NotIn>((resolve) => {
      socket.once('unexpected-response', (request, { statusCode }) => {
        request.destroy();
        resolve({ seen: `HTTP ${statusCode}` });
      });
      socket.once('error', (error) => resolve({ seen: `no connection: ${error.message}` }));
    });
    const open = new Promise<Line>((resolve) => socket.once('open', () => resolve(line)));
    return Promise.race([open, status]);
  }

  private constructor(socket: WebSocket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    socket.on('message', (data) => {
      this.#heard.push(String(data));
      this.#changed();
    });
    socket.on('close', (code) => {
      this.#closed = code;
      this.#changed();
    });
    socket.on('error', () => {});
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  /** All that was heard. */
  get heard(): readonly string[] {
    return this.#heard;
  }

  /** The code with which the other end closed. */
  get closed(): number | undefined {
    return this.#closed;
  }

  send(data: string | Buffer): void {
    this.#socket.send(data);
  }

  /** One message in frames of so many bytes. */
  sendInFrames(text: string, bytes: number): void {
    const data = Buffer.from(text);
    for (let at = 0; at < data.length; at += bytes) {
      const fin = at + bytes >= data.length;
      this.#socket.send(data.subarray(at, at + bytes), { fin, binary: false });
    }
  }

  ping(): void {
    if (this.#closed === undefined) this.#socket.ping();
  }

  /** Waits until it holds, the line is closed, or patience is out; says whether it holds. */
  async until(holds: () => boolean, patienceMs = this.#timeoutMs): Promise<boolean> {
    const patience = new AbortController();
    const out = wait(patienceMs, 'out' as const, { signal: patience.signal }).catch(() => 'out' as const);
    while (!holds() && this.#closed === undefined) {
      const change = new Promise<'change'>((resolve) => {
        this.#changed = () => resolve('change');
      });
      if ((await Promise.race([change, out])) === 'out') break;
    }
    patience.abort();
    return holds();
  }

  /** Closes it and waits for the other end to agree. */
  async hangUp(): Promise<void> {
    this.#socket.close(1000);
    await this.until(() => this.#closed !== undefined, 2000);
    this.#socket.terminate();
  }
}
