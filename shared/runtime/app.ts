import { randomBytes } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import type { Durations } from '#shared/domain/durations.ts';
import type { Clock } from '#shared/domain/time.ts';
import { Tracer, type Tracing } from '#shared/domain/trace.ts';
import { databaseClient } from '#shared/store/database-client.ts';
import { dynamoStores, type Stores } from '#shared/store/stores.ts';
import { type TableName, tableNames, tableVariable } from '#shared/store/tables.ts';
import { deployedDurations } from './durations.ts';
import { withSourcePositions } from './source-positions.ts';

interface Log {
  info(message: string, details?: Record<string, unknown>): void;
  warn(message: string, details?: Record<string, unknown>): void;
  error(message: string, details?: Record<string, unknown>): void;
}

/** What every function works with; made once per instance. Tests bring their own. */
export interface App {
  stores: Stores;
  clock: Clock;
  durations: Durations;
  log: Log;
  /** Where what chargers say and hear is told, in case they are traced. */
  tracing: Tracing;
}

/** What the template gave the function. Throws where it did not. */
export function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`The environment variable ${name} is not set: this function was not granted what it names`);
  }
  return value;
}

/** Makes it at the first call, and once. */
export const lazily = <T>(make: () => T): (() => T) => {
  let made: { it: T } | undefined;
  return () => {
    made ??= { it: make() };
    return made.it;
  };
};

export const deployedApp: () => App = lazily(() => {
  const clock = Date.now;
  const logger = new Logger();
  const tables = Object.fromEntries(
    // A function knows the tables that it was granted; another one's name would only fail later.
    tableNames.map((table) => [table, process.env[tableVariable(table)] ?? `${tableVariable(table)}-is-not-granted`]),
  ) as Record<TableName, string>;
  const log: Log = {
    info: (message, details = {}) => logger.info(message, details),
    warn: (message, details = {}) => logger.warn(message, sourced(details)),
    error: (message, details = {}) => logger.error(message, sourced(details)),
  };
  const stores = dynamoStores(databaseClient(), tables);
  const durations = deployedDurations();
  const instance = randomBytes(4).toString('hex');
  const tracing = new Tracer({ traces: stores.traces, clock, durations, log, instance });
  return { stores, clock, durations, log, tracing };
});

function sourced<D extends object>(details: D): D {
  if ('error' in details) withSourcePositions(details.error);
  return details;
}
