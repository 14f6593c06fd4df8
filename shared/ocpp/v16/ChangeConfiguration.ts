import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { ciString } from './types.ts';

/** One setting gets a new value (S 5.3, 6.9, 6.10). NotSupported: the charger has no such key. */
export const ChangeConfiguration = defineAction('ChangeConfiguration', {
  section: '5.3',
  request: z.strictObject({ key: ciString(50), value: ciString(500) }),
  response: z.strictObject({ status: z.enum(['Accepted', 'Rejected', 'RebootRequired', 'NotSupported']) }),
});
