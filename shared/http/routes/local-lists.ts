import * as z from 'zod';
import { localList, localListPlan } from '../local-list.ts';
import { defineRoute } from '../route.ts';
import { nothing } from '../schemas.ts';
import { ofCharger, operators } from './common.ts';

export const routes = {
  getLocalList: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/local-list',
    summary: 'The tags that a charger ought to know by itself, and those that it knows',
    roles: operators,
    params: ofCharger,
    query: nothing,
    body: nothing,
    ok: { 200: localList },
    errors: [404],
  }),
  putLocalList: defineRoute({
    method: 'PUT',
    path: '/api/chargers/{chargerId}/local-list',
    summary: 'Decides which tags a charger ought to know by itself',
    roles: operators,
    params: ofCharger,
    query: nothing,
    body: localListPlan,
    ok: { 200: localList },
    errors: [404, 422],
  }),
  syncLocalList: defineRoute({
    method: 'POST',
    path: '/api/chargers/{chargerId}/local-list/syncs',
    summary: 'Sends a charger what makes its local list the desired one; 200 where it has that already',
    roles: operators,
    params: ofCharger,
    query: nothing,
    body: z.strictObject({}),
    ok: { 200: localList, 202: localList },
    errors: [404, 409, 422],
  }),
} as const;
