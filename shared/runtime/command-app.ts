import { lazily } from './app.ts';
import { deployedCommandConnections } from './connections.ts';
import { deployedSealing, type Sealing } from './sealing.ts';
import { deployedTimedApp, type TimedApp } from './timed-app.ts';

/** For the functions that send commands. */
export interface CommandApp extends TimedApp {
  sealing: Sealing;
}

/** What the gateway may have delivered is never sent again. */
export const deployedCommandApp: () => CommandApp = lazily(() => ({
  ...deployedTimedApp(),
  connections: deployedCommandConnections(),
  sealing: deployedSealing,
}));
