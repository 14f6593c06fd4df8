import type * as z from 'zod';

/** Where a request keeps to the letter, is answered, and is counted all the same. */
export interface Oddity {
  field: string;
  rule: string;
}

/**
 * The contract of one OCPP action. `section` is where the specification defines it; `request` is what a strict reader accepts
 * (what a tolerant one forgives is marked field by field, see leniency.ts). `oddities` are what no schema refuses and an operator should
 * know of; `connectors` are those that the charger is known to have, none where nobody told.
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
  oddities?(request: z.infer<Req>, connectors: readonly number[]): Oddity[];
}

export type RequestOf<A extends Action> = z.infer<A['request']>;
export type ResponseOf<A extends Action> = z.infer<A['response']>;

export function defineAction<Name extends string, Req extends z.ZodType, Res extends z.ZodType>(
  name: Name,
  contract: Omit<Action<Name, Req, Res>, 'name'>,
): Action<Name, Req, Res> {
  return { name, ...contract };
}
