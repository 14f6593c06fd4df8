import { lazily } from './app.ts';
import { deployedCommandConnections } from './connections.ts';
import { deployedRequestApp, type RequestApp } from './request-app.ts';
import type { TimedApp } from './timed-app.ts';

/** For the functions that send commands. */
export interface CommandApp extends TimedApp, RequestApp {}

/** What the gateway may have delivered is never sent again. */
export const deployedCommandApp: () => CommandApp = lazily(() => ({
  ...deployedRequestApp(),
  connections: deployedCommandConnections(),
}));
