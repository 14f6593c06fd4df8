import type { Authorisation } from './authorisation.ts';
import type { Changes } from './changes.ts';
import type { ChargingProfile } from './charging-schedule.ts';
import type { SimulatedClock } from './clock.ts';
import type { Configuration } from './configuration.ts';
import type { Connector, Connectors } from './connectors.ts';
import type { Status, StopReason, TagInfo } from './messages.ts';
import { type Context, charge, type Meter, type MeterValue, plugIn, registerWh, type Supply, sample } from './meter.ts';
import type { Delivery, Outbox } from './outbox.ts';
import type { Holder, Reservations } from './reservations.ts';
import type { SmartCharging } from './smart-charging.ts';

/** Simulated time around the charging itself. */
export const plugInMs = 5_000;
export const unplugMs = 5_000;

export interface SessionPlan {
  idTag: string;
  /** Somebody who was started remotely need not always be asked for. */
  authorise: boolean;
  durationMs: number;
  /** Why it stops when nothing else stops it. */
  stopReason: StopReason;
  soc: number;
  supply: Supply;
  /** A TxProfile that came with a remote start. */
  profile?: ChargingProfile;
}

export interface SessionReport {
  connectorId: number;
  idTag: string;
  /** `refused`: the tag was not accepted, before the start or by its answer. `failed`: nobody answered. `unacknowledged`: a start or a stop was lost. */
  outcome: 'completed' | 'refused' | 'failed' | 'unacknowledged';
  reason: string;
  energyWh: number;
  /** What it told the central system, and was answered; absent where it never came to that. */
  transactionId?: number;
  meterStartWh?: number;
  meterStopWh?: number;
  startedAt?: string;
  endedAt?: string;
  /** The samples that were acknowledged, those of its stop last. */
  samples: MeterValue[];
}

/** What a session needs of its charger. */
export interface Station {
  clock: SimulatedClock;
  changes: Changes;
  outbox: Outbox;
  configuration: Configuration;
  connectors: Connectors;
  authorisation: Authorisation;
  reservations: Reservations;
  smartCharging: SmartCharging;
  /** Aborted when the charger shuts down: nobody waits for a driver to unplug then. */
  leaving: AbortSignal;
  isOnline(): boolean;
  /** Simulated milliseconds as this charger writes them into messages. */
  stamp(simulated: number): string;
}

/** One car at one connector: from the card at the reader until the cable is out. */
export class Session {
  readonly localId: string;
  readonly #station: Station;
  readonly #connector: Connector;
  readonly #plan: SessionPlan;
  readonly #ended = new AbortController();
  readonly #startWh: number;
  #stopReason: StopReason;
  #meter: Meter;
  /** The simulated time up to which the meter has run; undefined while no current flows. */
  #meteredAt: number | undefined;
  #chargingSince: number | undefined;
  readonly #told: Pick<SessionReport, 'meterStartWh' | 'meterStopWh' | 'startedAt' | 'endedAt'> = {};
  readonly #samples: MeterValue[] = [];

  constructor(localId: string, station: Station, connector: Connector, plan: SessionPlan) {
    this.localId = localId;
    this.#station = station;
    this.#connector = connector;
    this.#plan = plan;
    this.#startWh = connector.registerWh;
    this.#stopReason = plan.stopReason;
    this.#meter = plugIn(plan.supply, connector.registerWh, plan.soc);
  }

  /** Asks it to stop; the first reason counts. */
  end(reason: StopReason): void {
    if (this.#ended.signal.aborted) return;
    this.#stopReason = reason;
    this.#ended.abort();
  }

  /** Does current flow? */
  get isCharging(): boolean {
    return this.#meteredAt !== undefined;
  }

  /** When its transaction began; undefined before. */
  get chargingSince(): number | undefined {
    return this.#chargingSince;
  }

  /** Lets the meter run up to now. */
  catchUp(): void {
    this.#runMeter(this.#now());
  }

  /** Shows whether current flows, as far as it may flow at all. */
  async showPower(): Promise<void> {
    if (this.#meteredAt !== undefined) await this.#station.connectors.setStatus(this.#connector, this.#powerStatus());
  }

  /** A sample out of turn. */
  sampleNow(context: Context): void {
    if (this.#meteredAt !== undefined) this.#pushSample(this.#runMeter(this.#now()), context);
  }

  /** Done when the connector is free again. The report may come much later: when the central system has acknowledged everything. */
  async run(): Promise<{ report: Promise<SessionReport> }> {
    const { clock, configuration, connectors, leaving, reservations } = this.#station;
    const { idTag } = this.#plan;

    const tag = await this.#authorise();
    if (tag === undefined) return this.#never('failed', 'nobody answered Authorize');
    if (tag.status !== 'Accepted') return this.#never('refused', `tag ${idTag} is ${tag.status}`);
    const holder = { idTag, parentIdTag: tag.parentIdTag };
    if (!reservations.admits(this.#connector, holder)) return this.#never('refused', 'the connector is reserved');

    if (!this.#ended.signal.aborted) await connectors.setStatus(this.#connector, 'Preparing');
    await connectors.showIdle();
    const timeOutMs = configuration.number('ConnectionTimeOut') * 1000;
    const isConnected = await clock.waitUntil(clock.now() + Math.min(plugInMs, timeOutMs), this.#ended.signal);
    if (!isConnected || timeOutMs < plugInMs) {
      await connectors.setStatus(this.#connector, connectors.idle(this.#connector));
      const reason = isConnected ? 'the cable did not come in time' : `ended before it began (${this.#stopReason})`;
      return this.#never('failed', reason);
    }

    const { started, stopped } = await this.#transaction(holder);
    await connectors.setStatus(this.#connector, 'Finishing');
    await clock.waitUntil(clock.now() + unplugMs, leaving);
    await connectors.setStatus(this.#connector, connectors.idle(this.#connector));
    return { report: Promise.all([started, stopped]).then(([start, stop]) => this.#outcome(start, stop)) };
  }

  async #authorise(): Promise<TagInfo | undefined> {
    const { authorisation } = this.#station;
    const { idTag, authorise } = this.#plan;
    if (authorise) return await authorisation.authorise(idTag, this.#ended.signal);
    return { ...authorisation.known(idTag), status: 'Accepted' };
  }

  async #transaction(holder: Holder): Promise<{ started: Promise<Delivery>; stopped: Promise<Delivery> }> {
    const { outbox, stamp, connectors, reservations, smartCharging } = this.#station;
    const { localId } = this;
    const { idTag, durationMs, profile } = this.#plan;
    const connectorId = this.#connector.id;

    const startedAt = this.#now();
    this.#chargingSince = startedAt;
    if (profile) smartCharging.bind(connectorId, profile, localId);
    const reservationId = reservations.use(this.#connector, holder);
    const start = {
      connectorId,
      idTag,
      meterStart: registerWh(this.#meter),
      timestamp: stamp(startedAt),
      ...(reservationId !== undefined && { reservationId }),
    };
    Object.assign(this.#told, { meterStartWh: start.meterStart, startedAt: start.timestamp });
    const started = outbox.push({ action: 'StartTransaction', localId, payload: start });
    void started.then((start) => {
      if (start.delivered && start.idTag !== 'Accepted') this.end('DeAuthorized');
    });
    // A tag that was accepted just now charges although the link is gone; the start waits in the queue.
    await this.#deliveredOrOffline(started, this.#ended.signal);
    await connectors.showIdle();

    if (!this.#ended.signal.aborted) {
      await connectors.setStatus(this.#connector, this.#powerStatus());
      smartCharging.settle();
      this.#meteredAt = startedAt;
      this.#pushSample(startedAt, 'Transaction.Begin');
      await this.#charge(startedAt, startedAt + durationMs);
    }

    const stoppedAt = this.#runMeter(this.#ended.signal.aborted ? this.#now() : startedAt + durationMs);
    smartCharging.settle(this.#connector);
    this.#meteredAt = undefined;
    smartCharging.release(localId);
    this.#connector.registerWh = registerWh(this.#meter);
    const last = this.#sample(stoppedAt, 'Transaction.End', 'StopTxnSampledData');
    const stop = {
      ...(this.#stopReason === 'Local' && { idTag }),
      meterStop: registerWh(this.#meter),
      timestamp: stamp(stoppedAt),
      reason: this.#stopReason,
      ...(last && { transactionData: [last] }),
    };
    Object.assign(this.#told, { meterStopWh: stop.meterStop, endedAt: stop.timestamp });
    const stopped = outbox.push({ action: 'StopTransaction', localId, payload: stop });
    this.#keepWhenDelivered(stopped, last);
    await this.#deliveredOrOffline(stopped);
    return { started, stopped };
  }

  async #deliveredOrOffline(delivery: Promise<Delivery>, signal?: AbortSignal): Promise<void> {
    const { changes, isOnline } = this.#station;
    const settled = new AbortController();
    const either = signal ? AbortSignal.any([signal, settled.signal]) : settled.signal;
    await Promise.race([delivery, changes.until(() => !isOnline(), either)]);
    settled.abort();
  }

  /** Samples at the times that the interval gives, until the end or until something ends it. */
  async #charge(startedAt: number, endsAt: number): Promise<void> {
    const { clock, configuration } = this.#station;
    let sampledAt = startedAt;
    for (;;) {
      const intervalMs = configuration.number('MeterValueSampleInterval') * 1000;
      const due = Math.min(intervalMs > 0 ? sampledAt + intervalMs : endsAt, endsAt);
      if (!(await clock.waitUntil(due, this.#ended.signal))) return;
      this.#runMeter(due);
      if (due === endsAt) return;
      this.#pushSample(due, 'Sample.Periodic');
      sampledAt = due;
      await this.showPower();
    }
  }

  #powerStatus(): Status {
    if (this.#meter.soc >= 100) return 'SuspendedEV';
    return this.#station.smartCharging.limitW(this.#connector, this.#now()) > 0 ? 'Charging' : 'SuspendedEVSE';
  }

  /** Lets the meter run up to that time if current flows; gives the time back, or the later one that the meter has seen already. */
  #runMeter(until: number): number {
    if (this.#meteredAt === undefined) return until;
    const at = Math.max(until, this.#meteredAt);
    const began = this.#meteredAt - this.#meter.elapsedMs;
    this.#meter = charge(this.#meter, at - this.#meteredAt, (elapsedMs) =>
      this.#station.smartCharging.limitW(this.#connector, began + elapsedMs),
    );
    this.#meteredAt = at;
    return at;
  }

  #pushSample(at: number, context: Context): void {
    const meterValue = this.#sample(at, context, 'MeterValuesSampledData');
    if (!meterValue) return;
    const payload = { connectorId: this.#connector.id, meterValue: [meterValue] };
    const pushed = this.#station.outbox.push({ action: 'MeterValues', localId: this.localId, payload });
    this.#keepWhenDelivered(pushed, meterValue);
  }

  #keepWhenDelivered(delivery: Promise<Delivery>, sampled: MeterValue | undefined): void {
    void delivery.then(({ delivered }) => {
      if (delivered && sampled) this.#samples.push(sampled);
    });
  }

  /** Undefined when the configuration asks for nothing. */
  #sample(at: number, context: Context, key: 'MeterValuesSampledData' | 'StopTxnSampledData'): MeterValue | undefined {
    const sampledValue = sample(this.#meter, context, this.#station.configuration.measurands(key));
    return sampledValue.length > 0 ? { timestamp: this.#station.stamp(at), sampledValue } : undefined;
  }

  #now(): number {
    return Math.floor(this.#station.clock.now());
  }

  #outcome(start: Delivery, stop: Delivery): SessionReport {
    if (!start.delivered) return this.#report('unacknowledged', `its start was not: ${start.reason}`);
    if (!stop.delivered) return this.#report('unacknowledged', `its stop was not: ${stop.reason}`);
    if (start.idTag !== 'Accepted') return this.#report('refused', `its start was answered ${start.idTag}`);
    return this.#report('completed', this.#stopReason);
  }

  #never(outcome: 'refused' | 'failed', reason: string): { report: Promise<SessionReport> } {
    return { report: Promise.resolve(this.#report(outcome, reason)) };
  }

  #report(outcome: SessionReport['outcome'], reason: string): SessionReport {
    const energyWh = registerWh(this.#meter) - this.#startWh;
    const transactionId = this.#station.outbox.transactionId(this.localId);
    const { idTag } = this.#plan;
    const { id: connectorId } = this.#connector;
    return { connectorId, idTag, outcome, reason, energyWh, transactionId, ...this.#told, samples: this.#samples };
  }
}
