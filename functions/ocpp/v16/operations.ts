import type { OutboundName } from '#shared/ocpp/v16/index.ts';
import type { Operation, Operations } from '#shared/runtime/operation.ts';
import { cancelReservation } from './outbound/CancelReservation.ts';
import { changeAvailability } from './outbound/ChangeAvailability.ts';
import { changeConfiguration } from './outbound/ChangeConfiguration.ts';
import { clearCache } from './outbound/ClearCache.ts';
import { clearChargingProfile } from './outbound/ClearChargingProfile.ts';
import { dataTransfer } from './outbound/DataTransfer.ts';
import { getCompositeSchedule } from './outbound/GetCompositeSchedule.ts';
import { getConfiguration } from './outbound/GetConfiguration.ts';
import { getDiagnostics } from './outbound/GetDiagnostics.ts';
import { getLocalListVersion } from './outbound/GetLocalListVersion.ts';
import { remoteStartTransaction } from './outbound/RemoteStartTransaction.ts';
import { remoteStopTransaction } from './outbound/RemoteStopTransaction.ts';
import { reserveNow } from './outbound/ReserveNow.ts';
import { reset } from './outbound/Reset.ts';
import { sendLocalList } from './outbound/SendLocalList.ts';
import { setChargingProfile } from './outbound/SetChargingProfile.ts';
import { triggerMessage } from './outbound/TriggerMessage.ts';
import { unlockConnector } from './outbound/UnlockConnector.ts';
import { updateFirmware } from './outbound/UpdateFirmware.ts';

const all: Record<OutboundName, unknown> = {
  CancelReservation: cancelReservation,
  ChangeAvailability: changeAvailability,
  ChangeConfiguration: changeConfiguration,
  ClearCache: clearCache,
  ClearChargingProfile: clearChargingProfile,
  DataTransfer: dataTransfer,
  GetCompositeSchedule: getCompositeSchedule,
  GetConfiguration: getConfiguration,
  GetDiagnostics: getDiagnostics,
  GetLocalListVersion: getLocalListVersion,
  RemoteStartTransaction: remoteStartTransaction,
  RemoteStopTransaction: remoteStopTransaction,
  ReserveNow: reserveNow,
  Reset: reset,
  SendLocalList: sendLocalList,
  SetChargingProfile: setChargingProfile,
  TriggerMessage: triggerMessage,
  UnlockConnector: unlockConnector,
  UpdateFirmware: updateFirmware,
};

/** Every operation there is, for whoever sends them or takes their answers. */
export const operations: Operations = all as Record<OutboundName, Operation>;
