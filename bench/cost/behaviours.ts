/** What one charger does, or is made to do. Whole numbers, so that nothing is rounded twice. */
export interface Behaviour {
  heartbeatsPerHour: number;
  sessionsPerDay: number;
  /** MeterValues in one session, of four values each. */
  samplesPerSession: number;
  statusesPerSession: number;
  /** How often the watch looks at a session while it is active: once in half an hour. */
  looksPerSession: number;
  /** Connections that begin: the gateway ends each after two hours, so at least twelve. */
  dialsPerDay: number;
  bootsPerMonth: number;
  /** Each is taken for a remote start whose session begins; those of firmware and diagnostics come on top. */
  commandsPerMonth: number;
  firmwareUpdatesPerYear: number;
  firmwareMib: number;
  diagnosticsPerYear: number;
  diagnosticsMib: number;
  /** How long sessions, readings and commands are kept. */
  monthsKept: number;
}

/** A charger that is connected, and no more. */
export const nothing: Behaviour = {
  heartbeatsPerHour: 0,
  sessionsPerDay: 0,
  samplesPerSession: 0,
  statusesPerSession: 0,
  looksPerSession: 0,
  dialsPerDay: 0,
  bootsPerMonth: 0,
  commandsPerMonth: 0,
  firmwareUpdatesPerYear: 0,
  firmwareMib: 0,
  diagnosticsPerYear: 0,
  diagnosticsMib: 0,
  monthsKept: 0,
};

/** Nobody has counted these: who knows better tells the bench (`npm run bench -- cost --commands-per-month 200`). */
export const behaviours = {
  'home charger': {
    heartbeatsPerHour: 12,
    sessionsPerDay: 1,
    samplesPerSession: 32,
    statusesPerSession: 4,
    looksPerSession: 16,
    dialsPerDay: 14,
    bootsPerMonth: 4,
    commandsPerMonth: 30,
    firmwareUpdatesPerYear: 2,
    firmwareMib: 16,
    diagnosticsPerYear: 1,
    diagnosticsMib: 2,
    monthsKept: 12,
  },
  'public AC': {
    heartbeatsPerHour: 12,
    sessionsPerDay: 3,
    samplesPerSession: 48,
    statusesPerSession: 5,
    looksPerSession: 6,
    dialsPerDay: 14,
    bootsPerMonth: 8,
    commandsPerMonth: 60,
    firmwareUpdatesPerYear: 4,
    firmwareMib: 64,
    diagnosticsPerYear: 2,
    diagnosticsMib: 4,
    monthsKept: 24,
  },
  'DC fast': {
    heartbeatsPerHour: 12,
    sessionsPerDay: 12,
    samplesPerSession: 120,
    statusesPerSession: 6,
    looksPerSession: 1,
    dialsPerDay: 14,
    bootsPerMonth: 8,
    commandsPerMonth: 180,
    firmwareUpdatesPerYear: 4,
    firmwareMib: 256,
    diagnosticsPerYear: 6,
    diagnosticsMib: 16,
    monthsKept: 24,
  },
} as const satisfies Record<string, Behaviour>;
