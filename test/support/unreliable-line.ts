import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net';
import type { Random } from './random.ts';

/** How likely each is for one piece of data on its way to the far end, from 0 to 1. */
export interface Misfortunes {
  /** The data passes, and both ends learn that the connection is gone before an answer has come back. */
  cut: number;
  /** The data passes; the far end is gone, and this end is not told: only silence comes. */
  silent: number;
  /** The answers wait for up to `longestDelayMs`. */
  delay: number;
  longestDelayMs: number;
}

/** A TCP line to `port` on 127.0.0.1, on which things go wrong by chance. What is under way first, an upgrade for example, passes. */
export class UnreliableLine {
  readonly counts = { cut: 0, silent: 0, delay: 0 };
  readonly #far: number;
  readonly #misfortunes: Misfortunes;
  readonly #random: Random;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Set at the end of a drill: from then on all goes well. */
  isCalm = false;

  static async to(far: number, misfortunes: Misfortunes, random: Random): Promise<UnreliableLine> {
    const line = new UnreliableLine(far, misfortunes, random);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  private constructor(far: number, misfortunes: Misfortunes, random: Random) {
    this.#far = far;
    this.#misfortunes = misfortunes;
    this.#random = random;
    this.#server = createServer((near) => this.#join(near));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket): void {
    const far = dial(this.#far, '127.0.0.1');
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    }
    let isFirst = true;
    let isSilent = false;
    near.on('data', (data) => {
      if (isSilent) return;
      const misfortune = isFirst ? undefined : this.#drawn();
      isFirst = false;
      if (misfortune === 'delay') {
        far.pause();
        setTimeout(() => far.resume(), this.#random.below(this.#misfortunes.longestDelayMs));
      }
      far.write(data, () => {
        if (misfortune === 'cut') near.destroy();
        if (misfortune === 'silent') far.destroy();
      });
      if (misfortune !== 'cut' && misfortune !== 'silent') return;
      isSilent = true;
      far.removeAllListeners('data');
    });
    far.on('data', (data) => near.write(data));
    near.on('close', () => far.destroy());
    far.on('close', () => {
      if (!isSilent) near.destroy();
    });
  }

  #drawn(): 'cut' | 'silent' | 'delay' | undefined {
    if (this.isCalm) return undefined;
    const { cut, silent, delay } = this.#misfortunes;
    const drawn = this.#random.fraction();
    const kind =
      drawn < cut ? 'cut' : drawn < cut + silent ? 'silent' : drawn < cut + silent + delay ? 'delay' : undefined;
    if (kind) this.counts[kind] += 1;
    return kind;
  }
}
