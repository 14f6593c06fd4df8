import * as z from 'zod';
import { type Header, headerOf, type RequestHead } from '#local/gateway/request-head.ts';

export const corsShape = z.object({
  AllowOrigins: z.array(z.string()).default([]),
  AllowMethods: z.array(z.string()).default([]),
  AllowHeaders: z.array(z.string()).default([]),
  ExposeHeaders: z.array(z.string()).default([]),
  AllowCredentials: z.boolean().default(false),
  MaxAge: z.coerce.number().optional(),
});

type CorsConfiguration = z.output<typeof corsShape>;

export function isPreflight(head: RequestHead): boolean {
  return (
    head.method === 'OPTIONS' &&
    headerOf(head.headers, 'origin') !== undefined &&
    headerOf(head.headers, 'access-control-request-method') !== undefined
  );
}

/** What an API with a CORS configuration says to a request: nothing to an origin that is not allowed. */
export function corsHeaders(cors: CorsConfiguration, head: RequestHead): Header[] {
  const origin = headerOf(head.headers, 'origin');
  const allowed = cors.AllowOrigins.includes('*') ? '*' : origin;
  if (origin === undefined || allowed === undefined) return [];
  if (allowed !== '*' && !cors.AllowOrigins.includes(allowed)) return [];

  const always: Header[] = [
    ['access-control-allow-origin', allowed],
    ...(allowed === '*' ? [] : [['vary', 'Origin'] satisfies Header]),
    ...(cors.AllowCredentials ? [['access-control-allow-credentials', 'true'] satisfies Header] : []),
  ];
  if (!isPreflight(head)) return [...always, ...listHeader('access-control-expose-headers', cors.ExposeHeaders)];
  return [
    ...always,
    ...listHeader('access-control-allow-methods', cors.AllowMethods),
    ...listHeader('access-control-allow-headers', cors.AllowHeaders),
    ...(cors.MaxAge === undefined ? [] : [['access-control-max-age', String(cors.MaxAge)] satisfies Header]),
  ];
}

/** The gateway's CORS headers replace those of the function. */
export function withoutCors(headers: readonly Header[]): Header[] {
  return headers.filter(([name]) => !/^access-control-/i.test(name));
}

function listHeader(name: string, values: readonly string[]): Header[] {
  return values.length > 0 ? [[name, values.join(',')]] : [];
}
