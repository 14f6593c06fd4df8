import { reservation } from '../reservation.ts';
import { defineRoute } from '../route.ts';
import { listOf, nothing } from '../schemas.ts';
import { ofCharger, operators, pages } from './common.ts';

export const routes = {
  listReservations: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/reservations',
    summary: 'The reservations that a charger has accepted, by their numbers, the highest first',
    roles: operators,
    params: ofCharger,
    query: pages,
    body: nothing,
    ok: { 200: listOf(reservation) },
    errors: [404],
  }),
} as const;
