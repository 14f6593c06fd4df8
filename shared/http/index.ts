import { routes as campaigns } from './routes/campaigns.ts';
import { routes as chargers } from './routes/chargers.ts';
import { routes as chargingProfiles } from './routes/charging-profiles.ts';
import { routes as commands } from './routes/commands.ts';
import { routes as configuration } from './routes/configuration.ts';
import { routes as evidence } from './routes/evidence.ts';
import { routes as files } from './routes/files.ts';
import { routes as localLists } from './routes/local-lists.ts';
import { routes as reservations } from './routes/reservations.ts';
import { routes as sessions } from './routes/sessions.ts';
import { routes as tags } from './routes/tags.ts';
import { routes as trace } from './routes/trace.ts';

/** The app API. Route, Lambda, grants, local cloud and OpenAPI follow from this list; a key is the operationId. */
export const routes = {
  ...chargers,
  ...evidence,
  ...sessions,
  ...commands,
  ...configuration,
  ...localLists,
  ...chargingProfiles,
  ...reservations,
  ...files,
  ...campaigns,
  ...trace,
  ...tags,
} as const;

export type OperationId = keyof typeof routes;

export const operationIds = Object.keys(routes) as OperationId[];
