import { Authorisation } from './authorisation.ts';
import type { Behaviour } from './behaviour.ts';
import { Changes } from './changes.ts';
import { type ChargerReport, chargerReport } from './charger-report.ts';
import { SimulatedClock, type Time } from './clock.ts';
import { answerers } from './commands.ts';
import { Configuration } from './configuration.ts';
import { type Connector, Connectors } from './connectors.ts';
import { Diagnostics } from './diagnostics.ts';
import { Firmware } from './firmware.ts';
import { Journal, withoutSecret } from './journal.ts';
import { Link, LinkLost, type Traffic } from './link.ts';
import { LocalList } from './local-list.ts';
import {
  DiagnosticsStatusNotification,
  FirmwareStatusNotification,
  type Operation,
  type Status,
  StatusNotification,
  type StopReason,
  transactionOperations,
} from './messages.ts';
import type { Supply } from './meter.ts';
import { Outbox } from './outbox.ts';
import { Patience } from './patience.ts';
import { Registration } from './registration.ts';
import { Remote, type Start } from './remote.ts';
import { Reservations } from './reservations.ts';
import { Restarts } from './restarts.ts';
import { plugInMs, Session, type SessionReport, type Station, unplugMs } from './session.ts';
import { SmartCharging } from './smart-charging.ts';

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

/** What goes with a status; others mean no error. */
const errorCodes: Partial<Record<Status, string>> = { Faulted: 'OtherError' };

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
  readonly #journal = new Journal();
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #connectors: Connectors;
  readonly #registration: Registration;
  readonly #restarts: Restarts;
  readonly #patience: Patience;
  readonly #station: Station;
  readonly #problems: string[] = [];
  readonly #reports: Promise<SessionReport>[] = [];
  /** It shuts down: no new sessions, no waiting for drivers. */
  readonly #leaving = new AbortController();
  /** It has given up, or is done: nothing goes on. */
  readonly #over = new AbortController();
  #finished: Promise<ChargerReport> | undefined;
  #sessionCount = 0;

  constructor(options: ChargerOptions, observer: Observer, time: Time) {
    this.#options = options;
    this.#observer = observer;
    this.#time = time;
    const { sessions, durationMs, speed } = options;
    const plannedMs = sessions * (plugInMs + durationMs + unplugMs) + Math.max(0, sessions - 1) * pauseMs;
    this.#clock = new SimulatedClock(time, { speed, plannedMs });

    const over = this.#over.signal;
    const configuration = new Configuration(options, (key) => this.#reconfigured(key));
    const common = {
      time,
      clock: this.#clock,
      changes: this.#changes,
      configuration,
      over,
      leaving: AbortSignal.any([this.#leaving.signal, over]),
      isOnline: () => this.#isOnline,
      giveUp: (reason: string) => this.#giveUp(reason),
      note: this.#note,
    };

    const linkObserver = { traffic: (message: Traffic) => this.#traffic(message), note: this.#note };
    const link = new Link({ ...options, identity: options.id }, { ...common, observer: linkObserver });
    const connectors = new Connectors(options.connectors, options.meterStartWh, {
      ...common,
      isFaulted: options.behaviour.isFaulted,
      isReserved: (connector) => reservations.isReserved(connector),
      send: (connector) => this.#sendStatus(connector),
    });
    const reservations = new Reservations({ ...common, connectors });
    const localList = new LocalList(configuration);
    const authorisation = new Authorisation({
      ...common,
      link,
      localList,
      contradicted: () => void this.#sendStatus(connectors.whole, 'LocalListConflict'),
    });
    const registration = new Registration({
      ...common,
      id: options.id,
      link,
      firmwareVersion: () => firmware.version,
      retryS: options.bootRetryS ?? 30,
    });
    const { callTimeoutMs, patienceMs, supply } = options;
    const patience = new Patience({ ...common, link, callTimeoutMs, patienceMs });
    const outbox = new Outbox({
      ...common,
      policy: () => ({
        attempts: configuration.number('TransactionMessageAttempts'),
        retryIntervalMs: configuration.number('TransactionMessageRetryInterval') * 1000,
        startsSent: options.behaviour.startsSent,
        losesStops: options.behaviour.losesStops,
      }),
      send: async (action, payload) => {
        const answer = await patience.during(() => link.call<object>(transactionOperations[action], payload));
        authorisation.learn(payload, answer);
        return answer;
      },
    });
    const smartCharging = new SmartCharging({ ...common, connectors, outbox, supply });
    const restarts = new Restarts({
      ...common,
      connectors,
      link,
      outbox,
      registration,
      endSessions: (reason) => this.#endSessions(reason),
    });
    const firmware = new Firmware({
      ...common,
      connectors,
      restart: () => restarts.restart('Update'),
      send: (status) => this.#tell(FirmwareStatusNotification, status),
    });
    const diagnostics = new Diagnostics({
      ...common,
      id: options.id,
      firmware,
      journal: this.#journal,
      send: (status) => this.#tell(DiagnosticsStatusNotification, status),
    });
    const stamp = (at?: number): string => this.#stamp(at);
    const parts = { ...common, authorisation, connectors, outbox, reservations, smartCharging, stamp };
    this.#station = { ...parts, leaving: this.#leaving.signal };
    const remote = new Remote({
      ...parts,
      diagnostics,
      firmware,
      link,
      localList,
      registration,
      restarts,
      supply,
      takesSessions: () => this.#isOnline && !restarts.isUnderWay && !this.#leaving.signal.aborted,
      charge: (connector, idTag, how) => this.#charge(connector, idTag, how),
    });
    for (const [action, answerer] of answerers(remote)) link.answers(action, answerer);

    this.configuration = configuration;
    this.#link = link;
    this.#connectors = connectors;
    this.#registration = registration;
    this.#patience = patience;
    this.#outbox = outbox;
    this.#restarts = restarts;
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
    void this.#patience.watchLink();
    try {
      await this.#link.dial(AbortSignal.any([this.#leaving.signal, this.#over.signal]));
      if (await this.#registration.boot()) {
        await this.#connectors.reportAll();
        void this.#registration.beat(this.#over.signal);
        void this.#reportAfterReconnects();
        await this.#runPlan();
        await this.#changes.until(() => this.#connectors.real.every(({ session }) => !session), this.#over.signal);
        await this.#changes.until(() => this.#outbox.size === 0 && !this.#restarts.isUnderWay, this.#over.signal);
      }
    } catch (error) {
      if (!(error instanceof LinkLost)) this.#giveUp(error instanceof Error ? error.message : String(error));
    }
    this.#over.abort();
    await this.#link.close();
    const sessions = await Promise.all(this.#reports);
    return chargerReport(this.#options, { sessions, outbox: this.#outbox, problems: this.#problems });
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

  async #charge(connector: Connector, idTag: string, start: Start): Promise<void> {
    this.#sessionCount += 1;
    const { durationMs, stopReason, soc, supply } = this.#options;
    const session = new Session(`${this.#sessionCount}`, this.#station, connector, {
      idTag,
      ...start,
      durationMs,
      stopReason,
      soc,
      supply: { ...supply, seed: supply.seed + this.#sessionCount },
    });
    connector.session = session;
    const { report } = await session.run();
    this.#reports.push(report);
    connector.session = undefined;
    await this.#connectors.showIdle();
    this.#changes.notify();
  }

  #endSessions(reason: StopReason): void {
    for (const { session } of this.#connectors.real) session?.end(reason);
  }

  #giveUp(reason: string): void {
    if (this.#over.signal.aborted) return;
    this.#problems.push(reason);
    this.#outbox.abandon(reason);
    this.#over.abort();
    this.#leaving.abort();
    this.#endSessions('Other');
  }

  /** After a reconnect no boot is due (OCPP-J 1.6, 5.4): only what changed in between. */
  async #reportAfterReconnects(): Promise<void> {
    while (!this.#over.signal.aborted) {
      await this.#changes.until(() => !this.#isOnline, this.#over.signal);
      await this.#changes.until(() => this.#isOnline, this.#over.signal);
      if (this.#isOnline && !this.#restarts.isUnderWay) await this.#connectors.reportMissed();
    }
  }

  async #sendStatus({ id, status }: Connector, errorCode = errorCodes[status] ?? 'NoError'): Promise<boolean> {
    const answer = await this.#link.ask(StatusNotification, {
      connectorId: id,
      errorCode,
      status,
      // A clock that runs late would make the status look older than what was reported before (or by the last run), so it counts as received.
      ...(this.#options.speed === 1 && { timestamp: this.#stamp() }),
    });
    return answer !== undefined;
  }

  /** Sends a status when somebody is there to hear it. */
  async #tell(operation: Operation<object>, status: string): Promise<void> {
    if (await this.#changes.until(() => this.#isOnline, this.#over.signal)) await this.#link.ask(operation, { status });
  }

  /** A configuration key has a new value. */
  #reconfigured(key: string): void {
    const { configuration } = this;
    if (key === 'HeartbeatInterval') this.#registration.rearm();
    if (key === 'WebSocketPingInterval') this.#link.use({ pingIntervalMs: configuration.number(key) * 1000 });
    if (key === 'AuthorizationKey') {
      setImmediate(() => void this.#restarts.rekey(Buffer.from(configuration.text(key), 'hex')));
    }
  }

  #stamp(simulated = this.#clock.now()): string {
    const shown = this.#options.behaviour.clock === '1970' ? simulated - this.#clock.startedAt : simulated;
    return new Date(shown).toISOString();
  }

  #traffic(message: Traffic): void {
    const at = this.#clock.now();
    this.#journal.add(at, withoutSecret(message));
    this.#observer.traffic(at, withoutSecret(message));
  }

  readonly #note = (text: string): void => {
    const at = this.#clock.now();
    this.#journal.add(at, text);
    this.#observer.note(at, text);
  };
}
