import * as z from 'zod';
import { chargerId, instant, organisationId } from './schemas.ts';

/** Why somebody should look at a session before it is billed. */
const reviewReason = z
  .enum([
    'superseded',
    'unauthorisedEnergy',
    'unknownConnector',
    'implausibleStart',
    'implausibleStop',
    'repeatedStart',
    'stopBeforeStart',
    'meterBelowStart',
    'conflictingStop',
    'lateStop',
    'matchedStop',
    'unmatchedStop',
    'foreignStop',
    'registerFell',
    'inferredEnd',
  ])
  .describe(
    [
      'superseded: another start came on the connector before a stop;',
      'unauthorisedEnergy: energy flowed though the tag was refused;',
      'unknownConnector: a connector that this charger is not known to have;',
      'implausibleStart, implausibleStop: the time given is in the future or older than OCPP 1.6, the receive time counts;',
      'repeatedStart: the same start as an earlier, ended session, from a clock that cannot be trusted;',
      'stopBeforeStart: the stop is dated before the start; meterBelowStart: the register fell;',
      'conflictingStop: a second stop differs from the first, which counts;',
      'lateStop: the stop of a session that had been ended otherwise;',
      'matchedStop: the stop named an id never issued, and fitted just this session;',
      'unmatchedStop: the stop named an id never issued, and fitted none or several;',
      'foreignStop: the stop named a tag that has no parent in common with the one that started;',
      'registerFell: a register was lower than one before it: the meter was changed or reset;',
      'inferredEnd: nobody stopped it, but its connector was free or its charger silent for long',
    ].join(' '),
  );

const decisionOutcome = z
  .enum(['approve', 'correct', 'waive'])
  .describe(
    'approve: what was reported counts, whatever was corrected before; correct: what the decision says counts in its place; waive: nothing is asked for it',
  );

const decision = z.strictObject({
  outcome: decisionOutcome,
  reasons: z.array(reviewReason).describe('Those that it settled'),
  note: z.string(),
  by: z.string().describe('The subject of whoever decided'),
  at: instant,
  energyWh: z.int().nullable(),
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
});

/** What somebody decides about a session in review, having seen just these reasons. */
export const verdict = z
  .strictObject({
    outcome: decisionOutcome,
    reasons: z.array(reviewReason).min(1).describe('Those that the session has, so that a new one is not passed over'),
    note: z.string().trim().min(1).max(1000).describe('Why: it stays with the session'),
    energyWh: z.int().min(0).max(1_000_000_000).optional().describe('Of a correction'),
    startedAt: instant.optional().describe('Of a correction'),
    endedAt: instant.optional().describe('Of a correction'),
  })
  .superRefine((it, context) => {
    const given = (['energyWh', 'startedAt', 'endedAt'] as const).filter((field) => it[field] !== undefined);
    const [unwanted] = it.outcome === 'correct' ? [] : given;
    if (unwanted) context.addIssue({ code: 'custom', path: [unwanted], message: 'of a correction only' });
    if (it.outcome === 'correct' && given.length === 0) {
      context.addIssue({
        code: 'custom',
        path: ['energyWh'],
        message: 'a correction says what counts: energyWh, startedAt or endedAt',
      });
    }
  });

export const session = z.strictObject({
  id: z.string(),
  organisationId,
  chargerId,
  connectorId: z.int().nullable().describe('null for a stop that belongs to no known session'),
  protocolTransactionId: z.string(),
  idTag: z.string().nullable(),
  state: z.enum(['active', 'ended']),
  endedBy: z.enum(['charger', 'superseded', 'watchdog']).nullable(),
  authorised: z.boolean(),
  tagStatus: z.enum(['Accepted', 'Blocked', 'Expired', 'Invalid', 'ConcurrentTx']).nullable(),
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  receivedAt: instant.describe('When the start reached us; for a stop of no known session, when that did'),
  endReceivedAt: instant.nullable(),
  meterStartWh: z.int().nullable(),
  meterStopWh: z.int().nullable(),
  energyWh: z.int().min(0).nullable().describe('Live while active; null when unknown'),
  stopReason: z.string().nullable(),
  reservationId: z.int().nullable(),
  reviewReasons: z
    .array(reviewReason)
    .describe('Why somebody has to look at it; empty when nobody has to, or somebody has'),
  decisions: z.array(decision).describe('What was decided in reviews, the first one first'),
  counts: z
    .strictObject({
      energyWh: z.int().nullable(),
      startedAt: instant.nullable(),
      endedAt: instant.nullable(),
      waived: z.boolean(),
    })
    .nullable()
    .describe(
      'What counts of it: as reported, but for what was corrected since it was approved last; null while it is active or awaits review',
    ),
});

export const meterReading = z.strictObject({
  at: instant.describe(
    "The charger's own time; where that cannot be believed (1970, the future), when it was received last",
  ),
  reportedAt: z
    .string()
    .nullable()
    .describe("The charger's own time, as it wrote it, where that cannot be believed; else null"),
  receivedAt: instant,
  connectorId: z.int().nullable(),
  protocolTransactionId: z.string().nullable().describe('As the charger named it'),
  sampledValues: z
    .array(
      z.strictObject({
        value: z.string().describe('As the charger wrote it'),
        context: z.string(),
        format: z.string(),
        measurand: z.string(),
        phase: z.string().nullable(),
        location: z.string(),
        unit: z.string(),
        energyWh: z
          .int()
          .nullable()
          .describe('The value in Wh (or varh), where it is an energy; null as well where any of its words is unknown'),
      }),
    )
    .describe(
      'With the defaults of the specification filled in; words that it does not know are as the charger wrote them',
    ),
});
