import type { Changes } from './changes.ts';
import type { SimulatedClock, Time } from './clock.ts';
import type { Configuration } from './configuration.ts';
import type { Link } from './link.ts';
import { BootNotification, Heartbeat, vendor } from './messages.ts';

export interface RegistrationDeps {
  id: string;
  link: Link;
  time: Time;
  clock: SimulatedClock;
  changes: Changes;
  configuration: Configuration;
  firmwareVersion(): string;
  /** Where the central system gives no usable interval (OCPP 1.6, 4.2: the charger then chooses one). */
  retryS: number;
  /** Aborted when the charger shuts down. */
  leaving: AbortSignal;
}

/** Whether the central system has accepted this charger, and what keeps it so: boots and heartbeats, both in real time. */
export class Registration {
  readonly #deps: RegistrationDeps;
  #isAccepted = false;
  #retryNow = new AbortController();
  #rearm = new AbortController();

  constructor(deps: RegistrationDeps) {
    this.#deps = deps;
  }

  get isAccepted(): boolean {
    return this.#isAccepted;
  }

  /** Forgets the acceptance, as a restart does. */
  forget(): void {
    this.#isAccepted = false;
    this.#deps.changes.notify();
  }

  /** Boots until the central system accepts; false when the charger shuts down first. */
  async boot(): Promise<boolean> {
    const { changes, link, time, leaving } = this.#deps;
    while (!leaving.aborted) {
      if (!(await changes.until(() => link.isOpen, leaving)) || leaving.aborted) break;
      const waitS = await this.#bootOnce();
      if (waitS === undefined) return true;
      this.#retryNow = new AbortController();
      if (link.isOpen) await time.wait(waitS * 1000, AbortSignal.any([leaving, this.#retryNow.signal]));
    }
    return false;
  }

  /** A boot because the central system asked for one. */
  async bootAgain(): Promise<void> {
    if (!this.#isAccepted) {
      this.#retryNow.abort();
      return;
    }
    await this.#bootOnce();
    if (!this.#isAccepted) await this.boot();
  }

  /** Heartbeats at the interval that the configuration has at the moment, until the signal. */
  async beat(signal: AbortSignal): Promise<void> {
    const { configuration, time, link } = this.#deps;
    while (!signal.aborted) {
      this.#rearm = new AbortController();
      const intervalMs = configuration.number('HeartbeatInterval') * 1000;
      const isDue = await time.wait(intervalMs, AbortSignal.any([signal, this.#rearm.signal]));
      if (isDue && link.isOpen && this.#isAccepted) await link.ask(Heartbeat, {});
    }
  }

  /** The heartbeat interval has changed. */
  rearm(): void {
    this.#rearm.abort();
  }

  /** Undefined when it was accepted, otherwise how long to wait before the next try. */
  async #bootOnce(): Promise<number | undefined> {
    const { id, link, clock, configuration, changes, firmwareVersion, retryS } = this.#deps;
    const answer = await link.ask(BootNotification, {
      chargePointVendor: vendor,
      chargePointModel: 'Simulated charger',
      chargePointSerialNumber: id.slice(0, 25),
      firmwareVersion: firmwareVersion(),
      meterType: 'Simulated meter',
    });
    if (!answer) return retryS;
    this.#isAccepted = answer.status === 'Accepted';
    changes.notify();
    if (!this.#isAccepted) return answer.interval > 0 ? answer.interval : retryS;

    const now = Date.parse(answer.currentTime);
    if (!Number.isNaN(now)) clock.set(now);
    if (answer.interval > 0) configuration.change('HeartbeatInterval', String(answer.interval));
    return undefined;
  }
}
