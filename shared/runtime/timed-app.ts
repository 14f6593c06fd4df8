import type { Timers } from '#shared/domain/send-commands.ts';
import { lazily } from './app.ts';
import { type ConnectedApp, deployedConnectedApp } from './connections.ts';
import { deployedTimers } from './timers.ts';

/** For the functions that ask to be called back. */
export interface TimedApp extends ConnectedApp {
  timers: Timers;
}

export const deployedTimedApp: () => TimedApp = lazily(() => ({ ...deployedConnectedApp(), timers: deployedTimers }));
