import * as z from 'zod';

/**
 * What a tolerant reader does with a value that a schema refuses: the value to go on with, or undefined where even it cannot.
 * The same value again means 'kept as it is'.
 */
export interface Leniency {
  mend(value: unknown): unknown;
}

const leniencies = z.registry<Leniency>();

/** Marks a field as one whose sloppy forms a tolerant reader forgives (and counts). */
export function forgiving<S extends z.ZodType>(schema: S, mend: Leniency['mend']): S {
  leniencies.add(schema, { mend });
  return schema;
}

export function leniencyOf(schema: z.ZodType): Leniency | undefined {
  return leniencies.get(schema);
}
