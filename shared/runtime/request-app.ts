import type { CredentialKeeper } from '#shared/domain/credential.ts';
import type { Timers } from '#shared/domain/send-commands.ts';
import { type App, deployedApp, lazily } from './app.ts';
import { deployedCredentials } from './credentials.ts';
import { deployedSealing, type Sealing } from './sealing.ts';
import { deployedTimers } from './timers.ts';

/** For the functions that ask for commands, and leave it to others to send them. */
export interface RequestApp extends App {
  timers: Timers;
  sealing: Sealing;
  credentials: CredentialKeeper;
}

export const deployedRequestApp: () => RequestApp = lazily(() => ({
  ...deployedApp(),
  timers: deployedTimers,
  sealing: deployedSealing,
  credentials: deployedCredentials(),
}));
