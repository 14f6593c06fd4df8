import * as z from 'zod';

/** Shapes that several operations share. Times are UTC ISO 8601, energies integer Wh, powers integer W. */

export const instant = z.iso.datetime().describe('UTC, ISO 8601');

export const chargerId = z
  .string()
  .min(1)
  .max(48)
  .regex(/^[^\p{Cc}/:]+$/u, 'no control character, slash or colon')
  .describe('The charge point identity; upper and lower case are the same');

/** "installation" is the issuer of tags that are valid everywhere, and so no organisation. */
export const organisationId = z.string().regex(/^(?!installation$)[a-z0-9][a-z0-9-]{0,47}$/);

export const idTag = z.string().min(1).max(20).describe('Upper and lower case are the same');

/** A whole number as a query writes it: digits, where coercion would read 0 out of an empty text. */
export const written = <T extends z.ZodType>(number: T) =>
  z.preprocess((text) => (typeof text === 'string' && /^-?\d+$/.test(text) ? Number(text) : text), number);

export const nothing = z.strictObject({});

/** `next` is given back as the query parameter of the same name; null at the end of the list. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), next: z.string().nullable() });

export const page = {
  limit: z.coerce.number().int().min(1).max(100).default(25),
  next: z.string().max(2000).optional(),
};

/** RFC 9457. `errors` names each field that was refused and the rule that it broke. */
export const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  errors: z.array(z.strictObject({ field: z.string(), rule: z.string() })).optional(),
});
