import type { Authorisation } from './authorisation.ts';
import type { ChargingProfile, RateUnit } from './charging-schedule.ts';
import type { Commanded, Triggerable } from './commands.ts';
import type { Configuration } from './configuration.ts';
import type { Connector, Connectors } from './connectors.ts';
import type { Diagnostics, DiagnosticsRequest } from './diagnostics.ts';
import type { Firmware, UpdateRequest } from './firmware.ts';
import type { Link } from './link.ts';
import type { LocalList } from './local-list.ts';
import { DiagnosticsStatusNotification, FirmwareStatusNotification, Heartbeat, MeterValues } from './messages.ts';
import { plugIn, type Supply, sample } from './meter.ts';
import type { Outbox } from './outbox.ts';
import type { Registration } from './registration.ts';
import type { ReservationRequest, Reservations, Reserved } from './reservations.ts';
import type { Restarts } from './restarts.ts';
import type { ClearCriteria, Composite, SmartCharging } from './smart-charging.ts';

/** How somebody who was started remotely begins. */
export interface Start {
  authorise: boolean;
  profile?: ChargingProfile;
}

export interface RemoteDeps {
  authorisation: Authorisation;
  configuration: Configuration;
  connectors: Connectors;
  diagnostics: Diagnostics;
  firmware: Firmware;
  link: Link;
  localList: LocalList;
  outbox: Outbox;
  registration: Registration;
  reservations: Reservations;
  restarts: Restarts;
  smartCharging: SmartCharging;
  supply: Supply;
  /** May a session begin? */
  takesSessions(): boolean;
  charge(connector: Connector, idTag: string, how: Start): Promise<void>;
  /** The charger's time, as it writes it into messages. */
  stamp(at?: number): string;
}

/** What commands do. Everything that shows on the wire happens after the answer: an effect must not overtake it. */
export class Remote implements Commanded {
  readonly #deps: RemoteDeps;

  constructor(deps: RemoteDeps) {
    this.#deps = deps;
  }

  get configuration(): Configuration {
    return this.#deps.configuration;
  }

  get localList(): LocalList {
    return this.#deps.localList;
  }

  cancelReservation(reservationId: number): boolean {
    const isCancelled = this.#deps.reservations.cancel(reservationId);
    this.#showIdle();
    return isCancelled;
  }

  changeAvailability(connectorId: number, operative: boolean): 'Accepted' | 'Rejected' | 'Scheduled' {
    const { connectors, reservations } = this.#deps;
    const changed = connectors.get(connectorId);
    if (!changed) return 'Rejected';
    const affected = connectorId === 0 ? connectors.all : [changed];
    for (const connector of affected) connector.operative = operative;
    if (!operative) reservations.endAt(connectorId);
    this.#showIdle();
    return affected.some(({ session }) => session) ? 'Scheduled' : 'Accepted';
  }

  clearCache(): boolean {
    return this.#deps.authorisation.clearCache();
  }

  clearProfiles(criteria: ClearCriteria): boolean {
    const isCleared = this.#deps.smartCharging.clear(criteria);
    this.#showPower();
    return isCleared;
  }

  compositeSchedule(connectorId: number, durationS: number, unit: RateUnit | undefined): Composite | undefined {
    return this.#deps.smartCharging.composite(connectorId, durationS, unit);
  }

  diagnostics(request: DiagnosticsRequest): string | undefined {
    return this.#deps.diagnostics.request(request);
  }

  remoteStart(idTag: string, connectorId: number | undefined, profile: ChargingProfile | undefined): boolean {
    const { connectors, configuration, reservations, smartCharging, takesSessions, charge } = this.#deps;
    const candidates = connectors.real
      .filter(({ id }) => connectorId === undefined || id === connectorId)
      .filter((candidate) => connectors.isFree(candidate) && reservations.mayAdmit(candidate, idTag));
    const connector =
      candidates.find((candidate) => reservations.isReserved(candidate) && reservations.admits(candidate, { idTag })) ??
      candidates.find((candidate) => !reservations.isReserved(candidate)) ??
      candidates[0];
    if (!connector || !takesSessions()) return false;
    if (profile && !smartCharging.suitsRemoteStart(connector.id, profile)) return false;
    const authorise = configuration.flag('AuthorizeRemoteTxRequests');
    setImmediate(() => {
      if (connectors.isFree(connector)) void charge(connector, idTag, { authorise, profile });
    });
    return true;
  }

  remoteStop(transactionId: number): boolean {
    const { outbox, connectors, registration } = this.#deps;
    const localId = outbox.localId(transactionId);
    const session = connectors.real.find((connector) => connector.session?.localId === localId)?.session;
    if (localId === undefined || !session || !registration.isAccepted) return false;
    setImmediate(() => session.end('Remote'));
    return true;
  }

  reserve(request: ReservationRequest): Reserved {
    const reserved = this.#deps.reservations.reserve(request);
    this.#showIdle();
    return reserved;
  }

  reset(type: 'Soft' | 'Hard'): void {
    setImmediate(() => void this.#deps.restarts.restart(type));
  }

  setProfile(connectorId: number, profile: ChargingProfile): boolean {
    const isSet = this.#deps.smartCharging.set(connectorId, profile);
    this.#showPower();
    return isSet;
  }

  stamp(at: number): string {
    return this.#deps.stamp(at);
  }

  trigger(message: Triggerable, connectorId: number | undefined): boolean {
    const { connectors, diagnostics, firmware, link, registration } = this.#deps;
    if (connectorId !== undefined && !connectors.get(connectorId)) return false;
    const wanted = ({ id }: Connector): boolean => connectorId === undefined || id === connectorId;
    const messages: Record<Triggerable, () => void> = {
      BootNotification: () => void registration.bootAgain(),
      DiagnosticsStatusNotification: () => void link.ask(DiagnosticsStatusNotification, { status: diagnostics.status }),
      FirmwareStatusNotification: () => void link.ask(FirmwareStatusNotification, { status: firmware.status }),
      Heartbeat: () => void link.ask(Heartbeat, {}),
      MeterValues: () => {
        for (const connector of connectors.real.filter(wanted)) this.#sampleNow(connector);
      },
      StatusNotification: () => {
        for (const connector of connectors.all.filter(wanted)) void connectors.report(connector);
      },
    };
    setImmediate(messages[message]);
    return true;
  }

  unlock(connectorId: number): 'Unlocked' | 'UnlockFailed' | 'NotSupported' {
    const { connectors } = this.#deps;
    const connector = connectorId > 0 ? connectors.get(connectorId) : undefined;
    if (!connector) return 'NotSupported';
    if (connectors.isFaulted) return 'UnlockFailed';
    setImmediate(() => connector.session?.end('UnlockCommand'));
    return 'Unlocked';
  }

  updateFirmware(request: UpdateRequest): void {
    this.#deps.firmware.update(request);
  }

  #sampleNow({ id, session, registerWh }: Connector): void {
    if (session) {
      session.sampleNow('Trigger');
      return;
    }
    const { configuration, link, supply, stamp } = this.#deps;
    const wanted = configuration.measurands('MeterValuesSampledData').filter((name) => name !== 'SoC');
    const sampledValue = sample(plugIn(supply, registerWh, 0), 'Trigger', wanted);
    void link.ask(MeterValues, { connectorId: id, meterValue: [{ timestamp: stamp(), sampledValue }] });
  }

  #showIdle(): void {
    setImmediate(() => void this.#deps.connectors.showIdle());
  }

  #showPower(): void {
    setImmediate(() => {
      for (const { session } of this.#deps.connectors.real) void session?.showPower();
    });
  }
}
