import { randomInt } from 'node:crypto';
import { startSession } from '#shared/domain/start-session.ts';
import { FIRST_ISSUED, LAST_ISSUED } from '#shared/domain/transaction-id.ts';
import { hasConnector } from '#shared/ocpp/v16/oddities.ts';
import { StartTransaction } from '#shared/ocpp/v16/StartTransaction.ts';
import type { ActionFunction } from '#shared/runtime/call.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';
import { connectorOf, idTagInfoOf, millisecondsOf } from '#shared/runtime/v16-words.ts';

const drawTransactionId = () => String(randomInt(FIRST_ISSUED, LAST_ISSUED + 1));

/** Answered with an id whatever the verdict on the tag: the charger reports what has happened (S 4.8, E 3.54). */
export const startTransaction: ActionFunction<typeof StartTransaction> = async (request, { stores, caller, nowMs }) => {
  const { connectorId, idTag, meterStart, reservationId, timestamp } = request;
  const answer = await startSession(stores, drawTransactionId, {
    chargerId: caller.chargerId,
    organisationId: caller.organisationId,
    connector: connectorOf(connectorId),
    connectorKnown: hasConnector(caller.connectors, connectorId),
    idTag,
    meterStartWh: meterStart,
    reservationId,
    reportedMs: millisecondsOf(timestamp),
    receivedMs: nowMs,
  });
  return { idTagInfo: idTagInfoOf(answer.tagStatus, answer.tag), transactionId: Number(answer.localId) };
};

export const handler = ocppHandler(StartTransaction, startTransaction);
