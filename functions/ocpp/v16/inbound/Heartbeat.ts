import { isFirstOfSlot } from '#shared/domain/charger.ts';
import { toInstant } from '#shared/domain/time.ts';
import { Heartbeat } from '#shared/ocpp/v16/Heartbeat.ts';
import type { ActionFunction } from '#shared/runtime/call.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';

/** The most frequent message of all: it reads nothing, and writes once in five minutes. */
export const heartbeat: ActionFunction<typeof Heartbeat> = async (_request, { stores, caller, nowMs }) => {
  const currentTime = toInstant(nowMs);
  if (isFirstOfSlot(nowMs, caller.heartbeatIntervalS)) await stores.chargers.recordHeard(caller.chargerId, currentTime);
  return { currentTime };
};

export const handler = ocppHandler(Heartbeat, heartbeat);
