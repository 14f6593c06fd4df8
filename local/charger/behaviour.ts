/** How a charger behaves, as data. The parts ask it at the one place where obedient and disobedient chargers part. */
export interface Behaviour {
  /** How often each StartTransaction is sent, each time with a message id of its own, although it was answered. */
  startsSent: number;
  /** `1970`: a charger without a battery for its clock, and deaf to the time in the boot's answer. */
  clock: 'true' | '1970';
  /** Out of order: it reports that, and cannot be used. */
  isFaulted: boolean;
  /** Its StopTransactions never come to the link. */
  losesStops: boolean;
}

const obedient: Behaviour = { startsSent: 1, clock: 'true', isFaulted: false, losesStops: false };

/** What `--mode` knows. Each is the difference to the obedient charger; several are combined. */
export const modes = {
  'repeat-start': { startsSent: 2 },
  'clock-1970': { clock: '1970' },
  faulted: { isFaulted: true },
  'lose-stop': { losesStops: true },
} satisfies Record<string, Partial<Behaviour>>;

export type Mode = keyof typeof modes;

export const behave = (...chosen: Mode[]): Behaviour =>
  Object.assign({}, obedient, ...chosen.map((mode) => modes[mode]));
