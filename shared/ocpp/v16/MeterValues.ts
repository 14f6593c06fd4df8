import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { oddConnector, oddValues } from './oddities.ts';
import { anyTransactionId, connectorId, empty, meterValues } from './types.ts';

/** Readings, of a session or of the connector as such (S 4.7, 6.31, 6.32). */
export const MeterValues = defineAction('MeterValues', {
  section: '4.7',
  request: z.strictObject({
    connectorId,
    transactionId: anyTransactionId.optional(),
    meterValue: meterValues,
  }),
  response: empty,
  oddities: ({ connectorId, meterValue }, connectors) => [
    ...oddConnector(connectors, connectorId),
    ...oddValues('meterValue', meterValue),
  ],
});
