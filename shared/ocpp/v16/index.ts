import { Authorize } from './Authorize.ts';
import { BootNotification } from './BootNotification.ts';
import { DataTransfer } from './DataTransfer.ts';
import { DiagnosticsStatusNotification } from './DiagnosticsStatusNotification.ts';
import { FirmwareStatusNotification } from './FirmwareStatusNotification.ts';
import { Heartbeat } from './Heartbeat.ts';
import { MeterValues } from './MeterValues.ts';
import { StartTransaction } from './StartTransaction.ts';
import { StatusNotification } from './StatusNotification.ts';
import { StopTransaction } from './StopTransaction.ts';

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

/** What only the central system may send: from a charger these are NotSupported, other names are NotImplemented (J 4.2.3). */
export const outboundNames: readonly string[] = [
  'CancelReservation',
  'ChangeAvailability',
  'ChangeConfiguration',
  'ClearCache',
  'ClearChargingProfile',
  'GetCompositeSchedule',
  'GetConfiguration',
  'GetDiagnostics',
  'GetLocalListVersion',
  'RemoteStartTransaction',
  'RemoteStopTransaction',
  'ReserveNow',
  'Reset',
  'SendLocalList',
  'SetChargingProfile',
  'TriggerMessage',
  'UnlockConnector',
  'UpdateFirmware',
];
