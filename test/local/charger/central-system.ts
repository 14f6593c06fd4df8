import type { AddressInfo, Socket } from 'node:net';
import { createRPCError, type RPCClient, RPCServer } from 'ocpp-rpc';

type Payload = Record<string, unknown>;

export interface Heard {
  messageId: string | undefined;
  action: string;
  payload: Payload;
}

/** How often this action was heard before comes as the second argument. */
type Answerer = (payload: Payload, before: number) => object | Promise<object>;

export const refuse = (code: string): never => {
  throw createRPCError(code, 'as the test wants it', {});
};

const wellMannered: Record<string, Answerer> = {
  Authorize: () => ({ idTagInfo: { status: 'Accepted' } }),
  BootNotification: () => ({ status: 'Accepted', currentTime: new Date().toISOString(), interval: 300 }),
  DiagnosticsStatusNotification: () => ({}),
  FirmwareStatusNotification: () => ({}),
  Heartbeat: () => ({ currentTime: new Date().toISOString() }),
  MeterValues: () => ({}),
  StartTransaction: (_, before) => ({ transactionId: 4711 + before, idTagInfo: { status: 'Accepted' } }),
  StatusNotification: () => ({}),
  StopTransaction: () => ({}),
};

/** A small central system on `ocpp-rpc` in strict mode: it answers from a table and remembers what it heard, in order. */
export class CentralSystem {
  readonly heard: Heard[] = [];
  readonly url: string;
  /** The Basic auth password of the last connection. */
  password: Buffer | undefined;
  connections = 0;
  /** The HTTP status that every upgrade is refused with, if so. */
  refusesWith: number | undefined;
  readonly #server: RPCServer;
  readonly #sockets: Socket[];
  #client: RPCClient | undefined;

  static async listen(answers: Record<string, Answerer> = {}): Promise<CentralSystem> {
    const server = new RPCServer({ protocols: ['ocpp1.6'], strictMode: true });
    const http = await server.listen(0, '127.0.0.1');
    const sockets: Socket[] = [];
    http.on('connection', (socket: Socket) => sockets.push(socket));
    return new CentralSystem(server, sockets, (http.address() as AddressInfo).port, { ...wellMannered, ...answers });
  }

  private constructor(server: RPCServer, sockets: Socket[], port: number, answers: Record<string, Answerer>) {
    this.#server = server;
    this.#sockets = sockets;
    this.url = `ws://127.0.0.1:${port}/ocpp`;
    server.auth((accept, reject, { password }) => {
      this.password = password;
      if (this.refusesWith === undefined) accept();
      else reject(this.refusesWith, 'as the test wants it');
    });
    server.on('client', (client: RPCClient) => {
      this.#client = client;
      this.connections += 1;
      for (const [action, answer] of Object.entries(answers)) {
        client.handle(action, async ({ messageId, params = {} }) => {
          const before = this.of(action).length;
          this.heard.push({ messageId, action, payload: params });
          return answer(params, before);
        });
      }
    });
  }

  of(action: string): Payload[] {
    return this.heard.filter((heard) => heard.action === action).map(({ payload }) => payload);
  }

  command(action: string, payload: object): Promise<unknown> {
    if (!this.#client) throw new Error('No charger has connected.');
    return this.#client.call(action, payload);
  }

  /** Cuts the connection without a closing handshake. */
  async cut(): Promise<void> {
    await this.#client?.close({ force: true });
  }

  /** Goes silent on the connection that there is: nothing is read from it any more, and it is not closed. */
  freeze(): void {
    this.#sockets.at(-1)?.removeAllListeners('data').pause();
  }

  async close(): Promise<void> {
    await this.#server.close({ force: true });
  }
}
