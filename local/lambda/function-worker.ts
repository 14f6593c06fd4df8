import { subscribe } from 'node:diagnostics_channel';
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { ClientRequest } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { Lines } from '#local/lambda/lines.ts';
import { type Use, usesOf } from '#local/lambda/service-requests.ts';

/**
 * One instance of a function: the thread that `local/lambda/instance.ts` starts for it. It imports the deployed bundle and hands it one event at a
 * time. What the bundle sends over HTTP is read in passing, to know which rights it uses; the bundle sees nothing of that.
 */

/** From the host. Event and result cross as JSON, as they do on Lambda. */
export interface Request {
  requestId: string;
  event: string;
}

/** To the host: that the bundle is loaded, or failed to; then an answer per request. */
export type Report =
  | { kind: 'loaded'; cpuMicros: number }
  | { kind: 'failed'; error: HandlerError }
  | { kind: 'answered'; payload: string; uses: Use[] }
  | { kind: 'threw'; error: HandlerError; uses: Use[] };

export interface HandlerError {
  errorType: string;
  errorMessage: string;
}

/** What the host gives the thread (`workerData`). */
export interface InstanceSettings {
  directory: string;
  handler: string;
  name: string;
  arn: string;
  memoryMb: number;
  timeoutMs: number;
  logFile: string;
}

const settings: InstanceSettings = workerData;

/** A full log file is renamed by the host: it is left behind then, or soon after. */
const reopenAfterBytes = 1_000_000;

// Straight into the file: by way of the host, each line would be copied from thread to thread and cost as much as a request.
let log = { file: openSync(settings.logFile, 'a'), written: 0 };
const append = (text: string) => {
  log.written += writeSync(log.file, text);
  if (log.written < reopenAfterBytes) return;
  closeSync(log.file);
  log = { file: openSync(settings.logFile, 'a'), written: 0 };
};
for (const stream of [process.stdout, process.stderr]) {
  const lines = new Lines(append);
  process.on('exit', () => lines.end());
  stream._write = (chunk, _encoding, done) => {
    lines.add(String(chunk));
    done();
  };
  stream._writev = undefined;
}

let uses: Use[] = [];
subscribe('http.client.request.created', (message) => {
  const request = typeof message === 'object' && message && 'request' in message ? message.request : undefined;
  if (request instanceof ClientRequest) record(request);
});

function record(request: ClientRequest): void {
  let body = '';
  const keep = (chunk: unknown) => {
    if (typeof chunk === 'string') body += chunk;
    else if (chunk instanceof Uint8Array)
      body += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString();
  };
  const { write, end } = request;
  Reflect.set(request, 'write', (...args: unknown[]) => {
    keep(args[0]);
    return Reflect.apply(write, request, args);
  });
  Reflect.set(request, 'end', (...args: unknown[]) => {
    keep(args[0]);
    const target = request.getHeader('x-amz-target');
    uses.push(...usesOf(typeof target === 'string' ? target : undefined, request.method, request.path, body));
    return Reflect.apply(end, request, args);
  });
}

async function load(): Promise<(event: unknown, context: unknown) => unknown> {
  const [module = 'index', name = 'handler'] = settings.handler.split('.');
  const file = ['mjs', 'js', 'cjs']
    .map((extension) => join(settings.directory, `${module}.${extension}`))
    .find((path) => existsSync(path));
  if (!file) throw new Error(`Cannot find module '${module}' in ${settings.directory}`);
  const exported: unknown = await import(pathToFileURL(file).href);
  const found = memberOf(exported, name) ?? memberOf(memberOf(exported, 'default'), name);
  if (typeof found !== 'function') throw new Error(`${settings.handler} is undefined or not exported`);
  return (event, context) => Reflect.apply(found, undefined, [event, context]);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function describe(cause: unknown): HandlerError {
  return cause instanceof Error
    ? { errorType: cause.name, errorMessage: cause.message }
    : { errorType: typeof cause, errorMessage: String(cause) };
}

function report(message: Report): void {
  parentPort?.postMessage(message);
}

try {
  const before = process.threadCpuUsage();
  const handler = await load();
  const loading = process.threadCpuUsage(before);
  parentPort?.on('message', async ({ requestId, event }: Request) => {
    const deadline = Date.now() + settings.timeoutMs;
    const context = {
      awsRequestId: requestId,
      functionName: settings.name,
      functionVersion: '$LATEST',
      invokedFunctionArn: settings.arn,
      memoryLimitInMB: String(settings.memoryMb),
      logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    };
    let answer: Report;
    try {
      const result = await handler(JSON.parse(event), context);
      answer = { kind: 'answered', payload: JSON.stringify(result ?? null), uses };
    } catch (cause) {
      console.error(cause);
      answer = { kind: 'threw', error: describe(cause), uses };
    }
    uses = [];
    report(answer);
  });
  report({ kind: 'loaded', cpuMicros: loading.user + loading.system });
} catch (cause) {
  console.error(cause);
  report({ kind: 'failed', error: describe(cause) });
}
