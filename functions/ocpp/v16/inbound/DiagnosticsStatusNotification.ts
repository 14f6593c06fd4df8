import { toInstant } from '#shared/domain/time.ts';
import { DiagnosticsStatusNotification } from '#shared/ocpp/v16/DiagnosticsStatusNotification.ts';
import type { ActionFunction } from '#shared/runtime/call.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';

/** Each status is a point on the charger's timeline. */
export const diagnosticsStatusNotification: ActionFunction<typeof DiagnosticsStatusNotification> = async (
  { status },
  { stores, caller, nowMs, frame },
) => {
  await stores.evidence.keep(caller.chargerId, {
    at: toInstant(nowMs),
    kind: 'diagnosticsStatus',
    action: 'DiagnosticsStatusNotification',
    note: status,
    content: frame,
  });
  return {};
};

export const handler = ocppHandler(DiagnosticsStatusNotification, diagnosticsStatusNotification);
