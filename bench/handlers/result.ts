/** A handler without a database, in milliseconds per message. */
export interface HandlersResult {
  rounds: number;
  handlers: { action: string; p50: number; mean: number }[];
}
