import * as z from 'zod';
import { command, commandOptions } from './command.ts';
import { instant } from './schemas.ts';

export const templateId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'up to 48 lower-case letters, digits and dashes');

const words = z.string().trim().min(1).max(50);

const version = z.string().regex(/^v?\d{1,9}(\.\d{1,9}){0,9}$/i, 'a version is due, as 1.10.2');

const matches = z
  .strictObject({
    vendor: words.optional().describe('Whole words at the beginning of the name that it boots with, in any case'),
    model: words.optional().describe('Like vendor'),
    firmware: z
      .strictObject({ from: version.optional(), below: version.optional() })
      .optional()
      .describe('Versions from this one on, and below that one'),
  })
  .describe('Which chargers are meant; what is absent is any. The most specific template counts');

const setting = z.strictObject({
  key: z.string().min(1).max(50),
  value: z.string().max(500),
  atMost: z.literal(true).optional().describe('A smaller number will do as well, but for 0'),
});

/** A hundred of the longest would still be one item of a table. */
const MOST_SETTINGS = 100;

export const templatePlan = z.strictObject({
  name: z.string().min(1).max(100),
  matches: matches.default({}),
  settings: z.array(setting).max(MOST_SETTINGS),
  applyAfterFirstBoot: z
    .boolean()
    .default(false)
    .describe('Whether a charger gets it by itself once it is accepted for the first time'),
});

export const template = z.strictObject({
  id: templateId,
  name: z.string(),
  matches,
  settings: z.array(setting),
  applyAfterFirstBoot: z.boolean(),
});

const drift = z.strictObject({
  key: z.string(),
  wanted: z.string(),
  found: z
    .enum(['value', 'unknown', 'readonly', 'notSupported', 'pendingRestart'])
    .describe(
      [
        'value: another one; unknown: it was not told, or is uncertain; readonly: another one, and the charger lets nobody change it;',
        'notSupported: the charger has no such key; pendingRestart: the wanted one, after a restart',
      ].join(' '),
    ),
  value: z.string().nullable().describe('What it has, or will have after a restart'),
});

export const configuration = z.strictObject({
  keys: z.array(
    z.strictObject({
      key: z.string().describe('As the charger spells it'),
      value: z
        .string()
        .nullable()
        .describe('null where none was told, where it is a secret, and where it is uncertain'),
      readonly: z.boolean(),
      readAt: instant.describe('When it was read, or its change answered'),
      pendingRestart: z.string().nullable().describe('A value that is in force after a restart'),
      uncertain: z.boolean().describe('A value waited for a restart, and there was one: reading tells'),
    }),
  ),
  unsupported: z.array(z.string()).describe('Keys that the charger says it has not'),
  template: template.nullable().describe('The one for its make; null until the charger has booted'),
  drift: z.array(drift).describe('In what it is not configured as the template has it'),
});

export const readingPlan = z.strictObject({
  which: z
    .enum(['all', 'uncertain'])
    .default('all')
    .describe('uncertain: the keys whose values are, since there was a restart'),
});

export const applicationPlan = z.strictObject({
  keys: z
    .array(z.string().min(1).max(50))
    .max(MOST_SETTINGS)
    .optional()
    .describe('Only these settings of the template'),
});

export const askingOptions = commandOptions.omit({ wait: true });

export const asked = z.strictObject({ commands: z.array(command) });

export const applied = asked.extend({
  left: z.array(drift).describe('What is not asked for: it could not be, or is there after a restart'),
});
