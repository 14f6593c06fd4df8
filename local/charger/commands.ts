import * as z from 'zod';
import { type ChargingProfile, chargingProfile, type RateUnit } from './charging-schedule.ts';
import type { Configuration } from './configuration.ts';
import type { DiagnosticsRequest } from './diagnostics.ts';
import type { UpdateRequest } from './firmware.ts';
import { type Answerer, Refusal } from './link.ts';
import type { ListUpdate } from './local-list.ts';
import { idTagInfo, vendor } from './messages.ts';
import type { ReservationRequest, Reserved } from './reservations.ts';
import type { ClearCriteria, Composite } from './smart-charging.ts';

/** What the central system can do with a charger. Where the answer is a boolean, true means that it obeys. */
export interface Commanded {
  configuration: Configuration;
  localList: { readonly version: number; update(request: ListUpdate): string };
  cancelReservation(reservationId: number): boolean;
  changeAvailability(connectorId: number, operative: boolean): 'Accepted' | 'Rejected' | 'Scheduled';
  clearCache(): boolean;
  clearProfiles(criteria: ClearCriteria): boolean;
  compositeSchedule(connectorId: number, durationS: number, unit: RateUnit | undefined): Composite | undefined;
  /** The name of the file that it uploads, if any. */
  diagnostics(request: DiagnosticsRequest): string | undefined;
  remoteStart(idTag: string, connectorId: number | undefined, profile: ChargingProfile | undefined): boolean;
  remoteStop(transactionId: number): boolean;
  reserve(request: ReservationRequest): Reserved;
  reset(type: 'Soft' | 'Hard'): void;
  setProfile(connectorId: number, profile: ChargingProfile): boolean;
  /** The charger's clock, as it writes it into messages. */
  stamp(at: number): string;
  /** False when there is no such connector. */
  trigger(message: Triggerable, connectorId: number | undefined): boolean;
  unlock(connectorId: number): 'Unlocked' | 'UnlockFailed' | 'NotSupported';
  updateFirmware(request: UpdateRequest): void;
}

const triggerable = [
  'BootNotification',
  'DiagnosticsStatusNotification',
  'FirmwareStatusNotification',
  'Heartbeat',
  'MeterValues',
  'StatusNotification',
] as const;
export type Triggerable = (typeof triggerable)[number];

const verdict = (accepted: boolean) => ({ status: accepted ? 'Accepted' : 'Rejected' });

const retries = { retries: z.int().min(0).optional().catch(0), retryInterval: z.int().min(0).optional().catch(0) };

const command = <Request>(request: z.ZodType<Request>, obey: (charger: Commanded, request: Request) => object) => ({
  answerer:
    (charger: Commanded): Answerer =>
    (raw) =>
      obey(charger, request.parse(raw)),
});

/** All that OCPP 1.6 lets a central system ask. `ocpp-rpc` has checked the request, and answers NotImplemented for everything else. */
const commands = {
  CancelReservation: command(z.object({ reservationId: z.int() }), (charger, { reservationId }) =>
    verdict(charger.cancelReservation(reservationId)),
  ),
  ChangeAvailability: command(
    z.object({ connectorId: z.int(), type: z.enum(['Operative', 'Inoperative']) }),
    (charger, { connectorId, type }) => ({ status: charger.changeAvailability(connectorId, type === 'Operative') }),
  ),
  ChangeConfiguration: command(z.object({ key: z.string(), value: z.string() }), (charger, { key, value }) => ({
    status: charger.configuration.change(key, value),
  })),
  ClearCache: command(z.object({}), (charger) => verdict(charger.clearCache())),
  ClearChargingProfile: command(
    z.object({
      id: z.int().optional(),
      connectorId: z.int().optional(),
      chargingProfilePurpose: chargingProfile.shape.chargingProfilePurpose.optional(),
      stackLevel: z.int().optional(),
    }),
    (charger, criteria) => ({ status: charger.clearProfiles(criteria) ? 'Accepted' : 'Unknown' }),
  ),
  DataTransfer: command(
    z.object({ vendorId: z.string(), messageId: z.string().optional(), data: z.string().optional() }),
    (_, { vendorId, messageId = 'Echo', data }) => {
      if (vendorId !== vendor) return { status: 'UnknownVendorId' };
      if (messageId !== 'Echo') return { status: 'UnknownMessageId' };
      return { status: 'Accepted', ...(data !== undefined && { data }) };
    },
  ),
  GetCompositeSchedule: command(
    z.object({ connectorId: z.int(), duration: z.int(), chargingRateUnit: z.enum(['A', 'W']).optional() }),
    (charger, { connectorId, duration, chargingRateUnit }) => {
      const composite = charger.compositeSchedule(connectorId, duration, chargingRateUnit);
      if (!composite) return verdict(false);
      const { from, ...chargingSchedule } = composite;
      return { ...verdict(true), connectorId, scheduleStart: charger.stamp(from), chargingSchedule };
    },
  ),
  GetConfiguration: command(z.object({ key: z.array(z.string()).optional() }), ({ configuration }, { key = [] }) => {
    const most = configuration.number('GetConfigurationMaxKeys');
    if (key.length > most) throw new Refusal('PropertyConstraintViolation', `key: more than ${most}`);
    return configuration.read(key);
  }),
  GetDiagnostics: command(
    z.object({ location: z.string(), startTime: z.string().optional(), stopTime: z.string().optional(), ...retries }),
    (charger, request) => {
      const fileName = charger.diagnostics(request);
      return fileName === undefined ? {} : { fileName };
    },
  ),
  GetLocalListVersion: command(z.object({}), ({ localList }) => ({ listVersion: localList.version })),
  RemoteStartTransaction: command(
    z.object({
      idTag: z.string(),
      connectorId: z.int().optional(),
      chargingProfile: chargingProfile.optional(),
    }),
    (charger, { idTag, connectorId, chargingProfile: profile }) =>
      verdict(charger.remoteStart(idTag, connectorId, profile)),
  ),
  RemoteStopTransaction: command(z.object({ transactionId: z.int() }), (charger, { transactionId }) =>
    verdict(charger.remoteStop(transactionId)),
  ),
  ReserveNow: command(
    z.object({
      reservationId: z.int(),
      connectorId: z.int(),
      idTag: z.string(),
      parentIdTag: z.string().optional(),
      expiryDate: z.string(),
    }),
    (charger, request) => ({ status: charger.reserve(request) }),
  ),
  Reset: command(z.object({ type: z.enum(['Soft', 'Hard']) }), (charger, { type }) => {
    charger.reset(type);
    return verdict(true);
  }),
  SendLocalList: command(
    z.object({
      listVersion: z.int(),
      updateType: z.enum(['Full', 'Differential']),
      localAuthorizationList: z.array(z.object({ idTag: z.string(), idTagInfo: idTagInfo.optional() })).optional(),
    }),
    ({ localList }, request) => ({ status: localList.update(request) }),
  ),
  SetChargingProfile: command(
    z.object({ connectorId: z.int(), csChargingProfiles: chargingProfile }),
    (charger, { connectorId, csChargingProfiles }) => verdict(charger.setProfile(connectorId, csChargingProfiles)),
  ),
  TriggerMessage: command(
    z.object({ requestedMessage: z.enum(triggerable), connectorId: z.int().optional() }),
    (charger, { requestedMessage, connectorId }) => verdict(charger.trigger(requestedMessage, connectorId)),
  ),
  UnlockConnector: command(z.object({ connectorId: z.int() }), (charger, { connectorId }) => ({
    status: charger.unlock(connectorId),
  })),
  UpdateFirmware: command(
    z.object({ location: z.string(), retrieveDate: z.string(), ...retries }),
    (charger, request) => {
      charger.updateFirmware(request);
      return {};
    },
  ),
};

export const answerers = (charger: Commanded): [action: string, answerer: Answerer][] =>
  Object.entries(commands).map(([action, { answerer }]) => [action, answerer(charger)]);
