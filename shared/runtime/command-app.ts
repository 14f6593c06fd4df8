import type { CredentialKeeper } from '#shared/domain/credential.ts';
import { lazily } from './app.ts';
import { deployedCommandConnections } from './connections.ts';
import { deployedCredentials } from './credentials.ts';
import { deployedSealing, type Sealing } from './sealing.ts';
import { deployedTimedApp, type TimedApp } from './timed-app.ts';

/** For the functions that ask for commands, or send them. */
export interface CommandApp extends TimedApp {
  sealing: Sealing;
  credentials: CredentialKeeper;
}

/** What the gateway may have delivered is never sent again. */
export const deployedCommandApp: () => CommandApp = lazily(() => ({
  ...deployedTimedApp(),
  connections: deployedCommandConnections(),
  sealing: deployedSealing,
  credentials: deployedCredentials(),
}));
