import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorCodes } from '#shared/ocpp/errors.ts';
import { parseJson } from '#shared/ocpp/json.ts';
import { type InboundName, inbound, inboundNames } from '#shared/ocpp/v16/index.ts';
import { judge } from '#shared/ocpp/violation.ts';
import {
  fieldName,
  type Json,
  mutatedPayload,
  officialSchema,
  payloadWithExtras,
  toJson,
} from '#test/support/ocpp-arbitraries.ts';

/** The payload as it comes out of a frame. */
const parsed = (payload: Json) => parseJson(toJson(payload));

const contractOf = (action: InboundName) => inbound[action].request;

/** What a tolerant reader hands on although a strict one refuses it. */
const KEPT = [
  'BootNotification chargePointVendor too_big',
  'BootNotification chargePointModel too_big',
  'MeterValues meterValue too_small',
  'MeterValues meterValue[].sampledValue too_small',
  'StopTransaction transactionData[].sampledValue too_small',
  ...['MeterValues meterValue', 'StopTransaction transactionData'].flatMap((list) =>
    ['context', 'format', 'location', 'measurand', 'phase', 'unit'].map(
      (field) => `${list}[].sampledValue[].${field} invalid_value`,
    ),
  ),
];

describe.each(inboundNames)('a tolerant reader of %s', (action) => {
  const schema = officialSchema(`${action}.req`);
  const anyPayload = fc.oneof(mutatedPayload(schema), fc.jsonValue() as fc.Arbitrary<Json>);

  test('strips exactly the unknown properties, wherever they are, and reports each (row 12)', () => {
    fc.assert(
      fc.property(payloadWithExtras(schema), ({ payload, extended, added }) => {
        const judgement = judge(inbound[action], parsed(extended), 'tolerant');

        expect(judgement.ok && toJson(judgement.request as Json)).toBe(toJson(payload));
        expect(judgement.violations.map(({ field, rule }) => `${field}: ${rule}`).sort()).toEqual(
          added.map((field) => `${field.slice(0, 100)}: unknown property`).sort(),
        );
      }),
      { numRuns: 150 },
    );
  });

  test('never throws, and refuses with a code of the specification that names field and rule', () => {
    fc.assert(
      fc.property(anyPayload, fc.constantFrom('tolerant' as const, 'strict' as const), (payload, strictness) => {
        const judgement = judge(inbound[action], parsed(payload), strictness);

        const refusal = judgement.ok ? undefined : judgement.error;
        expect([undefined, ...errorCodes]).toContain(refusal?.code);
        expect(refusal?.message ?? 'field: rule').toMatch(/^[\s\S]*: .+/);
        expect(judgement.violations.length > 0).toBe(!contractOf(action).safeParse(parsed(payload)).success);
      }),
      { numRuns: 300 },
    );
  });

  test('hands on what a strict one takes, but for what it keeps knowingly, and flags what it changed', () => {
    fc.assert(
      fc.property(anyPayload, (payload) => {
        const judgement = judge(inbound[action], parsed(payload), 'tolerant');
        fc.pre(judgement.ok);

        const issues = contractOf(action).safeParse(judgement.request).error?.issues ?? [];
        const left = issues.map(({ path, code }) => `${action} ${fieldName(path)} ${code}`);
        expect(left.filter((issue) => !KEPT.includes(issue))).toEqual([]);
        const unchanged = toJson(judgement.request as Json) === toJson(payload);
        expect(judgement.violations.length > 0).toBe(!unchanged || left.length > 0);
      }),
      { numRuns: 300 },
    );
  });

  test('leaves the payload that it was given as it was', () => {
    fc.assert(
      fc.property(anyPayload, (payload) => {
        const given = parsed(payload);

        judge(inbound[action], given, 'tolerant');

        expect(toJson(given as Json)).toBe(toJson(payload));
      }),
      { numRuns: 100 },
    );
  });
});
