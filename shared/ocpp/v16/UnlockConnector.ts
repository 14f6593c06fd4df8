import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { singleConnectorId } from './types.ts';

/** Lets go of a cable that is stuck (S 5.18, 6.53, 6.54). */
export const UnlockConnector = defineAction('UnlockConnector', {
  section: '5.18',
  request: z.strictObject({ connectorId: singleConnectorId }),
  response: z.strictObject({ status: z.enum(['Unlocked', 'UnlockFailed', 'NotSupported']) }),
});
