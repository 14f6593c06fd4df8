import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { oddConnector } from './oddities.ts';
import { connectorId, dateTime, idTagInfo, idToken, int32 } from './types.ts';

/** A session has begun, perhaps long ago. Always answered with an id, whatever the verdict (S 4.8, 6.45, 6.46; E 3.54). */
export const StartTransaction = defineAction('StartTransaction', {
  section: '4.8',
  request: z.strictObject({
    connectorId,
    idTag: idToken,
    /** Wh */
    meterStart: int32,
    reservationId: int32.optional(),
    timestamp: dateTime,
  }),
  response: z.strictObject({
    idTagInfo,
    /** Never 0 or negative: chargers use those for 'none'. */
    transactionId: z.int32().min(1),
  }),
  oddities: ({ connectorId }, connectors) =>
    connectorId === 0
      ? [{ field: 'connectorId', rule: 'the charger as a whole has no session' }]
      : oddConnector(connectors, connectorId),
});
