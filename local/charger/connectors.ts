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

export interface ConnectorsDeps {
  /** Out of order, all of it and for good. */
  isFaulted: boolean;
  isOnline(): boolean;
  isReserved(connector: Connector): boolean;
  /** Sends a StatusNotification, and says whether it arrived. */
  send(connector: Connector): Promise<boolean>;
}

/** Connector 0, which is the charger as a whole, and the real ones. Knows which status the central system has heard last. */
export class Connectors {
  /** By id, 0 included. */
  readonly #all: Connector[];
  readonly #reported = new Map<number, Status>();
  readonly #deps: ConnectorsDeps;
  #isShut = false;

  constructor(count: number, registerWh: number, deps: ConnectorsDeps) {
    this.#deps = deps;
    this.#all = Array.from({ length: count + 1 }, (_, id) => ({
      id,
      status: deps.isFaulted ? 'Faulted' : 'Available',
      operative: true,
      registerWh,
      session: undefined,
    }));
  }

  get all(): readonly Connector[] {
    return this.#all;
  }

  /** The charger as a whole. */
  get whole(): Connector {
    const [whole] = this.#all;
    if (!whole) throw new Error('Every charger has a connector 0.');
    return whole;
  }

  /** Those with a plug. */
  get real(): Connector[] {
    return this.#all.slice(1);
  }

  get(id: number): Connector | undefined {
    return this.#all[id];
  }

  isFree(connector: Connector): boolean {
    return !this.isFaulted && this.isOperative(connector) && connector.session === undefined;
  }

  get isFaulted(): boolean {
    return this.#deps.isFaulted;
  }

  isOperative(connector: Connector): boolean {
    return connector.operative && this.whole.operative && !this.#isShut;
  }

  /** Nothing begins while it works on itself. */
  async shut(isShut: boolean): Promise<void> {
    this.#isShut = isShut;
    await this.showIdle();
  }

  /** Tells the central system as well, now or (`reportMissed`) when it is there again. */
  async setStatus(connector: Connector, status: Status): Promise<void> {
    if (connector.status === status) return;
    connector.status = status;
    if (this.#deps.isOnline()) await this.report(connector);
  }

  async report(connector: Connector): Promise<void> {
    const { id, status } = connector;
    if (await this.#deps.send(connector)) this.#reported.set(id, status);
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
    if (this.isFaulted) return 'Faulted';
    if (!this.isOperative(connector)) return 'Unavailable';
    return this.#deps.isReserved(connector) ? 'Reserved' : 'Available';
  }

  /** After a change of what is available or reserved; a busy connector shows it when its session is over. */
  async showIdle(): Promise<void> {
    for (const connector of this.#all) {
      if (!connector.session) await this.setStatus(connector, this.idle(connector));
    }
  }
}
