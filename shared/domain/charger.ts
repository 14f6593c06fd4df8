import type { Connector } from './connector.ts';
import type { Credential, NextCredential } from './credential.ts';
import type { Instant } from './time.ts';

type Registration = 'accepted' | 'pending' | 'rejected';
type Strictness = 'tolerant' | 'strict';

/** Odd ways of a charger that are met half-way. */
export const quirks = ['looseMeterValues', 'repairEmptyValues'] as const;

type Quirk = (typeof quirks)[number];

export const connectorStatuses = [
  'Available',
  'Preparing',
  'Charging',
  'SuspendedEVSE',
  'SuspendedEV',
  'Finishing',
  'Reserved',
  'Unavailable',
  'Faulted',
] as const;

type ConnectorStatus = (typeof connectorStatuses)[number];

/** What an operator decided about a charger. */
export interface ChargerPlan {
  /** As written; compared without regard to case. Unique in the whole installation. */
  id: string;
  organisationId: string;
  securityProfile: number;
  registration: Registration;
  strictness: Strictness;
  heartbeatIntervalS: number;
  assumeProtocol?: string;
  quirks: Quirk[];
  connectors: { id: number; type: string; maxPowerW: number }[];
  credential?: Credential;
}

/** What a charger says of itself when it boots. */
interface BootReport {
  vendor: string;
  model: string;
  serialNumber?: string;
  firmwareVersion?: string;
}

export interface Charger extends ChargerPlan {
  /** When a boot was first answered 'accepted': from then on its messages are heard, also over reconnects. */
  acceptedAt?: Instant;
  boot?: BootReport & { at: Instant };
  /** The heartbeat interval that its last boot was told, never above what its make bears: a later decision reaches it with its next boot. */
  toldIntervalS?: number;
  /**
   * A key that is on its way to the charger. The charger drops the line as soon as it has taken it, and its answer can get lost: until it is
   * known which one it has, both open the door. Its first use ends the other one; withdrawn, it never was (OCPP security, TC_073).
   */
  nextCredential?: NextCredential;
  /** A message that it was asked for before it was accepted: until then it is heard. */
  maySay?: { action: string; until: Instant };
  /** Grows with each decision of an operator. */
  revision: number;
}

export interface Connection {
  connectionId?: string;
  /** The revision of the charger that it was let in by. */
  revision?: number;
  connectedAt?: Instant;
  disconnectedAt?: Instant;
  lastHeardAt?: Instant;
  /** The last of the commands that wait for the charger to connect; what it means once it is connected is read elsewhere. */
  commandsWait?: string;
}

export interface StatusReport {
  connector: Connector;
  status: ConnectorStatus;
  errorCode: string;
  info?: string;
  vendorId?: string;
  vendorErrorCode?: string;
  /** The charger's time, or the receive time where that could not be believed. */
  at: Instant;
  receivedAt: Instant;
}

/** Everything kept of one charger. */
export interface ChargerView {
  charger: Charger;
  connection: Connection;
  statuses: StatusReport[];
}

export interface ChargerStore {
  findCharger(chargerId: string): Promise<Charger | undefined>;
  /** At most 100, each once; in their order, undefined where there is none. */
  findChargers(chargerIds: readonly string[]): Promise<(Charger | undefined)[]>;
  viewCharger(chargerId: string): Promise<ChargerView | undefined>;
  /** By identity, ascending; `after` is the canonical identity of the last one seen. */
  listChargerIds(organisationId: string, limit: number, after?: string): Promise<string[]>;
  /**
   * 'foreign': the identity belongs to another organisation. A plan without credential keeps the stored one; so does one whose credential is only for
   * a charger that has none. A credential that takes the place of the stored one ends what was on its way.
   */
  saveCharger(plan: ChargerPlan, credential?: { unlessKept: boolean }): Promise<'created' | 'updated' | 'foreign'>;
  /** False when another key than `instead` is on its way already, or there is no credential that it could follow. */
  stageCredential(chargerId: string, credential: NextCredential, instead?: NextCredential): Promise<boolean>;
  /**
   * The key that was on its way becomes the credential; false when there is none, or an operator has decided something since: then it is of another
   * revision, or of another command.
   */
  adoptNextCredential(chargerId: string, known: { revision: number } | { commandId: string }): Promise<boolean>;
  /** False when there was none, or none that this command brings. */
  dropNextCredential(chargerId: string, commandId?: string): Promise<boolean>;
  /**
   * Keeps what the boot says and answers the charger as it now is, with the interval to tell it: that of its plan, or the limit in seconds
   * where that is smaller. Undefined when there is none.
   */
  recordBoot(
    chargerId: string,
    boot: BootReport & { at: Instant },
    heartbeatLimitS?: number,
  ): Promise<Charger | undefined>;
  /** Only while it is registered as accepted; false when it is not, or not any more. */
  markAccepted(chargerId: string, at: Instant): Promise<boolean>;
  /** It is about to be asked for this message: the latest permission counts. */
  permit(chargerId: string, maySay: NonNullable<Charger['maySay']>): Promise<void>;
  /** The connection becomes the charger's one; answers the id of the one that it replaces, and whether commands wait for it. */
  connect(
    chargerId: string,
    connectionId: string,
    revision: number,
    at: Instant,
  ): Promise<{ replaced?: string; commandsWait: boolean }>;
  /** Its next connection is told that this command waits for it. */
  expectCommands(chargerId: string, commandId: string): Promise<void>;
  /** No command waits any more, unless one came after this. */
  expectNoCommands(chargerId: string, commandId: string): Promise<void>;
  /** False when the charger has another connection by now: then nothing changes. */
  disconnect(chargerId: string, connectionId: string, at: Instant): Promise<boolean>;
  currentConnection(chargerId: string): Promise<Connection | undefined>;
  recordHeard(chargerId: string, at: Instant): Promise<void>;
  /** False when a newer status of the connector is kept: then nothing changes. */
  recordStatusIfNewer(chargerId: string, report: StatusReport): Promise<boolean>;
}

/** Identities are matched without regard to case (OCPP-J 3.1.1). */
export const canonicalId = (chargerId: string): string => chargerId.toUpperCase();

/** Undefined unless its messages are to be heard without a further look. */
export const heardSince = (charger: Charger): Instant | undefined =>
  charger.registration === 'accepted' ? charger.acceptedAt : undefined;

/** Whether a message of a charger that was not accepted is one that it was asked for (OCPP-J errata 3.10). */
export const isAskedFor = ({ maySay }: Charger, action: string, nowMs: number): boolean =>
  maySay?.action === action && nowMs <= Date.parse(maySay.until);

/** How late a heartbeat may come and still count as following the one before it. */
const lateness = (intervalMs: number) => Math.min(1000, intervalMs / 20);

/**
 * Whether no earlier heartbeat can have fallen into the slot of this one, so that it is worth a write. A slot begins a moment
 * before the clock's: chargers that beat on the full minute would otherwise fall on its edge, and write twice.
 */
export function isFirstOfSlot(nowMs: number, heartbeatIntervalS: number, slotMs: number): boolean {
  const intervalMs = heartbeatIntervalS * 1000;
  const late = lateness(intervalMs);
  return (nowMs + late) % slotMs < intervalMs + late;
}

/** What one instance remembers of heartbeats, so that it neither writes twice in a slot nor trusts the interval where it knows better. */
export class HeardSlots {
  readonly #slots = new Map<string, number>();

  /** Whether a heartbeat is worth a write: the first of its slot, as far as this instance can tell. */
  isDue(chargerId: string, nowMs: number, heartbeatIntervalS: number, slotMs: number): boolean {
    const slot = Math.floor((nowMs + lateness(heartbeatIntervalS * 1000)) / slotMs);
    const last = this.#slots.get(chargerId);
    if (this.#slots.size >= REMEMBERED) this.#slots.clear();
    this.#slots.set(chargerId, slot);
    return last === undefined ? isFirstOfSlot(nowMs, heartbeatIntervalS, slotMs) : last !== slot;
  }
}

/** Chargers that one instance remembers at most. */
const REMEMBERED = 10_000;

/** Connected, and heard within the larger of twice the heartbeat interval and `patienceMs`. */
export function isOnline(
  connection: Connection,
  heardAt: Instant | undefined,
  intervalS: number,
  nowMs: number,
  patienceMs: number,
): boolean {
  if (connection.connectionId === undefined || heardAt === undefined) return false;
  return nowMs - Date.parse(heardAt) <= Math.max(2 * intervalS * 1000, patienceMs);
}
