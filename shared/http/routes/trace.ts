import { defineRoute } from '../route.ts';
import { listOf, nothing } from '../schemas.ts';
import { trace, traceExport, traceExportQuery, traceFrame, tracePlan, traceQuery } from '../trace.ts';
import { ofCharger, operators } from './common.ts';

export const routes = {
  putTrace: defineRoute({
    method: 'PUT',
    path: '/api/chargers/{chargerId}/trace',
    summary: 'Keep every frame of a charger, both ways, for some hours',
    roles: operators,
    params: ofCharger,
    query: nothing,
    body: tracePlan,
    ok: { 200: trace },
    errors: [404, 409],
  }),
  getTrace: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/trace',
    summary: 'Until when a charger is traced',
    roles: operators,
    params: ofCharger,
    query: nothing,
    body: nothing,
    ok: { 200: trace },
    errors: [404],
  }),
  deleteTrace: defineRoute({
    method: 'DELETE',
    path: '/api/chargers/{chargerId}/trace',
    summary: 'End the trace of a charger; what it has kept stays until it expires',
    roles: operators,
    params: ofCharger,
    query: nothing,
    body: nothing,
    ok: { 200: trace },
    errors: [404],
  }),
  listTraceFrames: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/trace/frames',
    summary: 'What a traced charger said and heard, newest first. A page may be short, or empty, and yet not the last',
    roles: operators,
    params: ofCharger,
    query: traceQuery,
    body: nothing,
    ok: { 200: listOf(traceFrame) },
    errors: [404],
  }),
  exportTrace: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/trace/export',
    summary: 'What a traced charger said and heard, as lines of text, oldest first',
    roles: operators,
    params: ofCharger,
    query: traceExportQuery,
    body: nothing,
    ok: { 200: traceExport },
    errors: [404],
  }),
} as const;
