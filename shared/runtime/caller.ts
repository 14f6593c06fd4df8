import * as z from 'zod';
import { type Charger, heardSince } from '#shared/domain/charger.ts';
import { quirksInForce } from './quirks.ts';

const LET_IN = 'in';

/** What the authorizer tells of a connection; API Gateway hands it on with every message, as text. */
const connectionContext = z.object({
  verdict: z.literal(LET_IN),
  chargerId: z.string().min(1),
  organisationId: z.string().min(1),
  acceptedAt: z.string().optional(),
  heartbeatIntervalS: z.coerce.number().int().min(1),
  strictness: z.enum(['tolerant', 'strict']),
  quirks: z.string().transform((text) => text.split(',').filter((quirk) => quirk !== '')),
  connectors: z.string().transform((text) =>
    text
      .split(',')
      .filter((id) => id !== '')
      .map(Number),
  ),
  protocol: z.string(),
  /** Whether it showed the key that was on its way to it. */
  usesNext: z.stringbool().default(false),
  /** The charger's revision by which the verdict was given. */
  revision: z.coerce.number().int(),
});

/** The charger behind a message, as it was when it connected. */
export type Caller = z.infer<typeof connectionContext> & {
  /** The charger, where the context was not enough and it was read. */
  asRead?: Charger;
};

/** Undefined unless the authorizer let the connection in. */
export function callerOf(authorizer: unknown): Caller | undefined {
  const parsed = connectionContext.safeParse(authorizer);
  return parsed.success ? parsed.data : undefined;
}

const namesOf = (charger: Charger) => quirksInForce(charger).map(({ quirk }) => quirk);

/** The caller with what a later look at its charger tells. */
export const callerAsRead = (caller: Caller, charger: Charger): Caller => ({
  ...caller,
  acceptedAt: heardSince(charger),
  quirks: namesOf(charger),
  asRead: charger,
});

/** The context of a connection that was let in: what messages need to know without a look-up. */
export function contextFor(charger: Charger, protocol: string | undefined, usesNext = false): Record<string, string> {
  const acceptedAt = heardSince(charger);
  return {
    verdict: LET_IN,
    chargerId: charger.id,
    organisationId: charger.organisationId,
    ...(acceptedAt !== undefined && { acceptedAt }),
    heartbeatIntervalS: String(charger.toldIntervalS ?? charger.heartbeatIntervalS),
    strictness: charger.strictness,
    quirks: namesOf(charger).join(','),
    connectors: charger.connectors.map((connector) => connector.id).join(','),
    protocol: protocol ?? '',
    ...(usesNext && { usesNext: 'true' }),
    revision: String(charger.revision),
  };
}
