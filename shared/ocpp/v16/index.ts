import { Authorize } from './Authorize.ts';
import { BootNotification } from './BootNotification.ts';
import { CancelReservation } from './CancelReservation.ts';
import { ChangeAvailability } from './ChangeAvailability.ts';
import { ChangeConfiguration } from './ChangeConfiguration.ts';
import { ClearCache } from './ClearCache.ts';
import { ClearChargingProfile } from './ClearChargingProfile.ts';
import { DataTransfer } from './DataTransfer.ts';
import { DiagnosticsStatusNotification } from './DiagnosticsStatusNotification.ts';
import { FirmwareStatusNotification } from './FirmwareStatusNotification.ts';
import { GetCompositeSchedule } from './GetCompositeSchedule.ts';
import { GetConfiguration } from './GetConfiguration.ts';
import { GetDiagnostics } from './GetDiagnostics.ts';
import { GetLocalListVersion } from './GetLocalListVersion.ts';
import { Heartbeat } from './Heartbeat.ts';
import { MeterValues } from './MeterValues.ts';
import { RemoteStartTransaction } from './RemoteStartTransaction.ts';
import { RemoteStopTransaction } from './RemoteStopTransaction.ts';
import { ReserveNow } from './ReserveNow.ts';
import { Reset } from './Reset.ts';
import { SendLocalList } from './SendLocalList.ts';
import { SetChargingProfile } from './SetChargingProfile.ts';
import { StartTransaction } from './StartTransaction.ts';
import { StatusNotification } from './StatusNotification.ts';
import { StopTransaction } from './StopTransaction.ts';
import { TriggerMessage } from './TriggerMessage.ts';
import { UnlockConnector } from './UnlockConnector.ts';
import { UpdateFirmware } from './UpdateFirmware.ts';

export const subprotocol = 'ocpp1.6';

/** What a charger may send. Route, Lambda, grants, local cloud and tests follow from this list. */
export const inbound = {
  Authorize,
  BootNotification,
  DataTransfer,
  DiagnosticsStatusNotification,
  FirmwareStatusNotification,
  Heartbeat,
  MeterValues,
  StartTransaction,
  StatusNotification,
  StopTransaction,
} as const;

export type InboundName = keyof typeof inbound;

export const inboundNames = Object.keys(inbound) as InboundName[];

/** What the central system may send. Of these a charger may send DataTransfer too; the others are NotSupported from it (J 4.2.3). */
export const outbound = {
  CancelReservation,
  ChangeAvailability,
  ChangeConfiguration,
  ClearCache,
  ClearChargingProfile,
  DataTransfer,
  GetCompositeSchedule,
  GetConfiguration,
  GetDiagnostics,
  GetLocalListVersion,
  RemoteStartTransaction,
  RemoteStopTransaction,
  ReserveNow,
  Reset,
  SendLocalList,
  SetChargingProfile,
  TriggerMessage,
  UnlockConnector,
  UpdateFirmware,
} as const;

export type OutboundName = keyof typeof outbound;

export const outboundNames = Object.keys(outbound) as OutboundName[];
