import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { empty, location, seconds, sentDateTime } from './types.ts';

/** The charger is to fetch and install firmware, at this time or later (S 5.19, 6.55, 6.56). */
export const UpdateFirmware = defineAction('UpdateFirmware', {
  section: '5.19',
  request: z.strictObject({
    location,
    retries: z.int32().min(0).optional(),
    retrieveDate: sentDateTime,
    retryInterval: seconds.optional(),
  }),
  response: empty,
});
