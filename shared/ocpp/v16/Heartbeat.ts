import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { dateTime, empty } from './types.ts';

/** 'I am here', and 'what time is it?' (S 4.6, 6.29, 6.30). */
export const Heartbeat = defineAction('Heartbeat', {
  section: '4.6',
  request: empty,
  response: z.strictObject({ currentTime: dateTime }),
});
