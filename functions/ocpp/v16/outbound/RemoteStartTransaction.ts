import { canonicalTag } from '#shared/domain/tag.ts';
import { RemoteStartTransaction } from '#shared/ocpp/v16/RemoteStartTransaction.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

/** Of the newest sessions of the charger so many are looked through. */
const LOOKED_THROUGH = 10;

/**
 * Accepted only says that it will try (E 3.32). The session that it began is of the same tag, on the connector that was named, and was started after the
 * command was sent; one session is the effect of one command. A start from an offline queue was not meant.
 */
export const remoteStartTransaction = defineOperation<typeof RemoteStartTransaction>({
  action: RemoteStartTransaction,
  watchUntilMs: (_, { status }, { nowMs, durations }) =>
    status === 'Accepted' ? nowMs + durations.effectMs : undefined,
  async look({ idTag, connectorId }, { charger, stores, sentAt }) {
    const { items } = await stores.sessions.listOfCharger(charger.id, LOOKED_THROUGH);
    return items
      .filter(
        (session) =>
          session.receivedAt >= sentAt &&
          session.startedAt !== undefined &&
          session.startedAt >= withSkew(sentAt) &&
          session.idTag !== undefined &&
          canonicalTag(session.idTag) === canonicalTag(idTag) &&
          (connectorId === undefined || session.connector?.evse === connectorId),
      )
      .toReversed()
      .map(({ receivedAt, localId }) => ({
        at: receivedAt,
        what: `StartTransaction ${localId}`,
        claim: `session#${localId}`,
      }));
  },
});

/** Chargers' clocks are a little off. */
const SKEW_MS = 60_000;

const withSkew = (instant: string): string => new Date(Date.parse(instant) - SKEW_MS).toISOString();
