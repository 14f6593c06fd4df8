import { once } from 'node:events';
import type { WebSocket } from 'ws';
import * as z from 'zod';
import type { Integration } from '#local/assembly/template-resource.ts';
import type { Faults } from '#local/faults/faults.ts';
import type { FrameWatch } from '#local/gateway/frame-watch.ts';
import type { Integrate } from '#local/gateway/integrations.ts';
import { randomId } from '#local/gateway/request-ids.ts';
import type { SelectRoute } from '#local/gateway/route-selection.ts';
import type { Running } from '#local/gateway/running.ts';
import {
  type AuthorizerContext,
  type ConnectionFacts,
  disconnectEvent,
  messageEvent,
} from '#local/gateway/websocket-events.ts';

export interface MessageRoute {
  key: string;
  integration: Integration;
  /** Whether the integration's body is sent back. */
  twoWay: boolean;
}

/** What the connections of one API share. */
export interface Wiring {
  selectRoute: SelectRoute;
  routes: ReadonlyMap<string, MessageRoute>;
  disconnect: Integration | undefined;
  integrate: Integrate;
  running: Running;
  /** Longest frame that is sent. */
  frameBytes: number;
  faults: Faults | undefined;
  log: (line: string) => void;
}

/** The lifecycle routes are the gateway's own; a message cannot select them. */
const lifecycle = new Set(['$connect', '$disconnect']);

/** AWS's words where the peer gave none. */
const reasons: Partial<Record<number, string>> = {
  1001: 'Going away',
  1005: 'Client-side close frame status not set',
  1006: 'Connection closed abnormally',
};

const reply = z.strictObject({ statusCode: z.literal(200), body: z.string().optional() });

/** An open connection. Small: thousands of them are idle at a time. */
export class Connection {
  readonly facts: ConnectionFacts;
  lastActiveAt: number;
  readonly #authorizer: AuthorizerContext | undefined;
  readonly #socket: WebSocket;
  readonly #wiring: Wiring;
  #messages = 0;

  constructor(
    socket: WebSocket,
    frames: FrameWatch,
    facts: ConnectionFacts,
    authorizer: AuthorizerContext | undefined,
    wiring: Wiring,
  ) {
    this.#socket = socket;
    this.facts = facts;
    this.lastActiveAt = facts.connectedAt;
    this.#authorizer = authorizer;
    this.#wiring = wiring;

    // ws itself closes with the right code after a protocol error; without a listener the error would be thrown.
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => {
      if (!frames.allows(this.#messages++) || socket.readyState !== socket.OPEN) return;
      if (isBinary) socket.close(1003, 'Binary frames are not supported');
      else void wiring.running.track(this.#receive(data.toString()));
    });
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Sends a text message, in as many frames as it takes; false when the connection is no longer open. */
  send(text: string): boolean {
    if (!this.open) return false;
    this.lastActiveAt = Date.now();
    const { frameBytes } = this.#wiring;
    const bytes = Buffer.from(text);
    for (let from = 0; from === 0 || from < bytes.length; from += frameBytes) {
      const to = from + frameBytes;
      this.#socket.send(bytes.subarray(from, to), { binary: false, fin: to >= bytes.length });
    }
    return true;
  }

  /** Leaves further messages unread; what is under way is still answered. */
  hearNoMore(): void {
    this.#socket.pause();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    // To hear the peer's close frame; messages are passed over by now.
    this.#socket.resume();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  async closed(): Promise<void> {
    if (this.#socket.readyState !== this.#socket.CLOSED) await once(this.#socket, 'close');
  }

  /** Every message is an invocation of its own; answers leave in the order in which they are ready. */
  async #receive(body: string): Promise<void> {
    const { selectRoute, routes, integrate, faults } = this.#wiring;
    const requestId = randomId();
    this.lastActiveAt = Date.now();

    const selected = selectRoute(body);
    const route = (lifecycle.has(selected) ? undefined : routes.get(selected)) ?? routes.get('$default');
    if (!route) {
      this.send(this.#refusal('Forbidden', requestId));
      return;
    }

    const event = messageEvent(this.facts, route.key, body, requestId, this.#authorizer);
    const outcome = await integrate(route.integration.uri, event, route.integration.timeoutMs);
    if (faults?.strikes('cut')) return this.terminate();
    if (route.twoWay && faults?.strikes('lost-answer')) return;
    const answer = outcome.ok ? reply.safeParse(outcome.payload) : undefined;
    if (!answer?.success) this.send(this.#refusal('Internal server error', requestId));
    // AWS sends an empty frame when the function returns no body.
    else if (route.twoWay) this.send(answer.data.body ?? '');
  }

  /** After the socket has closed. Best effort, as on AWS. */
  async disconnected(code: number, reason: string): Promise<void> {
    const { disconnect, integrate, log } = this.#wiring;
    if (!disconnect) return;
    const event = disconnectEvent(this.facts, code, reason || (reasons[code] ?? ''), this.#authorizer);
    const outcome = await integrate(disconnect.uri, event, disconnect.timeoutMs);
    if (!outcome.ok) log(`$disconnect of ${this.facts.connectionId} failed: ${outcome.error.errorMessage}`);
  }

  #refusal(message: string, requestId: string): string {
    return `{"message": "${message}", "connectionId":"${this.facts.connectionId}", "requestId":"${requestId}"}`;
  }
}
