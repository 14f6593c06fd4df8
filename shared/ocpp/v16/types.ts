import * as z from 'zod';
import { formatDateTime, parseDateTime } from '#shared/ocpp/date-time.ts';
import { forgiving } from '#shared/ocpp/leniency.ts';

/** The field types that the actions of OCPP 1.6 share (S 7). */

export const ciString = (length: number) => z.string().max(length);

/** Case-insensitive, echoed as received (S 7.28). */
export const idToken = ciString(20);

export const int32 = z.int32();

/** An integer in an answer, of any size that a number holds without loss. */
export const safeInteger = z.int();

/** A length of time that we send. */
export const seconds = z.int32().min(0);

/** 0 is the charger as a whole (S 2.2). */
export const connectorId = z.int32().min(0);

/** Where the charger as a whole cannot be meant. */
export const singleConnectorId = z.int32().min(1);

/** Chargers send transaction ids that were never issued, up to 2^63-1: an integer of any size is read, without loss. */
export const anyTransactionId = z.custom<number | bigint>(
  (value) => typeof value === 'bigint' || Number.isInteger(value),
  { error: 'an integer is due', params: { rule: 'type' } },
);

/** A time without a zone is forgiven and taken as UTC. */
export const dateTime = forgiving(
  z.string().refine((text) => parseDateTime(text)?.zoned, { error: 'an ISO 8601 date and time with a zone is due' }),
  (value) => (typeof value === 'string' && parseDateTime(value)?.zoned === false ? `${value}Z` : undefined),
);

/** Four digits for the year are all that RFC 3339 has. */
const toSent = (text: string): string | undefined => {
  const time = parseDateTime(text);
  const sent = time?.zoned ? formatDateTime(time.epochMs) : '';
  return /^\d{4}-/.test(sent) ? sent : undefined;
};

/** A time that an operator has us send: read with any zone, and become UTC with `Z`, as chargers read it (S 3.15). */
export const sentDateTime = z
  .string()
  .refine((text) => toSent(text) !== undefined, { error: 'an ISO 8601 date and time with a zone is due', abort: true })
  .overwrite((text) => toSent(text) ?? text);

const URI_PART = String.raw`(?:[\w.~:/?@!$&'()*+,;=-]|%[\da-f]{2})*`;
const IPV6_HOST = String.raw`//(?:[\w.~!$&'()*+,;=:%-]*@)?\[[\da-f:.]+\]`;
const URI = new RegExp(`^[a-z][a-z\\d+.-]*:(?![?#]|$)(?:${IPV6_HOST})?${URI_PART}(?:#${URI_PART})?$`, 'i');

/** Where a charger fetches a file, or leaves one (S 6.25, 6.55). More than 512 characters are more than chargers keep. */
export const location = ciString(512).refine((text) => URI.test(text) && URL.canParse(text), { error: 'a URI is due' });

/** S 7.27 and 7.2. Fields that are unknown are absent, never empty. */
export const idTagInfo = z.strictObject({
  status: z.enum(['Accepted', 'Blocked', 'Expired', 'Invalid', 'ConcurrentTx']),
  expiryDate: dateTime.optional(),
  parentIdTag: idToken.optional(),
});

export const empty = z.strictObject({});

/** A number where the schema wants text, as several firmwares write it. */
const sampledText = forgiving(z.string(), (value) =>
  typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined,
);

/**
 * One of these words; a tolerant reader keeps another one as it came, and counts it. Row 12 has unknown values stripped, but here
 * their absence means something: `Voltage.Neutral` would become an energy register by the defaults. Only a blank is stripped. The
 * type tells the words of the specification alone: who reads these fields takes them for text.
 */
const keptEnum = <const Word extends string>(words: readonly Word[]) =>
  forgiving(z.enum(words), (value) => (typeof value === 'string' && value.trim() !== '' ? value : undefined));

/** S 7.43. The value stays text: signed data and odd numbers are evidence as well. */
const sampledValue = z.strictObject({
  value: sampledText,
  context: keptEnum([
    'Interruption.Begin',
    'Interruption.End',
    'Other',
    'Sample.Clock',
    'Sample.Periodic',
    'Transaction.Begin',
    'Transaction.End',
    'Trigger',
  ]).optional(),
  format: keptEnum(['Raw', 'SignedData']).optional(),
  measurand: keptEnum([
    'Current.Export',
    'Current.Import',
    'Current.Offered',
    'Energy.Active.Export.Interval',
    'Energy.Active.Export.Register',
    'Energy.Active.Import.Interval',
    'Energy.Active.Import.Register',
    'Energy.Reactive.Export.Interval',
    'Energy.Reactive.Export.Register',
    'Energy.Reactive.Import.Interval',
    'Energy.Reactive.Import.Register',
    'Frequency',
    'Power.Active.Export',
    'Power.Active.Import',
    'Power.Factor',
    'Power.Offered',
    'Power.Reactive.Export',
    'Power.Reactive.Import',
    'RPM',
    'SoC',
    'Temperature',
    'Voltage',
  ]).optional(),
  phase: keptEnum(['L1', 'L2', 'L3', 'N', 'L1-N', 'L2-N', 'L3-N', 'L1-L2', 'L2-L3', 'L3-L1']).optional(),
  location: keptEnum(['Body', 'Cable', 'EV', 'Inlet', 'Outlet']).optional(),
  unit: keptEnum([
    'A',
    'Celcius',
    'Celsius',
    'Fahrenheit',
    'K',
    'Percent',
    'V',
    'VA',
    'W',
    'Wh',
    'kVA',
    'kW',
    'kWh',
    'kvar',
    'kvarh',
    'var',
    'varh',
  ]).optional(),
});

const keepIfArray = (value: unknown) => (Array.isArray(value) ? value : undefined);

/** S 7.33. An empty list is forgiven: it says nothing, and the message around it is worth its answer. */
export const meterValue = z.strictObject({
  timestamp: dateTime,
  sampledValue: forgiving(z.array(sampledValue).min(1), keepIfArray),
});

export const meterValues = forgiving(z.array(meterValue).min(1), keepIfArray);

export type MeterValue = z.infer<typeof meterValue>;
export type SampledValue = z.infer<typeof sampledValue>;
export type IdTagInfo = z.infer<typeof idTagInfo>;
