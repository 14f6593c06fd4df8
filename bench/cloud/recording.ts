/** What went to the database, in the order in which it began and ended. */
export interface Recording {
  events: RecordedEvent[];
}

export type Phase = 'setup' | 'warm-up' | 'measured';

export type RecordedEvent =
  | { kind: 'phase'; phase: Phase }
  /** `operation` as DynamoDB names it, `input` as its JSON protocol has it. */
  | { kind: 'begin'; request: number; operation: string; input: string }
  | { kind: 'end'; request: number; failed: boolean };

/** Requests to the database and the units that they consumed. */
export interface Consumption {
  requests: number;
  readUnits: number;
  writeUnits: number;
}
