import ocppRpc from 'ocpp-rpc';
import type { Changes } from './changes.ts';
import type { Time } from './clock.ts';
import type { Operation } from './messages.ts';

// Its error classes are not among the exports that Node can see by name.
const { createRPCError, RPCClient, RPCError, TimeoutError } = ocppRpc;

/** The socket was not there, or went away before the answer: the message may or may not have arrived. */
export class LinkLost extends Error {
  override name = 'LinkLost';
}
/** The socket is there, the answer is not. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
}
/** A CALLERROR, or an answer that is not OCPP. */
export class Refused extends Error {
  override name = 'Refused';
}

/** What a command is refused with, as a CALLERROR. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: 'PropertyConstraintViolation';

  constructor(code: Refusal['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** One message as it passed the socket. */
export interface Traffic {
  direction: 'out' | 'in';
  kind: 'call' | 'answer' | 'error';
  action: string;
  payload: unknown;
}

export interface LinkOptions {
  url: string;
  identity: string;
  /** Text, or the raw bytes of an AuthorizationKey. Absent: no Authorization header. */
  password?: string | Buffer;
  callTimeoutMs: number;
  redial: { firstMs: number; longestMs: number };
  pingIntervalMs?: number;
}

export interface LinkObserver {
  traffic(message: Traffic): void;
  note(text: string): void;
}

export type Answerer = (request: unknown) => object;

/** The way to the central system: `ocpp-rpc` in strict mode, one CALL at a time, and its errors told apart. */
export class Link {
  readonly #client: InstanceType<typeof RPCClient>;
  #options: LinkOptions;
  readonly #time: Time;
  readonly #changes: Changes;
  readonly #observer: LinkObserver;
  /** Errors of `ocpp-rpc`'s schema check, for which nothing refused anything on the wire. */
  readonly #invalid = new WeakMap<Error, string>();
  #lastCall: Promise<unknown> = Promise.resolve();
  #isOpen = false;
  #isWanted = false;
  #isDialling = false;
  #closedForGood: string | undefined;

  constructor(options: LinkOptions, deps: { time: Time; changes: Changes; observer: LinkObserver }) {
    this.#options = options;
    this.#time = deps.time;
    this.#changes = deps.changes;
    this.#observer = deps.observer;
    this.#client = new RPCClient(settings(options));
    this.#listen();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Why no redial will follow, if so. */
  get closedForGood(): string | undefined {
    return this.#closedForGood;
  }

  /** Other options, from the next time that it is told to dial. */
  use(options: Pick<LinkOptions, 'password' | 'pingIntervalMs'>): void {
    this.#options = { ...this.#options, ...options };
  }

  /**
   * The first connection, dialled again with back-off while nobody answers or the server is not well. From then on `ocpp-rpc` redials by itself.
   * Throws what another attempt would not mend, and `LinkLost` when the signal came first.
   */
  async dial(signal: AbortSignal): Promise<void> {
    this.#isWanted = true;
    this.#isDialling = true;
    this.#client.reconfigure(settings(this.#options));
    const hangUp = (): void => void this.#client.close();
    signal.addEventListener('abort', hangUp, { once: true });
    try {
      for (let delay = this.#options.redial.firstMs; ; delay = Math.min(delay * 2, this.#options.redial.longestMs)) {
        if (signal.aborted) throw new LinkLost('Hung up while dialling.');
        try {
          await this.#client.connect();
          return;
        } catch (error) {
          if (signal.aborted) continue;
          const { reason, isFinal } = diagnosis(error);
          if (isFinal) throw new Error(reason);
          this.#observer.note(`no connection: ${reason}; dials again in ${(delay / 1000).toFixed(0)} s`);
          await this.#time.wait(delay * (0.75 + Math.random() / 2), signal);
        }
      }
    } finally {
      signal.removeEventListener('abort', hangUp);
    }
  }

  async close(): Promise<void> {
    this.#isWanted = false;
    await this.#client.close({ code: 1000, reason: '', awaitPending: true });
  }

  /** Throws LinkLost, NoAnswer or Refused. */
  call<Answer>({ action, answer }: Operation<Answer>, payload: object): Promise<Answer> {
    const called = this.#lastCall.then(async () => {
      const raw = await this.#send(action, payload);
      const read = answer.safeParse(raw);
      if (!read.success) throw new Refused(`the answer to ${action} is not OCPP: ${read.error.message}`);
      return read.data;
    });
    this.#lastCall = called.catch(() => undefined);
    return called;
  }

  /** For a message that nobody queues: the answer, or undefined when there was none. */
  async ask<Answer>(operation: Operation<Answer>, payload: object): Promise<Answer | undefined> {
    try {
      return await this.call(operation, payload);
    } catch (error) {
      if (error instanceof LinkLost) return undefined;
      if (!(error instanceof NoAnswer || error instanceof Refused)) throw error;
      this.#observer.note(error.message);
      return undefined;
    }
  }

  answers(action: string, answerer: Answerer): void {
    this.#client.handle(action, async ({ params }) => {
      try {
        return answerer(params);
      } catch (error) {
        throw error instanceof Refusal ? createRPCError(error.code, error.message) : error;
      }
    });
  }

  async #send(action: string, payload: object): Promise<unknown> {
    // While it redials, ocpp-rpc would keep the call and send it later: too late for whoever waits, and twice for whoever retries.
    if (!this.#isOpen) throw new LinkLost('The link is down.');
    try {
      return await this.#client.call(action, payload);
    } catch (error) {
      if (error instanceof TimeoutError) {
        throw new NoAnswer(`no answer to ${action} within ${this.#options.callTimeoutMs / 1000} s`);
      }
      if (error instanceof RPCError) {
        const whose = this.#invalid.get(error) ?? 'CALLERROR';
        throw new Refused(`${whose} ${error.rpcErrorCode}${error.message && `: ${error.message}`}`);
      }
      throw new LinkLost(error instanceof Error ? error.message : String(error));
    }
  }

  #listen(): void {
    const client = this.#client;
    const traffic = (direction: Traffic['direction'], kind: Traffic['kind'], action: string, payload: unknown): void =>
      this.#observer.traffic({ direction, kind, action, payload });

    client.on('open', () => {
      this.#isOpen = true;
      this.#isDialling = false;
      this.#observer.note('connected');
      this.#changes.notify();
    });
    client.on('disconnect', ({ code }: { code: number }) => {
      this.#isOpen = false;
      this.#observer.note(this.#isWanted ? `connection lost (${code}); dials again` : 'connection closed');
      this.#changes.notify();
    });
    client.on('close', ({ reason }: { reason?: string }) => {
      // While it dials this is just another attempt that failed.
      if (this.#isWanted && !this.#isDialling) this.#closedForGood = reason || 'closed';
      this.#changes.notify();
    });
    client.on('call', ({ outbound, payload }: { outbound: boolean; payload: [number, string, string, unknown] }) =>
      traffic(outbound ? 'out' : 'in', 'call', payload[2], payload[3]),
    );
    // `outbound` tells whose call it was: the answer goes the other way.
    client.on('callResult', ({ outbound, method, result }: { outbound: boolean; method: string; result: unknown }) =>
      traffic(outbound ? 'in' : 'out', 'answer', method, result),
    );
    client.on('callError', ({ outbound, method, error }: { outbound: boolean; method: string; error: Error }) => {
      // What never came is no traffic.
      if (!(error instanceof RPCError)) return;
      traffic(outbound ? 'in' : 'out', 'error', method, { code: error.rpcErrorCode, description: error.message });
    });
    client.on('strictValidationFailure', ({ error, outbound }: { error: Error; outbound: boolean }) => {
      this.#invalid.set(error, outbound ? 'this charger would have sent what is not OCPP:' : 'the answer is not OCPP:');
    });
    client.on('socketError', () => undefined); // a disconnect follows, and says it
  }
}

function settings(options: LinkOptions): ConstructorParameters<typeof RPCClient>[0] {
  return {
    endpoint: options.url.replace(/\/+$/, ''),
    identity: options.identity,
    protocols: ['ocpp1.6'],
    strictMode: true,
    strictModeValidators: [],
    password: null,
    headers: authorization(options.identity, options.password),
    callTimeoutMs: options.callTimeoutMs,
    callConcurrency: 1,
    pingIntervalMs: options.pingIntervalMs ?? 30_000,
    deferPingsOnActivity: false,
    respondWithDetailedErrors: false,
    maxBadMessages: Number.POSITIVE_INFINITY,
    reconnect: true,
    maxReconnects: Number.POSITIVE_INFINITY,
    backoff: {
      initialDelay: options.redial.firstMs,
      maxDelay: options.redial.longestMs,
      factor: 2,
      randomisationFactor: 0.25,
    },
    wsOpts: {},
  };
}

function authorization(identity: string, password: string | Buffer | undefined): Record<string, string> {
  if (password === undefined) return {};
  const credentials = Buffer.concat([Buffer.from(`${identity}:`), Buffer.from(password)]);
  return { authorization: `Basic ${credentials.toString('base64')}` };
}

const meanings: Record<number, string> = {
  400: 'subprotocol or identity not accepted',
  401: 'wrong password',
  403: 'not allowed in',
  404: 'the central system does not know this charger',
};

/** What went wrong on the way up, and whether dialling again could help. */
function diagnosis(error: unknown): { reason: string; isFinal: boolean } {
  if (!(error instanceof Error)) return { reason: String(error), isFinal: false };
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'number') {
    const isFinal = code < 500 && code !== 408 && code !== 429;
    return { reason: `HTTP ${code} (${meanings[code] ?? error.message})`, isFinal };
  }
  const isNetwork = typeof code === 'string' && /^E(CONN|HOST|NET|PIPE|TIMEDOUT|NOTFOUND|AI_AGAIN)/.test(code);
  return { reason: error.message || String(code), isFinal: !isNetwork };
}
