import { randomInt } from 'node:crypto';
import { isUsedBy } from '#shared/domain/reservation.ts';
import { startSession } from '#shared/domain/start-session.ts';
import { believe, toInstant } from '#shared/domain/time.ts';
import { FIRST_ISSUED, LAST_ISSUED } from '#shared/domain/transaction-id.ts';
import { hasConnector } from '#shared/ocpp/v16/oddities.ts';
import { StartTransaction } from '#shared/ocpp/v16/StartTransaction.ts';
import type { ActionFunction } from '#shared/runtime/call.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';
import { connectorOf, idTagInfoOf, millisecondsOf } from '#shared/runtime/v16-words.ts';

const drawTransactionId = () => String(randomInt(FIRST_ISSUED, LAST_ISSUED + 1));

/**
 * Answered with an id whatever the verdict on the tag: the charger reports what has happened (S 4.8, E 3.54). A reservation that it names is used up where the
 * start may use it, and means nothing for the answer.
 */
export const startTransaction: ActionFunction<typeof StartTransaction> = async (request, { stores, caller, nowMs }) => {
  const { connectorId, idTag, meterStart, reservationId, timestamp } = request;
  const { chargerId } = caller;
  const reportedMs = millisecondsOf(timestamp);
  const [answer, reservation] = await Promise.all([
    startSession(stores, drawTransactionId, {
      chargerId,
      organisationId: caller.organisationId,
      connector: connectorOf(connectorId),
      connectorKnown: hasConnector(caller.connectors, connectorId),
      idTag,
      meterStartWh: meterStart,
      reservationId,
      reportedMs,
      receivedMs: nowMs,
    }),
    reservationId === undefined ? undefined : stores.reservations.findReservation(chargerId, reservationId),
  ]);
  const { at } = believe(reportedMs, nowMs);
  const { localId, tag, tagStatus } = answer;
  if (reservation && isUsedBy(reservation, { connectorId, idTag, parentIdTag: tag?.parentIdTag, at })) {
    const ending = { state: 'used', endedAt: toInstant(nowMs), localId } as const;
    await stores.reservations.endReservation(chargerId, reservation.reservationId, ending);
  }
  return { idTagInfo: idTagInfoOf(tagStatus, tag), transactionId: Number(localId) };
};

export const handler = ocppHandler(StartTransaction, startTransaction);
