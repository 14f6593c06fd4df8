import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { forgiving } from '#shared/ocpp/leniency.ts';
import { ciString } from './types.ts';

/** Chargers hold longer keys and values than the fields have room for, and write numbers and truth values bare. */
const asText = (value: unknown) =>
  ['string', 'number', 'bigint', 'boolean'].includes(typeof value) ? String(value) : undefined;

/** S 7.29. A key without a value has none that is set. */
const keyValue = z.strictObject({
  key: forgiving(ciString(50), asText),
  readonly: z.boolean(),
  value: forgiving(ciString(500), asText).optional(),
});

/** The settings of these keys, or all of them where no key is named (S 5.8, 6.23, 6.24). */
export const GetConfiguration = defineAction('GetConfiguration', {
  section: '5.8',
  request: z.strictObject({ key: z.array(ciString(50)).optional() }),
  response: z.strictObject({
    configurationKey: z.array(keyValue).optional(),
    unknownKey: z.array(ciString(50)).optional(),
  }),
});
