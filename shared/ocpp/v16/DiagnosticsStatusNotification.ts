import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { empty } from './types.ts';

/** How far an upload of diagnostics has come (S 4.4, 6.17, 6.18). */
export const DiagnosticsStatusNotification = defineAction('DiagnosticsStatusNotification', {
  section: '4.4',
  request: z.strictObject({ status: z.enum(['Idle', 'Uploaded', 'UploadFailed', 'Uploading']) }),
  response: empty,
});
