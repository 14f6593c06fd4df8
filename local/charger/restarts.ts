import type { Changes } from './changes.ts';
import type { Connectors } from './connectors.ts';
import { type Link, LinkLost } from './link.ts';
import type { StopReason } from './messages.ts';
import type { Outbox } from './outbox.ts';
import type { Registration } from './registration.ts';

export interface RestartsDeps {
  changes: Changes;
  connectors: Connectors;
  link: Link;
  outbox: Outbox;
  registration: Registration;
  /** Aborted when the charger shuts down. */
  leaving: AbortSignal;
  isOnline(): boolean;
  endSessions(reason: StopReason): void;
  giveUp(reason: string): void;
  note(text: string): void;
}

const endings = {
  Soft: { reason: 'SoftReset', why: 'Soft reset' },
  Hard: { reason: 'HardReset', why: 'Hard reset' },
  Update: { reason: 'Reboot', why: 'new firmware' },
} satisfies Record<string, { reason: StopReason; why: string }>;
export type RestartType = keyof typeof endings;

/** What takes the charger off the line on purpose, one at a time. */
export class Restarts {
  readonly #deps: RestartsDeps;
  #isUnderWay = false;

  constructor(deps: RestartsDeps) {
    this.#deps = deps;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  async restart(type: RestartType): Promise<void> {
    const { changes, connectors, outbox, registration, leaving, isOnline, endSessions, note } = this.#deps;
    if (type === 'Update') await changes.until(() => !this.#isUnderWay, leaving);
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    const { reason, why } = endings[type];
    // A hard reset does not ask the central system first: the stops wait for the next boot.
    if (type === 'Hard') registration.forget();
    endSessions(reason);
    await changes.until(() => connectors.real.every(({ session }) => !session), leaving);
    if (type !== 'Hard') await changes.until(() => outbox.size === 0 || !isOnline(), leaving);
    registration.forget();
    note(`restarts (${why})`);
    if (type === 'Update') await connectors.shut(false);
    await this.#redial(async () => {
      if (await registration.boot()) await connectors.reportAll();
    });
  }

  /** Hangs up and comes back with another key. No boot is due then (OCPP-J 1.6, 5.4). */
  async rekey(key: Buffer): Promise<void> {
    const { connectors, link, isOnline, note } = this.#deps;
    link.use({ password: key });
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    note('reconnects with its new key');
    await this.#redial(async () => {
      if (isOnline()) await connectors.reportMissed();
    });
  }

  async #redial(andThen: () => Promise<void>): Promise<void> {
    const { changes, link, leaving, giveUp } = this.#deps;
    try {
      await link.close();
      await link.dial(leaving);
      await andThen();
    } catch (error) {
      if (!(error instanceof LinkLost)) giveUp(error instanceof Error ? error.message : String(error));
    }
    this.#isUnderWay = false;
    changes.notify();
  }
}
