import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import * as z from 'zod';
import { basicAuthorization } from './raw-charger.ts';

export interface PersistentOptions {
  id: string;
  /** Of its socket, the identity included. */
  url: string;
  keyHex: string;
  /** The first wait before it dials again; doubled each time, up to the longest, and half as much again at random. */
  redial: { firstMs: number; longestMs: number };
  /** How long it waits for an answer before it sends its call again. */
  answerMs: number;
}

const booted = z.tuple([z.literal(3), z.string(), z.object({ status: z.literal('Accepted') })]);
const beaten = z.tuple([z.literal(3), z.string(), z.object({ currentTime: z.string() })]);

/** No more than the first minute of a charger's day: it dials until it is let in, boots until it is accepted, and is heard. Light: there are thousands. */
export class PersistentCharger {
  readonly id: string;
  readonly #options: PersistentOptions;
  #socket: WebSocket | undefined;
  readonly #heard = new Map<string, (answer: unknown) => void>();
  bootsSent = 0;
  bootsAnswered = 0;
  dials = 0;
  /** HTTP statuses with which it was not let in; 0 where the connection failed. */
  readonly refusals: number[] = [];
  /** Between these the connection that it has now was made. */
  connecting: { from: number; to: number } | undefined;

  constructor(options: PersistentOptions) {
    this.id = options.id;
    this.#options = options;
  }

  /** Resolves when it was accepted and a heartbeat was answered, on one connection. */
  async comeBack(signal: AbortSignal): Promise<void> {
    const { redial } = this.#options;
    for (let waitMs = redial.firstMs; !signal.aborted; waitMs = Math.min(waitMs * 2, redial.longestMs)) {
      const socket = await this.#dial();
      if (socket) {
        const isAccepted = await this.#insist(socket, 'BootNotification', booted, signal);
        if (isAccepted && (await this.#insist(socket, 'Heartbeat', beaten, signal))) return;
      }
      await pause(waitMs * (1 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
    throw new Error(`${this.id} has not come back: ${this.dials} times dialled, refused with ${this.refusals}`);
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  terminate(): void {
    this.#socket?.terminate();
  }

  #dial(): Promise<WebSocket | undefined> {
    const { url, id, keyHex } = this.#options;
    this.dials++;
    const from = Date.now();
    const headers = { authorization: basicAuthorization(id, keyHex) };
    const socket = new WebSocket(url, ['ocpp1.6'], { headers, perMessageDeflate: false });
    this.#socket = socket;
    socket.on('message', (data) => this.#hear(String(data)));
    return new Promise((resolve) => {
      const refused = (status: number): void => {
        this.refusals.push(status);
        resolve(undefined);
      };
      socket.once('open', () => {
        this.connecting = { from, to: Date.now() };
        resolve(socket);
      });
      socket.once('unexpected-response', (_, response) => {
        response.resume();
        refused(response.statusCode ?? 0);
        socket.terminate();
      });
      socket.on('error', () => refused(0));
    });
  }

  /** Sends it until it is answered as it should be; false when the connection is gone first. */
  async #insist(socket: WebSocket, action: 'BootNotification' | 'Heartbeat', due: z.ZodType, signal: AbortSignal) {
    const payload = action === 'Heartbeat' ? {} : { chargePointVendor: 'Acme', chargePointModel: 'Persistent' };
    while (socket.readyState === WebSocket.OPEN && !signal.aborted) {
      const messageId = randomUUID();
      if (action === 'BootNotification') this.bootsSent++;
      const answer = await this.#ask(socket, messageId, JSON.stringify([2, messageId, action, payload]));
      if (!due.safeParse(answer).success) continue;
      if (action === 'BootNotification') this.bootsAnswered++;
      return true;
    }
    return false;
  }

  /** Undefined when nothing came in time, or the connection went. */
  #ask(socket: WebSocket, messageId: string, frame: string): Promise<unknown> {
    return new Promise((resolve) => {
      const settle = (answer: unknown): void => {
        clearTimeout(timer);
        socket.off('close', gone);
        this.#heard.delete(messageId);
        resolve(answer);
      };
      const gone = (): void => settle(undefined);
      const timer = setTimeout(gone, this.#options.answerMs);
      socket.once('close', gone);
      this.#heard.set(messageId, settle);
      socket.send(frame);
    });
  }

  #hear(text: string): void {
    if (!text.startsWith('[')) return;
    const answer: unknown = JSON.parse(text);
    if (Array.isArray(answer)) this.#heard.get(String(answer[1]))?.(answer);
  }
}
