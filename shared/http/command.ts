import * as z from 'zod';
import { chargerId, instant, written } from './schemas.ts';

const payload = z.record(z.string(), z.unknown());

export const command = z.strictObject({
  commandId: z.string(),
  chargerId,
  action: z.string(),
  payload: payload.describe('What was asked for; secrets are left out'),
  state: z
    .enum(['queued', 'sent', 'answered', 'timedOut', 'failed', 'expired'])
    .describe(
      'queued: waits for its turn or for the charger; sent: no answer yet; answered: by a result or an error; timedOut: sent, no answer, it may have been obeyed; failed: never sent; expired: never sent, and no longer wanted',
    ),
  reason: z
    .enum([
      'offline',
      'gone',
      'noAnswer',
      'notSentInTime',
      'chargerUnknown',
      'chargerRejected',
      'chargerNotAccepted',
      'withdrawn',
      'unreadable',
      'unlawfulAnswer',
      'notObserved',
    ])
    .nullable()
    .describe(
      [
        'offline: the charger is not connected; gone: it turned out not to be; noAnswer: none came in time;',
        'notSentInTime: its turn did not come before it expired;',
        'chargerUnknown, chargerRejected: nothing may be sent; chargerNotAccepted: not before the charger is accepted;',
        'withdrawn: what it was to bring to the charger, a key, was withdrawn, or is brought by a later command;',
        'unreadable: its secret was sealed under another key of the installation;',
        'unlawfulAnswer: the answer breaks the contract of the action; notObserved: what it should have caused was not seen in time',
      ].join(' '),
    ),
  answer: payload
    .nullable()
    .describe(
      'The payload of the answer, or {callError: {code, description}}. Accepted says that the charger will try',
    ),
  lateAnswer: z
    .strictObject({ at: instant, answer: payload })
    .nullable()
    .describe('One that came when nobody waited for it any more'),
  observed: z
    .strictObject({ at: instant, what: z.string() })
    .nullable()
    .describe('What it caused, seen in what the charger said later'),
  by: z.string().describe('The subject of whoever asked for it'),
  whenOffline: z.enum(['fail', 'wait']),
  createdAt: instant,
  expiresAt: instant,
  sentAt: instant.nullable(),
  answeredAt: instant.nullable(),
});

export const commandPayload = payload.describe('The payload of the action, as OCPP 1.6 has it');

const LONGEST_WAIT_S = 25;
const WEEK_S = 7 * 24 * 3600;

export const commandOptions = z.strictObject({
  wait: written(z.int().min(0).max(LONGEST_WAIT_S))
    .optional()
    .describe('So many seconds for the outcome; without it, the answer comes at once'),
  whenOffline: z
    .enum(['fail', 'wait'])
    .default('fail')
    .describe('wait: until the charger connects or boots, at most until the command expires'),
  expiresInS: written(z.int().min(1).max(WEEK_S))
    .optional()
    .describe('It is not sent after so many seconds: 300, or a day where it waits for the charger'),
  confirm: z
    .literal('all')
    .optional()
    .describe('Due for a command that reaches everything: ClearChargingProfile without any field'),
});
