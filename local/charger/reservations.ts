import type { SimulatedClock } from './clock.ts';
import type { Configuration } from './configuration.ts';
import type { Connector, Connectors } from './connectors.ts';

export interface ReservationsDeps {
  clock: SimulatedClock;
  configuration: Configuration;
  connectors: Connectors;
  /** Aborted when the charger has given up, or is done. */
  over: AbortSignal;
}

export interface ReservationRequest {
  reservationId: number;
  connectorId: number;
  idTag: string;
  parentIdTag?: string;
  expiryDate: string;
}

export type Reserved = 'Accepted' | 'Faulted' | 'Occupied' | 'Rejected' | 'Unavailable';

/** Who stands at the connector. */
export interface Holder {
  idTag: string;
  parentIdTag?: string;
}

interface Reservation extends ReservationRequest {
  ended: AbortController;
}

/** At most one reservation per connector; that of connector 0 keeps the last free connector (OCPP 1.6, 3.10 and 5.13). */
export class Reservations {
  readonly #deps: ReservationsDeps;
  #reservations: Reservation[] = [];

  constructor(deps: ReservationsDeps) {
    this.#deps = deps;
  }

  /** ReserveNow. The same id replaces a reservation, if the new one can be had. */
  reserve(request: ReservationRequest): Reserved {
    const { clock, configuration, connectors } = this.#deps;
    const connector = connectors.get(request.connectorId);
    const expiresAt = Date.parse(request.expiryDate);
    if (!connector || expiresAt <= clock.now()) return 'Rejected';
    if (connector.id === 0 && !configuration.flag('ReserveConnectorZeroSupported')) return 'Rejected';
    const others = this.#reservations.filter(({ reservationId }) => reservationId !== request.reservationId);
    const obstacle = this.#obstacle(connector, others);
    if (obstacle) return obstacle;

    this.#end(({ reservationId }) => reservationId === request.reservationId);
    const reservation = { ...request, ended: new AbortController() };
    this.#reservations.push(reservation);
    void this.#endOnTime(reservation, expiresAt);
    return 'Accepted';
  }

  /** False when there is no such reservation. */
  cancel(id: number): boolean {
    return this.#end(({ reservationId }) => reservationId === id);
  }

  /** The connector went out of service, and 0 means all of them. */
  endAt(id: number): void {
    this.#end(({ connectorId }) => id === 0 || connectorId === id);
  }

  isReserved(connector: Connector): boolean {
    return this.#keeping(connector, this.#reservations) !== undefined;
  }

  /** A parent tag that is not known may still turn out to fit. */
  mayAdmit(connector: Connector, idTag: string): boolean {
    const reservation = this.#keeping(connector, this.#reservations);
    return !reservation || reservation.parentIdTag !== undefined || isFor(reservation, { idTag });
  }

  admits(connector: Connector, holder: Holder): boolean {
    const reservation = this.#keeping(connector, this.#reservations);
    return !reservation || isFor(reservation, holder);
  }

  /** The id of the reservation that this start uses up, if there is one: the connector's own, or that of connector 0. */
  use(connector: Connector, holder: Holder): number | undefined {
    const used = [connector.id, 0]
      .map((id) => this.#reservations.find(({ connectorId }) => connectorId === id))
      .find((reservation) => reservation && isFor(reservation, holder));
    if (used) this.cancel(used.reservationId);
    return used?.reservationId;
  }

  #obstacle(connector: Connector, others: Reservation[]): Exclude<Reserved, 'Accepted' | 'Rejected'> | undefined {
    const { connectors } = this.#deps;
    const isTaken = (each: Connector): boolean =>
      each.session !== undefined || this.#keeping(each, others) !== undefined;
    const candidates = connector.id === 0 ? connectors.real : [connector];
    const obstacles = candidates.map((each) => {
      if (connectors.isFaulted) return 'Faulted';
      if (!connectors.isOperative(each)) return 'Unavailable';
      return isTaken(each) ? 'Occupied' : undefined;
    });
    if (connector.id === 0 && others.some(({ connectorId }) => connectorId === 0)) return 'Occupied';
    return obstacles.includes(undefined) ? undefined : (obstacles.find((each) => each === 'Occupied') ?? obstacles[0]);
  }

  /** The reservation for which this connector is kept while nobody uses it. */
  #keeping(connector: Connector, reservations: Reservation[]): Reservation | undefined {
    const { connectors } = this.#deps;
    const of = (id: number): Reservation | undefined => reservations.find(({ connectorId }) => connectorId === id);
    const own = of(connector.id);
    if (own || connector.id === 0) return connector.id === 0 ? undefined : own;
    const isAnotherFree = connectors.real.some(
      (other) => other !== connector && connectors.isFree(other) && !of(other.id),
    );
    return isAnotherFree ? undefined : of(0);
  }

  async #endOnTime(reservation: Reservation, expiresAt: number): Promise<void> {
    const { clock, connectors, over } = this.#deps;
    const signal = AbortSignal.any([over, reservation.ended.signal]);
    if (!(await clock.waitUntil(expiresAt, signal))) return;
    this.#end((each) => each === reservation);
    await connectors.showIdle();
  }

  /** Whether anything ended. */
  #end(goes: (reservation: Reservation) => boolean): boolean {
    const ended = this.#reservations.filter(goes);
    this.#reservations = this.#reservations.filter((reservation) => !ended.includes(reservation));
    for (const reservation of ended) reservation.ended.abort();
    return ended.length > 0;
  }
}

const isSame = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && one.toUpperCase() === other?.toUpperCase();

const isFor = (reservation: Reservation, { idTag, parentIdTag }: Holder): boolean =>
  isSame(reservation.idTag, idTag) || isSame(reservation.parentIdTag, parentIdTag);
