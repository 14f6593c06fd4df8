import * as z from 'zod';
import { defineRoute } from '../route.ts';
import { listOf, nothing, organisationId, page, written } from '../schemas.ts';
import { meterReading, session, verdict } from '../session.ts';
import { ofCharger, operators, pages } from './common.ts';

const ofSession = z.strictObject({ sessionId: z.string().min(1).max(200) });

export const routes = {
  listSessions: defineRoute({
    method: 'GET',
    path: '/api/sessions',
    summary:
      'Sessions that await review, the last to come into it first; or that are active, the newest received first',
    roles: operators,
    params: nothing,
    query: z
      .strictObject({
        ...page,
        organisationId: organisationId.optional(),
        review: z.literal('true').optional().describe('Either this or state is due'),
        state: z.literal('active').optional(),
      })
      .refine((query) => (query.review === undefined) !== (query.state === undefined), {
        path: ['review'],
        error: 'either review=true or state=active is due',
      }),
    body: nothing,
    ok: { 200: listOf(session) },
    errors: [],
  }),
  listChargerSessions: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/sessions',
    summary: 'The sessions of a charger, newest received first',
    roles: operators,
    params: ofCharger,
    query: pages,
    body: nothing,
    ok: { 200: listOf(session) },
    errors: [404],
  }),
  getSession: defineRoute({
    method: 'GET',
    path: '/api/sessions/{sessionId}',
    summary: 'A session',
    roles: operators,
    params: ofSession,
    query: nothing,
    body: nothing,
    ok: { 200: session },
    errors: [404],
  }),
  decideSession: defineRoute({
    method: 'POST',
    path: '/api/sessions/{sessionId}/decisions',
    summary: 'Takes a session out of review: approved, corrected or waived, with a note',
    roles: operators,
    params: ofSession,
    query: nothing,
    body: verdict,
    ok: { 200: session },
    errors: [404, 409],
  }),
  listSessionMeterValues: defineRoute({
    method: 'GET',
    path: '/api/sessions/{sessionId}/meter-values',
    summary: "The meter readings of a session, by the charger's time",
    roles: operators,
    params: ofSession,
    query: pages,
    body: nothing,
    ok: { 200: listOf(meterReading) },
    errors: [404],
  }),
  listChargerMeterValues: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/meter-values',
    summary:
      'The readings of a connector that name no transaction, or of a transaction id, known or not; by the time of the charger',
    roles: operators,
    params: ofCharger,
    query: z
      .strictObject({
        ...page,
        connectorId: written(z.int().min(0).max(2_147_483_647))
          .optional()
          .describe('Either this or transactionId is due'),
        transactionId: z
          .string()
          .regex(
            /^\d{1,10}$/,
            'an id that can have been issued: readings that name another are found under their connector',
          )
          .optional(),
      })
      .refine((query) => (query.connectorId === undefined) !== (query.transactionId === undefined), {
        path: ['connectorId'],
        error: 'either connectorId or transactionId is due',
      }),
    body: nothing,
    ok: { 200: listOf(meterReading) },
    errors: [404],
  }),
} as const;
