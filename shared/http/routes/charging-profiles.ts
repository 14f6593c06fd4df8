import * as z from 'zod';
import { chargingProfile, compositeSchedule, compositeScheduleQuery } from '../charging-profile.ts';
import { defineRoute } from '../route.ts';
import { nothing } from '../schemas.ts';
import { ofCharger, operators } from './common.ts';

export const routes = {
  listChargingProfiles: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/charging-profiles',
    summary: 'The charging profiles that a charger has, as far as is known',
    roles: operators,
    params: ofCharger,
    query: nothing,
    body: nothing,
    ok: { 200: z.strictObject({ items: z.array(chargingProfile) }) },
    errors: [404],
  }),
  getCompositeSchedule: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/composite-schedule',
    summary: 'What limits a connector from now on, of all its profiles together; and what the charger says of it',
    roles: operators,
    params: ofCharger,
    query: compositeScheduleQuery,
    body: nothing,
    ok: { 200: compositeSchedule },
    errors: [404],
  }),
} as const;
