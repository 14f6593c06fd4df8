import { toInstant } from '#shared/domain/time.ts';
import { DataTransfer } from '#shared/ocpp/v16/DataTransfer.ts';
import type { ActionFunction } from '#shared/runtime/call.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';

/** No vendor's extension is spoken here: what was sent is kept, and the answer says so without an error. */
export const dataTransfer: ActionFunction<typeof DataTransfer> = async (_request, { stores, caller, nowMs, frame }) => {
  await stores.evidence.keep(caller.chargerId, {
    at: toInstant(nowMs),
    kind: 'dataTransfer',
    action: 'DataTransfer',
    content: frame,
  });
  return { status: 'UnknownVendorId' };
};

export const handler = ocppHandler(DataTransfer, dataTransfer);
