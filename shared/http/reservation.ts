import * as z from 'zod';
import { idTag, instant } from './schemas.ts';

export const reservation = z.strictObject({
  reservationId: z.int(),
  connectorId: z.int().describe('0: any of the charger'),
  idTag,
  parentIdTag: idTag.nullable().describe('Each tag with this parent may use it'),
  expiryDate: instant,
  state: z
    .enum(['active', 'expired', 'cancelled', 'used', 'lost', 'interrupted'])
    .describe(
      'lost: the charger said that it holds none when it was to be cancelled; interrupted: its connector is Faulted or Unavailable',
    ),
  commandId: z.string().describe('The command that made it'),
  acceptedAt: instant,
  endedAt: instant.nullable(),
  sessionId: z.string().nullable().describe('The session that used it'),
});
