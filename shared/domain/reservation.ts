import type { StatusReport } from './charger.ts';
import type { Paged } from './paging.ts';
import { isOfSameGroup } from './tag.ts';
import type { Instant } from './time.ts';

/** A connector, or any one of the charger, that is kept for a tag. The charger has accepted it. */
export interface Reservation {
  chargerId: string;
  reservationId: number;
  /** 0: any of the charger. */
  connectorId: number;
  idTag: string;
  /** Each tag with this parent may use it. */
  parentIdTag?: string;
  expiryDate: Instant;
  /** lost: the charger says that it holds none. */
  state: 'active' | 'cancelled' | 'lost' | 'used';
  /** The command that made it; those of a charger are sent in the order of these. */
  commandId: string;
  acceptedAt: Instant;
  endedAt?: Instant;
  /** The session that used it, as the charger knows it. */
  localId?: string;
}

export type ReservationState = Reservation['state'] | 'expired' | 'interrupted';

/** How a reservation ends before its time. */
type ReservationEnding = Required<Pick<Reservation, 'endedAt'>> &
  ({ state: 'cancelled' | 'lost'; commandId: string } | { state: 'used'; localId: string });

export interface ReservationStore {
  /** In the place of an older one with the same id; of the same command, or of one before it, nothing changes. */
  recordReservation(reservation: Reservation): Promise<void>;
  /** While it is active; by a command, only one that was given after it was made. False when it is not. */
  endReservation(chargerId: string, reservationId: number, ending: ReservationEnding): Promise<boolean>;
  findReservation(chargerId: string, reservationId: number): Promise<Reservation | undefined>;
  /** By their numbers, descending. */
  listReservations(chargerId: string, limit: number, after?: string): Promise<Paged<Reservation>>;
}

/** What has become of it by now: it expires by itself, and ends where its connector breaks down (OCPP-S 5.13). */
export function stateOf(it: Reservation, statuses: readonly StatusReport[], nowMs: number): ReservationState {
  if (it.state !== 'active') return it.state;
  if (Date.parse(it.expiryDate) <= nowMs) return 'expired';
  return statuses.some((report) => isBroken(report) && concerns(report, it)) ? 'interrupted' : 'active';
}

const isBroken = ({ status }: StatusReport): boolean => status === 'Faulted' || status === 'Unavailable';

/** What is told of the charger as a whole is told of each connector. */
const concerns = ({ connector, receivedAt }: StatusReport, { connectorId, acceptedAt }: Reservation): boolean =>
  receivedAt >= acceptedAt && (connector.evse === 0 || connector.evse === connectorId);

/** Whether a start that names the reservation uses it: with its tag, or one of the same parent, on its connector, and in its time. */
export const isUsedBy = (
  it: Reservation,
  start: { connectorId: number; idTag: string; parentIdTag?: string; at: Instant },
): boolean =>
  it.state === 'active' &&
  (it.connectorId === 0 || it.connectorId === start.connectorId) &&
  start.at < it.expiryDate &&
  isOfSameGroup(it, start);
