import { charger, chargerPlan, chargerWithKey, nextCredential } from '../charger.ts';
import { defineRoute } from '../route.ts';
import { listOf, nothing } from '../schemas.ts';
import { ofCharger, operators, organisationPages } from './common.ts';

export const routes = {
  listChargers: defineRoute({
    method: 'GET',
    path: '/api/chargers',
    summary: 'The chargers of an organisation, by identity',
    roles: operators,
    params: nothing,
    query: organisationPages,
    body: nothing,
    ok: { 200: listOf(charger) },
    errors: [],
  }),
  getCharger: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}',
    summary: 'A charger with its connectors and their status',
    roles: operators,
    params: ofCharger,
    query: nothing,
    body: nothing,
    ok: { 200: charger },
    errors: [404],
  }),
  putCharger: defineRoute({
    method: 'PUT',
    path: '/api/chargers/{chargerId}',
    summary: 'Create or update a charger',
    roles: operators,
    params: ofCharger,
    query: nothing,
    body: chargerPlan,
    ok: { 200: chargerWithKey, 201: chargerWithKey },
    errors: [409],
  }),
  putNextCredential: defineRoute({
    method: 'PUT',
    path: '/api/chargers/{chargerId}/next-credential',
    summary:
      'A key that the charger is about to get: until it uses it, or it is withdrawn, the old one opens the door as well',
    roles: operators,
    params: ofCharger,
    query: nothing,
    body: nextCredential,
    ok: { 200: chargerWithKey },
    errors: [404, 409],
  }),
  deleteNextCredential: defineRoute({
    method: 'DELETE',
    path: '/api/chargers/{chargerId}/next-credential',
    summary: 'The charger did not take the key: the old one stays',
    roles: operators,
    params: ofCharger,
    query: nothing,
    body: nothing,
    ok: { 200: charger },
    errors: [404],
  }),
} as const;
