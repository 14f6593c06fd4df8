import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readAssembly } from '#local/assembly/assembly.ts';
import { startDatabase } from '#local/database/database.ts';
import { dynamoDb } from '#local/database/dynamodb.ts';
import { Expiries } from '#local/database/expiries.ts';
import { startStreams } from '#local/database/streams.ts';
import { bringTables } from '#local/database/tables.ts';
import { startTimeToLive } from '#local/database/time-to-live.ts';
import type { FaultSpec } from '#local/faults/fault-spec.ts';
import { Faults } from '#local/faults/faults.ts';
import { faultyDatabase } from '#local/faults/faulty-database.ts';
import { crashing, faultyFunctions } from '#local/faults/faulty-functions.ts';
import { bucketOrigins } from '#local/files/bucket-origins.ts';
import { type Gateways, gateways } from '#local/gateway/gateways.ts';
import type { WebSocketQuotas } from '#local/gateway/quotas.ts';
import { startFunctions } from '#local/lambda/functions.ts';
import { Secrets, serveSecrets } from '#local/lambda/secrets.ts';
import type { Use } from '#local/lambda/service-requests.ts';
import type { Assembly, Functions } from '#local/parts.ts';
import { MessageStore } from '#local/queues/message-store.ts';
import { queuesOf } from '#local/queues/queue.ts';
import { queueMappings } from '#local/queues/queue-mapping.ts';
import { startQueueReaders } from '#local/queues/queue-readers.ts';
import { serveSqs } from '#local/queues/sqs-endpoint.ts';
import { startSchedules } from '#local/schedules/schedules.ts';
import { databaseDirectory, takeDataDirectory } from '#local/start/data-directory.ts';
import { UserError } from '#local/start/user-error.ts';

export interface CloudOptions {
  /** The directory of a cloud assembly. */
  assembly: string;
  host: string;
  port: number;
  /** undefined: in memory, removed at the end. */
  data: string | undefined;
  /** A DynamoDB that runs already. */
  databaseEndpoint?: string | undefined;
  region?: string | undefined;
  /** In the place of what the templates give functions in these environment variables. Throws a UserError on one that no function has. */
  variables?: Readonly<Record<string, string>> | undefined;
  /** How often every schedule fires, and expired items are looked for; as the rates say, and every minute, unless given. */
  tickMs?: number | undefined;
  /** Most instances of one function. */
  instances?: number;
  /** What goes wrong on purpose. */
  faults?: FaultSpec | undefined;
  /** Where they differ from AWS's. */
  quotas?: Partial<WebSocketQuotas>;
  log(line: string): void;
  /** The local cloud cannot go on. */
  onLoss?(why: string): void;
}

export interface Cloud {
  /** `http://<host>:<port>`, the host as given. */
  url: string;
  /** The same, for requests of this process. */
  ownUrl: string;
  dataDirectory: string;
  databaseEndpoint: string;
  assembly: Assembly;
  functions: Functions;
  mintToken: Gateways['mintToken'];
  faults: Faults | undefined;
  stop(): Promise<void>;
}

/** Starts everything; what has started is stopped again, the last first, when something fails. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const stops: (() => unknown)[] = [];
  const stop = async () => {
    for (let next = stops.pop(); next; next = stops.pop()) await next();
  };
  try {
    return { ...(await start(options, (each) => stops.push(each))), stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

async function start(options: CloudOptions, onStop: (stop: () => unknown) => void): Promise<Omit<Cloud, 'stop'>> {
  const { host, log, region = 'us-east-1' } = options;
  const data = takeDataDirectory(options.data);
  onStop(() => data.release());

  const secrets = new Secrets(join(data.path, 'secrets.json'));
  const assembly = readAssembly(options.assembly, {
    region,
    account: '000000000000',
    secretString: (secret) => secrets.textOf(secret),
  });

  // Bound first, because functions are told the port; until everything is there it answers 503.
  const server = createServer(notYet);
  const port = await listen(server, host, options.port);
  onStop(() => closed(server));
  const url = `http://${bracketed(host)}:${port}`;
  const ownUrl = `http://${bracketed(reachable(host))}:${port}`;

  const secretsEndpoint = await serveSecrets(assembly, secrets);
  onStop(() => secretsEndpoint.stop());
  const queues = queuesOf(assembly);
  const messages = new MessageStore(join(data.path, 'queues.sqlite'));
  onStop(() => messages.close());
  const sqs = await serveSqs(queues, messages);
  onStop(() => sqs.stop());
  const database = await startDatabase({
    endpoint: options.databaseEndpoint,
    directory: databaseDirectory(data.path),
    region,
    ...(options.onLoss && { onLoss: options.onLoss }),
  });
  onStop(() => database.stop());
  const call = dynamoDb(database.endpoint, region);
  await bringTables(call, assembly.ofType('AWS::DynamoDB::Table'));

  const faults = options.faults && new Faults(options.faults);
  if (faults) log(`Faults strike on purpose; these again with seed=${faults.seed}`);
  const faultyDynamoDb = faults?.has('conflict', 'throttle-db') && (await faultyDatabase(database.endpoint, faults));
  if (faultyDynamoDb) onStop(() => faultyDynamoDb.stop());

  const lambda = startFunctions(assembly, {
    region,
    endpoints: () => ({
      dynamodb: faultyDynamoDb ? faultyDynamoDb.url : database.endpoint,
      secretsManager: secretsEndpoint.url,
      sqs: sqs.url,
      management: `${ownUrl}/@management`,
      cloudFront: ownUrl,
    }),
    logsDirectory: join(data.path, 'logs'),
    ...(options.variables && { variables: options.variables }),
    ...(options.instances && { maxInstances: options.instances }),
    ...(faults && { crashAfterMs: crashing(faults) }),
    onUse: (uses) => streams.wake(writtenTables(uses)),
  });
  onStop(() => lambda.stop());
  const patiently = patience(drainMs);
  const functions = faults ? faultyFunctions(lambda, faults) : lambda;
  const expiries = new Expiries();
  const streams = startStreams(assembly, functions, { call, region, dataDirectory: data.path, expiries, log });
  onStop(() => patiently(streams.stop()));
  const timeToLive = startTimeToLive(assembly.ofType('AWS::DynamoDB::Table'), {
    ...{ call, expiries, log, intervalMs: options.tickMs },
    onDelete: (table) => streams.wake([table]),
  });
  onStop(() => timeToLive.stop());

  const entrance = await gateways(assembly, functions, {
    ...{ host, port: () => port, dataDir: data.path, log },
    buckets: bucketOrigins(assembly, join(data.path, 'files')),
    ...(options.quotas && { quotas: options.quotas }),
    ...(faults && { faults }),
  });
  server.off('request', notYet);
  server.on('request', (req, res) => void entrance.handleRequest(req, res));
  server.on('upgrade', (req, socket, head) => void entrance.handleUpgrade(req, socket, head));
  onStop(async () => {
    await entrance.stop();
    const noNewConnections = closed(server);
    server.closeAllConnections();
    await noNewConnections;
  });

  const readers = startQueueReaders(queueMappings(assembly, queues), functions, { store: messages, region, log });
  onStop(() => patiently(readers.stop()));
  const schedules = startSchedules(assembly, functions, { tickMs: options.tickMs, log });
  onStop(() => patiently(schedules.stop()));

  return {
    url,
    ownUrl,
    dataDirectory: data.path,
    databaseEndpoint: database.endpoint,
    assembly,
    functions,
    mintToken: entrance.mintToken,
    faults,
  };
}

/** How long what runs may take to come to its end when the local cloud stops; then its function is ended. */
const drainMs = 10_000;

/** Waits for one thing after the other to end, for all of them together not longer than this. */
function patience(ms: number): (end: Promise<void>) => Promise<void> {
  let over: Promise<void> | undefined;
  return async (end) => {
    over ??= pause(ms, undefined, { ref: false });
    await Promise.race([end, over]);
  };
}

const notYet: RequestListener = (_req, res) => {
  res.writeHead(503, { 'retry-after': '1' }).end();
};

/** So many may wait to be accepted, as far as the system lets them: Node's 511 are few when a whole fleet dials at once. */
const backlog = 4096;

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const taken = 'code' in cause && cause.code === 'EADDRINUSE';
      const why = taken ? 'is taken: choose another with --port' : `cannot be used: ${cause.message}`;
      reject(new UserError(`Port ${port} of ${host} ${why}.`));
    });
    server.listen({ port, host, backlog }, () => {
      const address = server.address();
      if (typeof address === 'object' && address) resolve(address.port);
      else reject(new Error('the server has no port'));
    });
  });
}

/** Again and again is fine: it is also the way out of a failed start. */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** An address that means 'all of this machine's' is not one to send to. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

function writtenTables(uses: readonly Use[]): string[] {
  return uses
    .filter(({ action }) => /^dynamodb:(Put|Update|Delete|BatchWrite)/.test(action))
    .map(({ resource }) => resource);
}
