import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { empty, safeInteger } from './types.ts';

/** The version of the list of tags that the charger holds (S 5.10, 6.27, 6.28). 0: it is empty; -1: there is none. */
export const GetLocalListVersion = defineAction('GetLocalListVersion', {
  section: '5.10',
  request: empty,
  response: z.strictObject({ listVersion: safeInteger }),
});
