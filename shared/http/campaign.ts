import * as z from 'zod';
import { applicationPlan } from './configuration.ts';
import { firmwareUpdatePlan } from './files.ts';
import { chargerId, instant, organisationId, page } from './schemas.ts';

const WEEK_S = 7 * 24 * 3600;
const DAY_S = 24 * 3600;
const LARGEST_WAVE = 100;
const MOST_NAMED = 2000;

const payload = z.record(z.string(), z.unknown());
const version = z.string().min(1).max(50);
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM');

function isZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}

const chargers = z
  .strictObject({
    vendor: z.string().min(1).max(50).optional().describe('Whole words at the beginning of the name, in any case'),
    model: z.string().min(1).max(50).optional().describe('Like vendor'),
    firmware: z
      .strictObject({ from: version.optional(), below: version.optional() })
      .optional()
      .describe('Versions as dotted numbers: from this one on, and below that one'),
    chargerIds: z.array(chargerId).min(1).max(MOST_NAMED).optional().describe('Only these'),
  })
  .describe('Which chargers of the organisation: those to which all of it applies; {} are all');

const window = z
  .strictObject({
    from: instant.optional(),
    to: instant.optional(),
    daily: z
      .strictObject({
        from: timeOfDay,
        to: timeOfDay.describe('On the next day where it is the earlier one'),
        timeZone: z.string().max(50).refine(isZone, 'the IANA name of a time zone').describe('As Europe/Berlin'),
      })
      .refine(({ from, to }) => from !== to, { path: ['to'], error: 'another time than from' })
      .optional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, {
    path: ['to'],
    error: 'later than from',
  })
  .describe('When chargers are commanded. What an offline charger waits for may reach it later, but not after `to`');

const failureRate = z
  .int()
  .min(1)
  .max(100)
  .nullable()
  .describe(
    'Percent of the chargers that have an outcome, looked at when a wave has ended; null: it goes on whatever happens',
  );

const judgedBy = z
  .enum(['answer', 'effect'])
  .describe(
    'effect: a charger that has said yes has succeeded once the effect of its command was seen, and failed where it was not in time',
  );

const works = ['command', 'firmware', 'configuration'] as const;

const planned = z.strictObject({
  name: z.string().min(1).max(100),
  organisationId: organisationId.optional().describe('Absent: your own'),
  command: z
    .strictObject({
      action: z.string().min(1).max(50),
      payload: payload.describe('The payload of the action, as OCPP 1.6 has it'),
    })
    .optional()
    .describe('Either this, firmware or configuration is due'),
  firmware: firmwareUpdatePlan.optional().describe('A file of yours, for the chargers of its make'),
  configuration: applicationPlan
    .optional()
    .describe('What each charger lacks of the configuration template for its make'),
  chargers,
  waveSize: z.int().min(1).max(LARGEST_WAVE).default(10).describe('So many chargers are commanded at once'),
  intervalS: z.int().min(0).max(DAY_S).default(0).describe('Between the end of a wave and the next one'),
  window: window.optional(),
  stopAtFailureRate: failureRate.default(20),
  judgedBy: judgedBy.optional().describe(`${judgedBy.description}. Unless given: effect with firmware, else answer`),
  whenOffline: z
    .enum(['fail', 'wait'])
    .default('fail')
    .describe('wait: until the charger connects, at most until its command expires; the wave ends no earlier'),
  expiresInS: z
    .int()
    .min(1)
    .max(WEEK_S)
    .optional()
    .describe('Of each command: 300, or a day where it waits for the charger'),
});

export const campaignPlan = planned.refine((plan) => works.filter((work) => plan[work] !== undefined).length === 1, {
  path: ['command'],
  error: 'one of command, firmware and configuration is due',
});

export const campaign = z.strictObject({
  campaignId: z.string(),
  name: z.string(),
  organisationId,
  command: z.strictObject({ action: z.string(), payload }).nullable(),
  firmware: z
    .strictObject({
      firmwareFileId: z.string(),
      retrieveDate: instant.nullable(),
      retries: z.int().nullable(),
      retryIntervalS: z.int().nullable(),
    })
    .nullable(),
  configuration: z.strictObject({ keys: z.array(z.string()).nullable().describe('null: all') }).nullable(),
  chargers,
  waveSize: z.int(),
  intervalS: z.int(),
  window: window.nullable(),
  stopAtFailureRate: failureRate,
  judgedBy,
  whenOffline: z.enum(['fail', 'wait']),
  expiresInS: z.int(),
  by: z.string().describe('The subject of whoever created it'),
  createdAt: instant,
  state: z
    .enum(['running', 'paused', 'stopped', 'ended'])
    .describe('paused: by an operator; stopped: by a rule; both can go on. ended: every charger has its outcome'),
  reason: z.enum(['failureRate', 'windowClosed']).nullable().describe('Why it was stopped'),
  wave: z.int().describe('The one that is under way or comes next, from 1'),
  waves: z.int(),
  counts: z.strictObject({
    total: z.int(),
    waiting: z.int(),
    commanded: z.int().describe('Their commands are queued, sent, or watched'),
    succeeded: z.int().describe('The charger said yes; judged by effect, it has done it'),
    failed: z.int(),
  }),
  failures: z
    .record(z.string(), z.int())
    .describe(
      'How often each reason: the reason of a command, the status or error code of an answer, what was seen, or refused',
    ),
});

export const campaignState = z
  .strictObject({
    state: z.enum(['running', 'paused']),
    window: window.optional().describe('With running: another one from now on'),
    stopAtFailureRate: failureRate.unwrap().optional().describe('With running: another one from now on'),
  })
  .refine((it) => it.state === 'running' || (it.window ?? it.stopAtFailureRate) === undefined, {
    path: ['state'],
    error: 'limits are changed with running only',
  });

export const campaignCommand = z.strictObject({
  chargerId,
  wave: z.int().describe('From 1'),
  state: z.enum(['waiting', 'commanded', 'succeeded', 'failed']),
  reason: z.string().nullable(),
  note: z.string().nullable().describe('What stood against sending it, which settings failed, or what cannot be set'),
  commandIds: z.array(z.string()).describe('The commands of the charger: one, or one for each setting'),
});

export const campaignPages = z.strictObject({ ...page, organisationId: organisationId.optional() });
