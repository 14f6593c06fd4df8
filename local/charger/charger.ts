import type { Behaviour } from './behaviour.ts';
import { Changes } from './changes.ts';
import { SimulatedClock, type Time } from './clock.ts';
import { answerers } from './commands.ts';
import { Configuration } from './configuration.ts';
import { type Connector, Connectors } from './connectors.ts';
import { Link, LinkLost, NoAnswer, type Traffic } from './link.ts';
import { Authorize, StatusNotification, type StopReason, type TagStatus, transactionOperations } from './messages.ts';
import type { Supply } from './meter.ts';
import { Outbox } from './outbox.ts';
import { Registration } from './registration.ts';
import { Remote } from './remote.ts';
import { plugInMs, Session, type SessionReport, type Station, unplugMs } from './session.ts';

export interface ChargerOptions {
  id: string;
  url: string;
  password?: string | Buffer;
  idTag: string;
  /** How many sessions it runs by itself. 0: none, it obeys commands until it is stopped. */
  sessions: number;
  connectors: number;
  /** Where the planned sessions take place. */
  connector: number;
  durationMs: number;
  stopReason: StopReason;
  supply: Supply;
  soc: number;
  meterStartWh: number;
  sampleIntervalS: number;
  /** Simulated seconds per real second, 1 or more. */
  speed: number;
  behaviour: Behaviour;
  /** TransactionMessageAttempts and TransactionMessageRetryInterval, real seconds. */
  attempts: number;
  retryIntervalS: number;
  callTimeoutMs: number;
  redial: { firstMs: number; longestMs: number };
  /** Real seconds before a boot is sent again that nobody answered (30). */
  bootRetryS?: number;
  /** Real time between pings; a link that does not answer one until the next is given up (30,000). */
  pingIntervalMs?: number;
  /** Real time without a connection, or without any answer, after which it gives up. */
  patienceMs: number;
}

export interface Observer {
  /** `at`: simulated milliseconds. */
  traffic(at: number, message: Traffic): void;
  note(at: number, text: string): void;
}

export interface ChargerReport {
  id: string;
  sessions: SessionReport[];
  /** Transaction-related messages that were acknowledged. */
  delivered: number;
  /** Why it was not a complete success; empty when it was. */
  problems: string[];
}

/** A driver whom nobody answers presents the card so often. */
const presentedAtMost = 5;

/** Simulated time between two planned sessions. */
const pauseMs = 10_000;

/** One simulated charger, from the first dial to the last acknowledgement. */
export class Charger {
  readonly configuration: Configuration;
  readonly #options: ChargerOptions;
  readonly #time: Time;
  readonly #observer: Observer;
  readonly #changes = new Changes();
  readonly #clock: SimulatedClock;
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #connectors: Connectors;
  readonly #registration: Registration;
  readonly #station: Station;
  readonly #problems: string[] = [];
  readonly #reports: Promise<SessionReport>[] = [];
  /** It shuts down: no new sessions, no waiting for drivers. */
  readonly #leaving = new AbortController();
  /** It has given up, or is done: nothing goes on. */
  readonly #over = new AbortController();
  #finished: Promise<ChargerReport> | undefined;
  #isRestarting = false;
  #sessionCount = 0;
  #silentSince: number | undefined;

  constructor(options: ChargerOptions, observer: Observer, time: Time) {
    this.#options = options;
    this.#observer = observer;
    this.#time = time;
    const { sessions, durationMs, speed } = options;
    const plannedMs = sessions * (plugInMs + durationMs + unplugMs) + Math.max(0, sessions - 1) * pauseMs;
    this.#clock = new SimulatedClock(time, { speed, plannedMs });

    this.configuration = new Configuration(options, (key) => {
      if (key === 'HeartbeatInterval') this.#registration.rearm();
    });
    this.#link = new Link(
      { ...options, identity: options.id },
      { time, changes: this.#changes, observer: { traffic: (message) => this.#traffic(message), note: this.#note } },
    );
    this.#connectors = new Connectors(options.connectors, options.meterStartWh, {
      isOnline: () => this.#isOnline,
      send: (connector) => this.#sendStatus(connector),
    });
    this.#registration = new Registration({
      id: options.id,
      link: this.#link,
      time,
      clock: this.#clock,
      changes: this.#changes,
      configuration: this.configuration,
      retryS: options.bootRetryS ?? 30,
      leaving: AbortSignal.any([this.#leaving.signal, this.#over.signal]),
    });
    this.#outbox = new Outbox({
      time,
      changes: this.#changes,
      isOnline: () => this.#isOnline,
      policy: () => ({
        attempts: this.configuration.number('TransactionMessageAttempts'),
        retryIntervalMs: this.configuration.number('TransactionMessageRetryInterval') * 1000,
        startsSent: options.behaviour.startsSent,
      }),
      send: (action, payload) => this.#patiently(() => this.#link.call<object>(transactionOperations[action], payload)),
      note: this.#note,
    });
    this.#station = {
      clock: this.#clock,
      changes: this.#changes,
      outbox: this.#outbox,
      configuration: this.configuration,
      connectors: this.#connectors,
      leaving: this.#leaving.signal,
      isOnline: () => this.#isOnline,
      stamp: (simulated) => this.#stamp(simulated),
      authorise: (idTag, signal) => this.#authorise(idTag, signal),
    };
    const remote = new Remote({
      configuration: this.configuration,
      connectors: this.#connectors,
      link: this.#link,
      outbox: this.#outbox,
      registration: this.#registration,
      supply: options.supply,
      takesSessions: () => this.#isOnline && !this.#isRestarting && !this.#leaving.signal.aborted,
      charge: (connector, idTag, how) => this.#charge(connector, idTag, how),
      restart: (type) => this.#restart(type),
      timestamp: () => this.#stamp(this.#clock.now()),
    });
    for (const [action, answerer] of answerers(remote)) this.#link.answers(action, answerer);
  }

  /** Runs the planned sessions, and says how it went. Does not throw for what a central system can do. */
  run(): Promise<ChargerReport> {
    this.#finished ??= this.#live();
    return this.#finished;
  }

  /** Ends what goes on, delivers it and closes. */
  async stop(): Promise<void> {
    if (!this.#leaving.signal.aborted) {
      this.#leaving.abort();
      this.#endSessions('Local');
      const patienceMs = Math.min(this.#options.patienceMs, 10_000);
      void this.#time.wait(patienceMs, this.#over.signal).then((passed) => {
        if (passed) this.#giveUp('it was stopped, and the central system did not answer any more');
      });
    }
    await this.#finished;
  }

  /** Transaction-related messages that wait for delivery. */
  get queued(): number {
    return this.#outbox.size;
  }

  get #isOnline(): boolean {
    return this.#link.isOpen && this.#registration.isAccepted;
  }

  async #live(): Promise<ChargerReport> {
    void this.#watchLink();
    try {
      await this.#link.dial(AbortSignal.any([this.#leaving.signal, this.#over.signal]));
      if (await this.#registration.boot()) {
        await this.#connectors.reportAll();
        void this.#registration.beat(this.#over.signal);
        void this.#reportAfterReconnects();
        await this.#runPlan();
        await this.#changes.until(() => this.#connectors.real.every(({ session }) => !session), this.#over.signal);
        await this.#changes.until(() => this.#outbox.size === 0 && !this.#isRestarting, this.#over.signal);
      }
    } catch (error) {
      if (!(error instanceof LinkLost)) this.#giveUp(error instanceof Error ? error.message : String(error));
    }
    this.#over.abort();
    await this.#link.close();
    return this.#report(await Promise.all(this.#reports));
  }

  async #runPlan(): Promise<void> {
    const { sessions, connector: id, idTag } = this.#options;
    const leaving = AbortSignal.any([this.#leaving.signal, this.#over.signal]);
    const connector = this.#connectors.get(id);
    if (!connector) throw new Error(`There is no connector ${id}.`);
    if (sessions === 0) await this.#changes.until(() => false, leaving);
    for (let done = 0; done < sessions && !leaving.aborted; done++) {
      if (done > 0) await this.#clock.waitUntil(this.#clock.now() + pauseMs, leaving);
      const isReady = (): boolean => this.#isOnline && this.#connectors.isFree(connector);
      if ((await this.#changes.until(isReady, leaving)) && !leaving.aborted) {
        await this.#charge(connector, idTag, { authorise: true });
      }
    }
  }

  async #charge(connector: Connector, idTag: string, { authorise }: { authorise: boolean }): Promise<void> {
    this.#sessionCount += 1;
    const { durationMs, stopReason, soc, supply } = this.#options;
    const session = new Session(`${this.#sessionCount}`, this.#station, connector, {
      idTag,
      authorise,
      durationMs,
      stopReason,
      soc,
      supply: { ...supply, seed: supply.seed + this.#sessionCount },
    });
    connector.session = session;
    const { report } = await session.run();
    this.#reports.push(report);
    connector.session = undefined;
    await this.#connectors.setStatus(connector, this.#connectors.idle(connector));
    this.#changes.notify();
  }

  #endSessions(reason: StopReason): void {
    for (const { session } of this.#connectors.real) session?.end(reason);
  }

  #report(sessions: SessionReport[]): ChargerReport {
    const completed = sessions.filter(({ outcome }) => outcome === 'completed').length;
    const failed = sessions.filter(({ outcome }) => outcome !== 'completed');
    const problems = [
      ...this.#problems,
      ...this.#outbox.problems,
      ...failed.map(({ outcome, reason }) => `a session was ${outcome === 'failed' ? 'not run' : outcome}: ${reason}`),
    ];
    const left = this.#outbox.size;
    if (left > 0) problems.push(`${left} ${left === 1 ? 'message was' : 'messages were'} not acknowledged`);
    if (completed < this.#options.sessions) {
      problems.push(`${completed} of ${this.#options.sessions} sessions were completed`);
    }
    return { id: this.#options.id, sessions, delivered: this.#outbox.delivered, problems: [...new Set(problems)] };
  }

  #giveUp(reason: string): void {
    if (this.#over.signal.aborted) return;
    this.#problems.push(reason);
    this.#outbox.abandon(reason);
    this.#over.abort();
    this.#leaving.abort();
    this.#endSessions('Other');
  }

  async #restart(type: 'Soft' | 'Hard'): Promise<void> {
    if (this.#isRestarting) return;
    this.#isRestarting = true;
    const over = AbortSignal.any([this.#leaving.signal, this.#over.signal]);
    // A hard reset does not ask the central system first: the stops wait for the next boot.
    if (type === 'Hard') this.#registration.forget();
    this.#endSessions(type === 'Hard' ? 'HardReset' : 'SoftReset');
    await this.#changes.until(() => this.#connectors.real.every(({ session }) => !session), over);
    if (type === 'Soft') await this.#changes.until(() => this.#outbox.size === 0 || !this.#isOnline, over);
    this.#registration.forget();
    this.#note(`restarts (${type} reset)`);
    try {
      await this.#link.close();
      await this.#link.dial(over);
      if (await this.#registration.boot()) await this.#connectors.reportAll();
    } catch (error) {
      if (!(error instanceof LinkLost)) this.#giveUp(error instanceof Error ? error.message : String(error));
    }
    this.#isRestarting = false;
    this.#changes.notify();
  }

  /** After a reconnect no boot is due (OCPP-J 1.6, 5.4): only what changed in between. */
  async #reportAfterReconnects(): Promise<void> {
    while (!this.#over.signal.aborted) {
      await this.#changes.until(() => !this.#isOnline, this.#over.signal);
      await this.#changes.until(() => this.#isOnline, this.#over.signal);
      if (this.#isOnline && !this.#isRestarting) await this.#connectors.reportMissed();
    }
  }

  async #watchLink(): Promise<void> {
    const { patienceMs } = this.#options;
    while (!this.#over.signal.aborted) {
      const isBack = new AbortController();
      void this.#time.wait(patienceMs, AbortSignal.any([this.#over.signal, isBack.signal])).then((passed) => {
        if (passed) this.#giveUp(`no connection for ${patienceMs / 1000} s`);
      });
      await this.#changes.until(() => this.#link.isOpen || this.#link.closedForGood !== undefined, this.#over.signal);
      isBack.abort();
      if (this.#link.closedForGood !== undefined) this.#giveUp(`no further connection: ${this.#link.closedForGood}`);
      await this.#changes.until(() => !this.#link.isOpen, this.#over.signal);
    }
  }

  /** Gives up when nothing at all was answered for too long. */
  async #patiently<T>(call: () => Promise<T>): Promise<T> {
    try {
      const answer = await call();
      this.#silentSince = undefined;
      return answer;
    } catch (error) {
      if (error instanceof NoAnswer) {
        this.#silentSince ??= this.#time.now() - this.#options.callTimeoutMs;
        if (this.#time.now() - this.#silentSince >= this.#options.patienceMs) this.#giveUp(error.message);
      } else {
        this.#silentSince = undefined;
      }
      throw error;
    }
  }

  async #authorise(idTag: string, signal: AbortSignal): Promise<TagStatus | undefined> {
    for (let unanswered = 0; unanswered < presentedAtMost; ) {
      await this.#changes.until(() => this.#isOnline || this.#over.signal.aborted, signal);
      if (signal.aborted || this.#over.signal.aborted) break;
      const answer = await this.#link.ask(Authorize, { idTag });
      if (answer) return answer.idTagInfo.status;
      if (this.#isOnline) unanswered++;
    }
    return undefined;
  }

  async #sendStatus({ id, status }: Connector): Promise<boolean> {
    const answer = await this.#link.ask(StatusNotification, {
      connectorId: id,
      errorCode: 'NoError',
      status,
      // A clock that runs late would make the status look older than what was reported before (or by the last run), so it counts as received.
      ...(this.#options.speed === 1 && { timestamp: this.#stamp(this.#clock.now()) }),
    });
    return answer !== undefined;
  }

  #stamp(simulated: number): string {
    const shown = this.#options.behaviour.clock === '1970' ? simulated - this.#clock.startedAt : simulated;
    return new Date(shown).toISOString();
  }

  #traffic(message: Traffic): void {
    this.#observer.traffic(this.#clock.now(), message);
  }

  readonly #note = (text: string): void => this.#observer.note(this.#clock.now(), text);
}
