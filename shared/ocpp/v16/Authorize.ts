import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { idTagInfo, idToken } from './types.ts';

/** May this idTag charge? Asked before a session, or before somebody else's is stopped (S 4.1, 6.1, 6.2). */
export const Authorize = defineAction('Authorize', {
  section: '4.1',
  request: z.strictObject({ idTag: idToken }),
  response: z.strictObject({ idTagInfo }),
});
