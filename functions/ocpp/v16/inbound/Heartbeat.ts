import { HeardSlots } from '#shared/domain/charger.ts';
import { toInstant } from '#shared/domain/time.ts';
import { Heartbeat } from '#shared/ocpp/v16/Heartbeat.ts';
import type { ActionFunction } from '#shared/runtime/call.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';

/** The most frequent message of all: it reads nothing, and writes once in a slot, of five minutes as a rule. */
export const heartbeat =
  (slots: HeardSlots): ActionFunction<typeof Heartbeat> =>
  async (_request, { stores, durations, caller: { chargerId, heartbeatIntervalS }, nowMs }) => {
    const currentTime = toInstant(nowMs);
    const isDue = slots.isDue(chargerId, nowMs, heartbeatIntervalS, durations.heardSlotMs);
    if (isDue) await stores.chargers.recordHeard(chargerId, currentTime);
    return { currentTime };
  };

export const handler = ocppHandler(Heartbeat, heartbeat(new HeardSlots()));
