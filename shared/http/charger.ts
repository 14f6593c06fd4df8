import * as z from 'zod';
import { chargerId, instant, organisationId } from './schemas.ts';

const quirk = z
  .enum(['looseMeterValues', 'repairEmptyValues'])
  .describe(
    [
      'looseMeterValues: sloppy MeterValues are forgiven even where the charger is held to the letter;',
      'repairEmptyValues: a message that is no JSON because a field has no value is read without that field',
    ].join(' '),
  );

const connectorPlan = z.strictObject({
  id: z.int().min(1).max(99),
  type: z.string().min(1).max(40).describe('As printed beside the socket: Type2, CCS2, CHAdeMO …'),
  maxPowerW: z.int().min(0).max(10_000_000),
});

/** What an operator decides about a charger. Of the credentials at most one is given; none keeps the old one, or makes one. */
export const chargerPlan = z
  .strictObject({
    id: chargerId,
    password: z
      .string()
      .regex(/^[\x20-\x7e]{8,40}$/, '8 to 40 printable ASCII characters')
      .optional()
      .describe(
        'A chosen one: it is kept stretched. Of 32 to 40 hex digits in one case, their bytes open the door too',
      ),
    authorizationKeyHex: z
      .string()
      .regex(/^(?:[0-9a-fA-F]{2}){16,20}$/, '16 to 20 bytes as hex digits')
      .optional()
      .describe('From a random source: it is kept as a key, not as a password'),
    securityProfile: z.int().min(0).max(3).default(1).describe('OCPP security profile; 0 admits without credentials'),
    registration: z.enum(['accepted', 'pending', 'rejected']).default('accepted'),
    strictness: z.enum(['tolerant', 'strict']).default('tolerant'),
    heartbeatIntervalS: z.int().min(1).max(300).default(300),
    assumeProtocol: z.literal('ocpp1.6').optional().describe('For firmware that offers no subprotocol'),
    quirks: z.array(quirk).max(20).optional(),
    connectors: z.array(connectorPlan).max(99).default([]),
  })
  .refine((plan) => plan.password === undefined || plan.authorizationKeyHex === undefined, {
    path: ['authorizationKeyHex'],
    error: 'not together with password',
  })
  .refine((plan) => new Set(plan.connectors.map((connector) => connector.id)).size === plan.connectors.length, {
    path: ['connectors'],
    error: 'each id once',
  });

/** A key as OCPP-J's AuthorizationKey; without one, one is made and shown once. */
export const nextCredential = z.strictObject({
  authorizationKeyHex: z
    .string()
    .regex(/^(?:[0-9a-fA-F]{2}){16,20}$/, '16 to 20 bytes as hex digits')
    .optional()
    .describe('From a random source'),
});

const connector = z.strictObject({
  id: z.int().min(0).describe('0 is the charger as a whole'),
  type: z.string().nullable(),
  maxPowerW: z.int().nullable(),
  status: z
    .enum([
      'Available',
      'Preparing',
      'Charging',
      'SuspendedEVSE',
      'SuspendedEV',
      'Finishing',
      'Reserved',
      'Unavailable',
      'Faulted',
    ])
    .nullable()
    .describe('null until the charger has told it'),
  errorCode: z.string().nullable(),
  info: z.string().nullable(),
  vendorErrorCode: z.string().nullable(),
  statusAt: instant.nullable().describe("The charger's own time of the status"),
});

export const charger = z.strictObject({
  id: chargerId,
  organisationId,
  registration: z.enum(['accepted', 'pending', 'rejected']),
  acceptedAt: instant.nullable().describe('When a boot was first answered Accepted'),
  strictness: z.enum(['tolerant', 'strict']),
  securityProfile: z.int(),
  credential: z.enum(['password', 'key', 'none']),
  nextCredential: z
    .enum(['password', 'key'])
    .nullable()
    .describe('One that the charger may use from now on: its first use ends the other one'),
  heartbeatIntervalS: z.int(),
  toldIntervalS: z
    .int()
    .nullable()
    .describe('The heartbeat interval that its last boot was told; some makes need a shorter one'),
  assumeProtocol: z.string().nullable(),
  quirks: z.array(quirk).describe('Those that an operator set'),
  quirksInForce: z
    .array(z.strictObject({ quirk, why: z.string() }))
    .describe('With those of its make: they count from the connection after the boot that told it'),
  online: z
    .boolean()
    .describe('Connected, and heard within the larger of twice the heartbeat interval and ten minutes'),
  connectedAt: instant.nullable(),
  lastHeardAt: instant.nullable().describe('Exact to five minutes'),
  bootedAt: instant.nullable(),
  vendor: z.string().nullable(),
  model: z.string().nullable(),
  serialNumber: z.string().nullable(),
  firmwareVersion: z.string().nullable(),
  connectors: z.array(connector),
});

export const chargerWithKey = charger.extend({
  authorizationKeyHex: z.string().optional().describe('A key that was just made: shown this once, never again'),
});
