import type * as z from 'zod';

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

export type Role = 'owner' | 'manager' | 'finance' | 'viewer' | 'operator' | 'driver';

/** The contract of one operation of the app API. `ok` maps each successful status code to its body. */
export interface Route<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Ok extends Record<number, z.ZodType> = Record<number, z.ZodType>,
> {
  readonly method: Method;
  /** As API Gateway spells it: `/api/chargers/{chargerId}`. */
  readonly path: `/api/${string}`;
  readonly summary: string;
  readonly roles: readonly Role[];
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly ok: Ok;
  /** The problems that this operation can answer besides 400, 401, 403 and 500. */
  readonly errors: readonly number[];
}

export function defineRoute<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Ok extends Record<number, z.ZodType>,
>(route: Route<Params, Query, Body, Ok>): Route<Params, Query, Body, Ok> {
  return route;
}

export type ParamsOf<R extends Route> = z.infer<R['params']>;
export type QueryOf<R extends Route> = z.infer<R['query']>;
export type BodyOf<R extends Route> = z.infer<R['body']>;

/** What a handler may answer: a declared status with the body that belongs to it. */
export type AnswerOf<R extends Route> = {
  [Status in keyof R['ok'] & number]: { status: Status; body: z.input<R['ok'][Status]> };
}[keyof R['ok'] & number];
