import { MeterValues } from '#shared/ocpp/v16/MeterValues.ts';
import type { ActionFunction } from '#shared/runtime/call.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';
import { readingsOf } from '#shared/runtime/v16-words.ts';

/** Kept whatever transaction they name, or none: a session finds its readings by its key. */
export const meterValues: ActionFunction<typeof MeterValues> = async (
  { connectorId, transactionId, meterValue },
  { stores, caller, nowMs },
) => {
  await stores.readings.record(caller.chargerId, readingsOf(meterValue, { connectorId, transactionId }, nowMs));
  return {};
};

export const handler = ocppHandler(MeterValues, meterValues);
