import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { singleConnectorId } from './types.ts';

/** The charger is to send a message of its own, after its answer (S 5.17, 6.51, 6.52). Without a connector: of all of them. */
export const TriggerMessage = defineAction('TriggerMessage', {
  section: '5.17',
  request: z.strictObject({
    requestedMessage: z.enum([
      'BootNotification',
      'DiagnosticsStatusNotification',
      'FirmwareStatusNotification',
      'Heartbeat',
      'MeterValues',
      'StatusNotification',
    ]),
    connectorId: singleConnectorId.optional(),
  }),
  response: z.strictObject({ status: z.enum(['Accepted', 'Rejected', 'NotImplemented']) }),
});
