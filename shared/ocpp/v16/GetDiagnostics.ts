import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { forgiving } from '#shared/ocpp/leniency.ts';
import { ciString, location, seconds, sentDateTime } from './types.ts';

/** One that is too long is kept: without it the answer would say that there is nothing to leave. */
const fileName = forgiving(ciString(255), (value) => (typeof value === 'string' ? value : undefined));

/** The charger is to leave its logs at a place (S 5.9, 6.25, 6.26). An answer without a name: there is nothing to leave. */
export const GetDiagnostics = defineAction('GetDiagnostics', {
  section: '5.9',
  request: z.strictObject({
    /** A directory: the charger appends names of its own. */
    location,
    retries: z.int32().min(0).optional(),
    retryInterval: seconds.optional(),
    startTime: sentDateTime.optional(),
    stopTime: sentDateTime.optional(),
  }),
  response: z.strictObject({ fileName: fileName.optional() }),
});
