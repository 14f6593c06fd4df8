/**
 * Everything that somebody waits for, in seconds, by the environment variable that tells it to a function. A deployment with other habits
 * changes it here; the local cloud overrides it with `--set`, so that nobody waits in a test.
 */
export const durationSeconds = {
  /** A heartbeat is written once in so long: what it costs against how exact `lastHeardAt` is. */
  HEARD_SLOT_S: 300,
  /** A connected charger without a sign of life counts as offline after this, or after two of its heartbeats if that is longer. */
  OFFLINE_AFTER_S: 600,
  /** An active session is looked at so often: a look costs what three readings cost. */
  LOOK_EVERY_S: 1800,
  /** A connector that is free for so long will not be followed by a stop any more. */
  FREE_GRACE_S: 900,
  /** Chargers keep charging while they are offline, and tell it later: for a day their sessions wait for them. */
  GONE_GRACE_S: 86_400,
  /** An ended session is looked over after this: by then the readings that came late have come. */
  SETTLE_S: 900,
  /** A secret is read again after this, so that a rotation is seen without a deployment. */
  SECRET_KEPT_S: 300,
  /** An answer to a command is waited for so long; the next command waits with it. */
  COMMAND_ANSWER_S: 60,
  /** A charger that has connected is given so long to begin its boot exchange before a command goes out: in between, some fall into a boot loop. */
  BOOT_GRACE_S: 10,
  /** What a command should cause, such as a boot after a reset, is looked for so long. */
  EFFECT_S: 300,
  /** Each instance of a function looks so often for the chargers that are traced: a trace begins and ends that late, and a message costs nothing for it. */
  TRACE_LOOK_S: 30,
  /** What was traced is kept for a week. */
  TRACE_KEPT_S: 604_800,
} as const;

export type DurationName = keyof typeof durationSeconds;
