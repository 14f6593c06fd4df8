import { stopSession } from '#shared/domain/stop-session.ts';
import { statusOf } from '#shared/domain/tag.ts';
import { toInstant } from '#shared/domain/time.ts';
import { StopTransaction } from '#shared/ocpp/v16/StopTransaction.ts';
import type { ActionFunction } from '#shared/runtime/call.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';
import { idTagInfoOf, millisecondsOf, readingsOf } from '#shared/runtime/v16-words.ts';

/** Always answered, also for an id that was never issued; no idTag, no idTagInfo (S 4.10, E 3.18). */
export const stopTransaction: ActionFunction<typeof StopTransaction> = async (
  request,
  { stores, caller, nowMs, frame },
) => {
  const { idTag, meterStop, timestamp, transactionId, reason, transactionData = [] } = request;
  const { tag, outcome } = await stopSession(stores, {
    chargerId: caller.chargerId,
    organisationId: caller.organisationId,
    protocolTransactionId: transactionId.toString(),
    idTag,
    meterStopWh: meterStop,
    reason: reason ?? 'Local',
    reportedMs: millisecondsOf(timestamp),
    receivedMs: nowMs,
    readings: readingsOf(transactionData, { transactionId }, nowMs),
  });
  if (outcome === 'conflicting') {
    const at = toInstant(nowMs);
    await stores.evidence.keep(caller.chargerId, { at, kind: 'stop', action: 'StopTransaction', content: frame });
  }
  return idTag === undefined ? {} : { idTagInfo: idTagInfoOf(statusOf(tag, nowMs), tag) };
};

export const handler = ocppHandler(StopTransaction, stopTransaction);
