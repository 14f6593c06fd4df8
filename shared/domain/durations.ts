/** Everything that somebody waits for, in milliseconds. Passed in, as the clock is. */
export interface Durations {
  /** How exactly it is written down when a charger was last heard: a heartbeat is written once in so long. */
  heardSlotMs: number;
  /** After how long without a sign of life a connected charger counts as offline, at the earliest. */
  offlineAfterMs: number;
  /** How often an active session is looked at. */
  lookEveryMs: number;
  /** How long a connector may be free before the session that it had is ended. */
  freeGraceMs: number;
  /** How long a charger may be silent before its active sessions are ended. */
  goneGraceMs: number;
  /** How long after its end a session is looked over: by then what came late has come. */
  settleMs: number;
  /** How long a secret is used before it is read again. */
  secretKeptMs: number;
  /** How long an answer to a command is waited for. */
  commandAnswerMs: number;
  /** How long a charger that has connected may take to begin its boot exchange before a command goes out. */
  bootGraceMs: number;
  /** How long what a command should cause at once is looked for. */
  effectMs: number;
  /** How long a function trusts what it knows of which chargers are traced. */
  traceLookMs: number;
  /** How long what was traced is kept. */
  traceKeptMs: number;
}
