import { toInstant } from '#shared/domain/time.ts';
import { FirmwareStatusNotification } from '#shared/ocpp/v16/FirmwareStatusNotification.ts';
import type { ActionFunction } from '#shared/runtime/call.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';

/** Each status is a point on the charger's timeline. */
export const firmwareStatusNotification: ActionFunction<typeof FirmwareStatusNotification> = async (
  { status },
  { stores, caller, nowMs, frame },
) => {
  await stores.evidence.keep(caller.chargerId, {
    at: toInstant(nowMs),
    kind: 'firmwareStatus',
    action: 'FirmwareStatusNotification',
    note: status,
    content: frame,
  });
  return {};
};

export const handler = ocppHandler(FirmwareStatusNotification, firmwareStatusNotification);
