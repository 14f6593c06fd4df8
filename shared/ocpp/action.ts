import type * as z from 'zod';

/**
 * The contract of one OCPP action. `section` is where the specification defines it; `request` is what a strict reader accepts
 * (what a tolerant one forgives is marked field by field, see leniency.ts).
 */
export interface Action<
  Name extends string = string,
  Req extends z.ZodType = z.ZodType,
  Res extends z.ZodType = z.ZodType,
> {
  readonly name: Name;
  readonly section: string;
  readonly request: Req;
  readonly response: Res;
}

export type RequestOf<A extends Action> = z.infer<A['request']>;
export type ResponseOf<A extends Action> = z.infer<A['response']>;

export function defineAction<Name extends string, Req extends z.ZodType, Res extends z.ZodType>(
  name: Name,
  contract: { section: string; request: Req; response: Res },
): Action<Name, Req, Res> {
  return { name, ...contract };
}
