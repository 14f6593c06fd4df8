import { RemoteStopTransaction } from '#shared/ocpp/v16/RemoteStopTransaction.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

/** An id that is not known here may be sent: the charger knows best what it runs. */
export const remoteStopTransaction = defineOperation<typeof RemoteStopTransaction>({
  action: RemoteStopTransaction,
  watchUntilMs: (_, { status }, { nowMs, durations }) =>
    status === 'Accepted' ? nowMs + durations.effectMs : undefined,
  async look({ transactionId }, { charger, stores, sentAt }) {
    const session = await stores.sessions.findSession(charger.id, String(transactionId));
    const at = session?.endReceivedAt;
    return at !== undefined && at >= sentAt ? [{ at, what: `StopTransaction ${transactionId}` }] : [];
  },
});
