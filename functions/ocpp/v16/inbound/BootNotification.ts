import { toInstant } from '#shared/domain/time.ts';
import { OcppError } from '#shared/ocpp/errors.ts';
import { BootNotification } from '#shared/ocpp/v16/BootNotification.ts';
import { heartbeatLimitOf } from '#shared/ocpp/v16/vendors.ts';
import type { ActionFunction } from '#shared/runtime/call.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';
import { entriesFor } from '#shared/runtime/quirks.ts';

/** Registration is the operator's decision; the boot that is first answered Accepted opens the charger's mouth for good. */
export const bootNotification: ActionFunction<typeof BootNotification> = async (
  { chargePointVendor, chargePointModel, chargePointSerialNumber, chargeBoxSerialNumber, firmwareVersion },
  { stores, caller, nowMs, frame },
) => {
  const at = toInstant(nowMs);
  const make = { vendor: chargePointVendor, model: chargePointModel, firmwareVersion };
  const serialNumber = chargePointSerialNumber ?? chargeBoxSerialNumber;
  const limitS = heartbeatLimitOf(entriesFor(make));
  const [charger] = await Promise.all([
    stores.chargers.recordBoot(caller.chargerId, { at, ...make, serialNumber }, limitS),
    stores.evidence.keep(caller.chargerId, { at, kind: 'boot', action: 'BootNotification', content: frame }),
  ]);
  if (!charger) throw new OcppError('SecurityError', 'This charger is not known any more');
  const accepted =
    charger.registration === 'accepted' &&
    (charger.acceptedAt !== undefined || (await stores.chargers.markAccepted(charger.id, at)));
  return {
    status: accepted ? 'Accepted' : charger.registration === 'rejected' ? 'Rejected' : 'Pending',
    currentTime: at,
    interval: charger.toldIntervalS ?? charger.heartbeatIntervalS,
  };
};

export const handler = ocppHandler(BootNotification, bootNotification);
