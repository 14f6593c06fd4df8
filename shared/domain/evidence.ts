import type { Paged } from './paging.ts';
import type { Instant } from './time.ts';

export const evidenceKinds = [
  'refused',
  'staleStatus',
  'stop',
  'boot',
  'firmwareStatus',
  'diagnosticsStatus',
  'dataTransfer',
] as const;

/** Something a charger said that is kept beside the state. */
export interface Evidence {
  at: Instant;
  kind: (typeof evidenceKinds)[number];
  action: string;
  note?: string;
  /** The frame as it arrived. */
  content: string;
}

/** How often a charger broke one rule in one field, with an example. */
export interface ViolationCount {
  action: string;
  field: string;
  rule: string;
  count: number;
  firstAt: Instant;
  lastAt: Instant;
  example: string;
}

export interface EvidenceStore {
  /** The same content at the same moment is kept once. */
  keep(chargerId: string, evidence: Evidence): Promise<void>;
  /** However many are counted at the same moment, each counts; time and example are those of the latest. */
  countViolation(
    chargerId: string,
    violation: { action: string; field: string; rule: string; at: Instant; example: string },
  ): Promise<void>;
  /** Newest first. */
  listEvidence(chargerId: string, limit: number, after?: string): Promise<Paged<Evidence>>;
  listViolations(chargerId: string, limit: number, after?: string): Promise<Paged<ViolationCount>>;
}
