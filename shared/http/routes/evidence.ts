import { evidence, violation } from '../evidence.ts';
import { defineRoute } from '../route.ts';
import { listOf, nothing } from '../schemas.ts';
import { ofCharger, operators, pages } from './common.ts';

export const routes = {
  listChargerViolations: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/violations',
    summary: 'Where a charger breaks the protocol: counts, each with an example',
    roles: operators,
    params: ofCharger,
    query: pages,
    body: nothing,
    ok: { 200: listOf(violation) },
    errors: [404],
  }),
  listChargerEvidence: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/evidence',
    summary: 'What a charger reported beside its state, refused frames included; newest first',
    roles: operators,
    params: ofCharger,
    query: pages,
    body: nothing,
    ok: { 200: listOf(evidence) },
    errors: [404],
  }),
} as const;
