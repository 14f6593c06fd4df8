import * as z from 'zod';
import { reviewReasons } from '#shared/domain/session.ts';

const tagStatus = z.enum(['Accepted', 'Blocked', 'Expired', 'Invalid', 'ConcurrentTx']);
const connector = z.object({ evse: z.int(), connector: z.int() });
const issuer = z.union([z.literal('installation'), z.object({ organisationId: z.string() })]);
const tagSlot = z.object({ idTag: z.string(), issuer, number: z.int() });

const reason = z.enum(reviewReasons);

const decisionItem = z.object({
  outcome: z.enum(['approve', 'correct', 'waive']),
  reasons: z.array(reason),
  note: z.string(),
  by: z.string(),
  at: z.string(),
  energyWh: z.int().optional(),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
});

/** A session as it stands in the table; sets are lists again, and in the order of the domain. */
export const sessionItem = z.object({
  chargerId: z.string(),
  organisationId: z.string(),
  localId: z.string(),
  protocolTransactionId: z.string(),
  connector: connector.optional(),
  idTag: z.string().optional(),
  parentIdTag: z.string().optional(),
  tagStatus: tagStatus.optional(),
  authorised: z.boolean(),
  tagSlot: tagSlot.optional(),
  reservationId: z.int().optional(),
  startedAt: z.string().optional(),
  meterStartWh: z.int().optional(),
  receivedAt: z.string(),
  state: z.enum(['active', 'ended']),
  endedBy: z.enum(['charger', 'superseded', 'watchdog']).optional(),
  endedAt: z.string().optional(),
  endReceivedAt: z.string().optional(),
  meterStopWh: z.int().optional(),
  energyWh: z.int().optional(),
  stopReason: z.string().optional(),
  stopKey: z.string().optional(),
  otherStops: z
    .set(z.string())
    .optional()
    .transform((set) => set && [...set]),
  reviewReasons: z
    .set(reason)
    .optional()
    .transform((set) => reviewReasons.filter((each) => set?.has(each))),
  decisions: z.array(decisionItem).default([]),
  watchedAt: z.string().optional(),
});

/** What holds a connector. */
export const openItem = z.object({
  localId: z.string(),
  connector,
  idTag: z.string(),
  parentIdTag: z.string().optional(),
  startedAt: z.string(),
  meterStartWh: z.int(),
  tagSlot: tagSlot.optional(),
});

/** By which a start that comes again is known. */
export const startItem = z.object({ localId: z.string(), tagStatus });
