import middy from '@middy/core';
import * as z from 'zod';
import { InvalidCursor } from '#shared/domain/paging.ts';
import type { Issuer } from '#shared/domain/tag.ts';
import type { AnswerOf, BodyOf, ParamsOf, QueryOf, Role, Route } from '#shared/http/route.ts';
import { organisationId } from '#shared/http/schemas.ts';
import { type App, deployedApp } from './app.ts';
import { withReadNext, withSafeNext } from './cursor.ts';
import { edge, tell } from './edge.ts';

const httpEvent = z.object({
  pathParameters: z.record(z.string(), z.string().optional()).optional(),
  queryStringParameters: z.record(z.string(), z.string().optional()).optional(),
  body: z.string().optional(),
  isBase64Encoded: z.boolean().optional(),
  /** The gateway writes their names in lower case. */
  headers: z.record(z.string(), z.string().optional()).optional(),
  requestContext: z.object({
    requestId: z.string(),
    authorizer: z.object({ jwt: z.object({ claims: z.record(z.string(), z.unknown()) }) }),
  }),
});

/** API Gateway's authorizer lets Cognito's access tokens through as well, and those name no organisation. */
const idToken = z.object({
  token_use: z.literal('id', 'The ID token is due: this is another token, as the access token is'),
  sub: z.string(),
  /** API Gateway writes a list as `[a b]`. */
  'cognito:groups': z
    .string()
    .default('')
    .transform((text) => text.replace(/^\[|\]$/g, '').split(/[\s,]+/)),
  'custom:organisationId': z.union(
    [
      z.literal('*').transform((): Issuer => 'installation'),
      organisationId.transform((id): Issuer => ({ organisationId: id })),
    ],
    'custom:organisationId of the token must be an organisation, or * for the whole installation',
  ),
});

/** Who asks, and how far that person's rights reach: all that an organisation has, or all that there is. */
export interface Principal {
  subject: string;
  roles: Role[];
  reach: Issuer;
}

export interface FieldError {
  field: string;
  rule: string;
}

/** A refusal that reaches the caller as problem+json (RFC 9457). */
export class HttpProblem extends Error {
  readonly status: number;
  readonly errors: FieldError[] | undefined;

  constructor(status: number, detail: string, errors?: FieldError[]) {
    super(detail);
    this.name = 'HttpProblem';
    this.status = status;
    this.errors = errors;
  }
}

export interface HttpContext extends App {
  principal: Principal;
  nowMs: number;
  /** By which a request that is sent again is known. */
  idempotencyKey?: string | undefined;
}

/** The meaning of one operation: pure of events, parsing, problems and AWS. */
export type OperationFunction<R extends Route, A extends App = App> = (
  request: { params: ParamsOf<R>; query: QueryOf<R>; body: BodyOf<R> },
  context: HttpContext & A,
) => Promise<AnswerOf<R>>;

export interface HttpAnswer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  409: 'Conflict',
  422: 'Unprocessable content',
  500: 'Internal error',
};

/** The Lambda of one operation. */
export function httpHandler<R extends Route, A extends App = App>(
  operationId: string,
  route: R,
  run: OperationFunction<R, A>,
  app: () => A = deployedApp as () => A,
) {
  return middy(async (event: object): Promise<HttpAnswer> => {
    const about = { route: `${route.method} ${route.path}` };
    try {
      const { request, principal, requestId, idempotencyKey } = read(route, event);
      tell(event, { action: operationId, about: { ...about, requestId, subject: principal.subject } });
      const answer = await run(request, { ...app(), principal, nowMs: app().clock(), idempotencyKey });
      const body = (route.ok[answer.status] ?? z.never()).parse(answer.body);
      return respond(answer.status, 'application/json', withSafeNext(body));
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status === 500) app().log.error('operation failed', { operationId, error });
      tell(event, { action: operationId, refusal: String(problem.status), about });
      const { status, message: detail, errors } = problem;
      const title = TITLES[status] ?? 'Error';
      return respond(status, 'application/problem+json', { type: 'about:blank', title, status, detail, errors });
    }
  }).use(edge(app, operationId));
}

function read<R extends Route>(route: R, event: object) {
  const { pathParameters, queryStringParameters, body, isBase64Encoded, headers, requestContext } =
    httpEvent.parse(event);
  const principal = principalOf(requestContext.authorizer.jwt.claims, route);
  const text = isBase64Encoded ? Buffer.from(body ?? '', 'base64').toString() : body;
  const request = {
    params: check(route.params, pathParameters ?? {}),
    query: withReadNext(check(route.query, queryStringParameters ?? {})),
    body: check(route.body, route.method === 'PUT' || route.method === 'POST' ? parseBody(text) : {}),
  };
  return {
    request: request as Parameters<OperationFunction<R>>[0],
    principal,
    requestId: requestContext.requestId,
    idempotencyKey: check(idempotencyKey, headers?.['idempotency-key']),
  };
}

const idempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .optional()
  .refine(
    (key) => key === undefined || /^[\x21-\x7e]+$/.test(key),
    'Idempotency-Key: visible ASCII characters are due',
  );

function principalOf(claims: Record<string, unknown>, route: Route): Principal {
  const token = idToken.safeParse(claims);
  if (!token.success) throw new HttpProblem(403, token.error.issues[0]?.message ?? 'The ID token is due');
  const { sub: subject, 'cognito:groups': groups, 'custom:organisationId': reach } = token.data;
  const roles = route.roles.filter((role) => groups.includes(role));
  if (roles.length === 0) throw new HttpProblem(403, `For the role ${route.roles.join(' or ')}`);
  return { subject, roles, reach };
}

/** Half a character, which an escape can write, is no text that could be stored. */
function parseBody(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '', (_, value) => {
      if (typeof value === 'string' && !value.isWellFormed()) throw new SyntaxError('half a character');
      return value;
    });
  } catch {
    throw new HttpProblem(400, 'body: JSON is due', [{ field: 'body', rule: 'JSON is due' }]);
  }
}

/** Throws a problem that names each field and the rule that it breaks. */
export function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap(fieldErrors);
  throw new HttpProblem(400, errors.map(({ field, rule }) => `${field}: ${rule}`).join('; '), errors);
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: [...path, key].join('.'), rule: 'unknown field' }));
  }
  return [{ field: path.join('.') || 'body', rule: issue.message }];
}

function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof InvalidCursor) {
    return new HttpProblem(400, `next: ${error.message}`, [{ field: 'next', rule: error.message }]);
  }
  return new HttpProblem(500, 'The request could not be processed: try again');
}

function respond(statusCode: number, type: string, body: unknown): HttpAnswer {
  return { statusCode, headers: { 'content-type': type, 'cache-control': 'no-store' }, body: JSON.stringify(body) };
}
