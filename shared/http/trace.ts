import * as z from 'zod';
import { chargerId, instant, page, written } from './schemas.ts';

const LONGEST_H = 72;

export const tracePlan = z.strictObject({
  hours: z.int().min(1).max(LONGEST_H).describe('From now on; a trace that runs is given another end'),
});

export const trace = z.strictObject({
  chargerId,
  until: instant.nullable().describe('When the trace ends; null while the charger is not traced'),
  takesEffectWithinS: z
    .int()
    .describe('So long a change can take to reach every function: until then, frames may be missing or too many'),
});

export const traceFrame = z.strictObject({
  at: instant.describe('When it was received or sent'),
  direction: z
    .enum(['in', 'out', 'connected', 'disconnected'])
    .describe(
      'in: from the charger; out: to the charger; connected, disconnected: no frame, but what became of a connection',
    ),
  action: z.string().nullable().describe('Of the call, or of the call that is answered, where it is known'),
  text: z
    .string()
    .describe(
      'The frame as it was, without the values of authorization keys; the subprotocol, or the code and reason of the close',
    ),
  connectionId: z.string(),
  ms: z.int().nullable().describe('How long the answer took'),
});

const period = {
  from: instant.optional().describe('From then on'),
  to: instant.optional().describe('Before that'),
};

export const traceQuery = z.strictObject({
  ...page,
  ...period,
  action: z.string().min(1).max(64).optional().describe('Calls and answers of this action'),
  search: z.string().min(1).max(200).optional().describe('Frames with this text, letter by letter'),
});

const MOST_LINES = 1000;

export const traceExportQuery = z.strictObject({
  ...page,
  ...period,
  limit: written(z.int().min(1).max(MOST_LINES)).default(MOST_LINES),
});

export const traceExport = z.strictObject({
  text: z.string().describe('JSON Lines, oldest first: one object per frame, each with a line break behind it'),
  next: z.string().nullable(),
});
