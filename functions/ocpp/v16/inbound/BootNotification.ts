import type { Charger } from '#shared/domain/charger.ts';
import type { ConfigurationStore } from '#shared/domain/configurations.ts';
import type { Timers } from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import { OcppError } from '#shared/ocpp/errors.ts';
import { BootNotification } from '#shared/ocpp/v16/BootNotification.ts';
import { heartbeatLimitOf } from '#shared/ocpp/v16/vendors.ts';
import type { ActionFunction } from '#shared/runtime/call.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';
import { entriesFor } from '#shared/runtime/quirks.ts';
import { deployedTimers } from '#shared/runtime/timers.ts';

/**
 * Registration is the operator's decision; the boot that is first answered Accepted opens the charger's mouth for good, and what the charger is to be
 * given from the beginning is seen to.
 */
export const bootNotification =
  (timers: Timers): ActionFunction<typeof BootNotification> =>
  async (
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
    const isFirst = charger.registration === 'accepted' && charger.acceptedAt === undefined;
    // Asked for before: a boot that fails in between is sent again, and is the first one then.
    if (isFirst && (await isToBeConfigured(stores, charger))) {
      await timers.after(0, { chargerId: charger.id, task: 'firstBoot' });
    }
    const accepted = isFirst ? await stores.chargers.markAccepted(charger.id, at) : charger.registration === 'accepted';
    return {
      status: accepted ? 'Accepted' : charger.registration === 'rejected' ? 'Rejected' : 'Pending',
      currentTime: at,
      interval: charger.toldIntervalS ?? charger.heartbeatIntervalS,
    };
  };

/** Whether its organisation has a template that is for a first boot: which one it is, whoever follows finds out. */
async function isToBeConfigured(
  { configurations }: { configurations: ConfigurationStore },
  { organisationId }: Charger,
) {
  const templates = await configurations.listTemplates(organisationId);
  return templates.some(({ applyAfterFirstBoot }) => applyAfterFirstBoot);
}

export const handler = ocppHandler(BootNotification, bootNotification(deployedTimers));
