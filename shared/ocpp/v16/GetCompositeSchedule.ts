import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { chargingRateUnit, reportedSchedule } from './charging-profile.ts';
import { connectorId, dateTime, safeInteger, seconds } from './types.ts';

/** What the charger will allow in the next seconds, of all its profiles together (S 5.7, 6.21, 6.22). */
export const GetCompositeSchedule = defineAction('GetCompositeSchedule', {
  section: '5.7',
  request: z.strictObject({
    connectorId,
    duration: seconds,
    chargingRateUnit: chargingRateUnit.optional(),
  }),
  response: z.strictObject({
    status: z.enum(['Accepted', 'Rejected']),
    connectorId: safeInteger.optional(),
    scheduleStart: dateTime.optional(),
    chargingSchedule: reportedSchedule.optional(),
  }),
});
