import type { Status } from './messages.ts';
import type { Session } from './session.ts';

export interface Connector {
  readonly id: number;
  status: Status;
  /** ChangeAvailability's last word. */
  operative: boolean;
  /** What its meter shows between sessions; the next session goes on from there. */
  registerWh: number;
  session: Session | undefined;
}

/** Connector 0, which is the charger as a whole, and the real ones. Knows which status the central system has heard last. */
export class Connectors {
  /** By id, 0 included. */
  readonly #all: Connector[];
  readonly #reported = new Map<number, Status>();
  readonly #wire: { isOnline(): boolean; send(connector: Connector): Promise<boolean> };

  /** `send` sends a StatusNotification, and says whether it arrived. */
  constructor(
    count: number,
    registerWh: number,
    wire: { isOnline(): boolean; send(connector: Connector): Promise<boolean> },
  ) {
    this.#wire = wire;
    this.#all = Array.from({ length: count + 1 }, (_, id) => ({
      id,
      status: 'Available',
      operative: true,
      registerWh,
      session: undefined,
    }));
  }

  get all(): readonly Connector[] {
    return this.#all;
  }

  /** Those with a plug. */
  get real(): Connector[] {
    return this.#all.slice(1);
  }

  get(id: number): Connector | undefined {
    return this.#all[id];
  }

  isFree(connector: Connector): boolean {
    return connector.operative && this.#all[0]?.operative === true && connector.session === undefined;
  }

  /** Tells the central system as well, now or (`reportMissed`) when it is there again. */
  async setStatus(connector: Connector, status: Status): Promise<void> {
    if (connector.status === status) return;
    connector.status = status;
    if (this.#wire.isOnline()) await this.report(connector);
  }

  async report(connector: Connector): Promise<void> {
    const { id, status } = connector;
    if (await this.#wire.send(connector)) this.#reported.set(id, status);
  }

  async reportAll(): Promise<void> {
    for (const connector of this.#all) await this.report(connector);
  }

  async reportMissed(): Promise<void> {
    for (const connector of this.#all) {
      if (this.#reported.get(connector.id) !== connector.status) await this.report(connector);
    }
  }

  /** The status of a connector at which nothing goes on. */
  idle(connector: Connector): Status {
    return connector.operative && this.#all[0]?.operative ? 'Available' : 'Unavailable';
  }

  /** After a change of availability; a busy connector shows it when its session is over. */
  async showAvailability(): Promise<void> {
    for (const connector of this.#all) {
      if (!connector.session) await this.setStatus(connector, this.idle(connector));
    }
  }
}
