import type { WebSocketQuotas } from '#local/gateway/quotas.ts';

/** What of a connection says how long it may live. */
interface Lived {
  facts: { connectedAt: number };
  /** When the last message went either way. */
  lastActiveAt: number;
}

/**
 * Whether the gateway cuts a connection: nobody said anything for too long, or it is too old. A client's ping is no message here; whether AWS lets it
 * count is not known.
 */
export function isOver(
  { facts, lastActiveAt }: Lived,
  now: number,
  { idleMs, connectionMs }: WebSocketQuotas,
): boolean {
  return now - lastActiveAt >= idleMs || now - facts.connectedAt >= connectionMs;
}

/** How often to look: one timer for all, so that a message costs none, and late by a tenth at most. */
export function sweepMs({ idleMs, connectionMs }: WebSocketQuotas): number {
  return Math.min(Math.max(Math.min(idleMs, connectionMs) / 10, 10), 5_000);
}
