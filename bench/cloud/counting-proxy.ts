import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import type { Consumption, Phase, RecordedEvent, Recording } from './recording.ts';

export interface CountingProxy {
  url: string;
  readonly recording: Recording;
  /** From here on what begins belongs to this phase. */
  enter(phase: Phase): void;
  /** What was consumed since the last time it was asked. Streams are left out: on AWS their reads are not requests of ours. */
  take(): Consumption;
  /** The same, of what named a table like this alone. */
  takeOf(table: RegExp): Consumption;
  /** Resolves when nothing was asked for half a second: what a closed connection leaves to do is done then. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
}

const quietMs = 500;

const dataOperations = /^(Get|Put|Update|Delete|BatchGet|BatchWrite|TransactWrite|TransactGet)Items?$|^(Query|Scan)$/;
const readOperations = /^(GetItem|BatchGetItem|TransactGetItems|Query|Scan)$/;

const units = z.object({ CapacityUnits: z.number() });
const answerShape = z.object({ ConsumedCapacity: z.union([units.transform((one) => [one]), z.array(units)]) });
const inputShape = z.record(z.string(), z.unknown());

/** The names of the tables that a request is about; in a batch they are keys. */
const tablesIn = (input: string): string =>
  [...input.matchAll(/"TableName":"([^"]+)"|"RequestItems":\{"([^"]+)"/g)]
    .map(([, one, other]) => one ?? other ?? '')
    .join(' ');

function sum(requests: readonly { reads: boolean; units: number }[]): Consumption {
  const units = (reads: boolean) =>
    requests.filter((each) => each.reads === reads).reduce((total, each) => total + each.units, 0);
  return { requests: requests.length, readUnits: units(true), writeUnits: units(false) };
}

/** In front of a DynamoDB: counts what is asked of it with what it consumes, and records it. */
export async function countingProxy(databaseUrl: string): Promise<CountingProxy> {
  const recording: Recording = { events: [] };
  const agent = new Agent({ keepAlive: true });
  let requests = 0;
  let lastMs = 0;
  const taken: { tables: string; reads: boolean; units: number }[] = [];

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await buffer(req);
    const [service = '', operation = ''] = String(req.headers['x-amz-target']).split('.');
    const isData = service.startsWith('DynamoDB_') && dataOperations.test(operation);
    const isRecorded = isData || operation === 'CreateTable';
    const number = requests++;
    if (isRecorded) {
      recording.events.push({
        kind: 'begin',
        request: number,
        operation,
        input: body.toString(),
      } satisfies RecordedEvent);
    }
    const asked = isData
      ? Buffer.from(
          JSON.stringify({ ...inputShape.parse(JSON.parse(body.toString())), ReturnConsumedCapacity: 'TOTAL' }),
        )
      : body;
    const { status, headers, content } = await forward(req, asked);
    if (isData) {
      lastMs = performance.now();
      count(operation, body.toString(), content);
    }
    if (isRecorded) recording.events.push({ kind: 'end', request: number, failed: status >= 400 });
    res.writeHead(status, headers).end(content);
  }

  function forward(req: IncomingMessage, body: Buffer) {
    return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; content: Buffer }>(
      (resolve, reject) => {
        const { 'content-length': _length, ...headers } = req.headers;
        const onward = request(databaseUrl, { method: req.method, path: req.url, agent, headers }, async (res) => {
          resolve({ status: res.statusCode ?? 502, headers: res.headers, content: await buffer(res) });
        });
        onward.once('error', reject);
        onward.setHeader('content-length', body.length);
        onward.end(body);
      },
    );
  }

  function count(operation: string, input: string, content: Buffer): void {
    const answered = answerShape.safeParse(JSON.parse(content.toString()));
    const consumed = answered.success
      ? answered.data.ConsumedCapacity.reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0)
      : 0;
    taken.push({ tables: tablesIn(input), reads: readOperations.test(operation), units: consumed });
  }

  const server = createServer((req, res) => {
    answer(req, res).catch((cause: unknown) => res.destroy(cause instanceof Error ? cause : undefined));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the proxy has no port');

  return {
    url: `http://127.0.0.1:${address.port}`,
    recording,
    enter: (phase) => recording.events.push({ kind: 'phase', phase }),
    take: () => sum(taken.splice(0)),
    takeOf: (table) => sum(taken.splice(0).filter(({ tables }) => table.test(tables))),
    quiet: async () => {
      const from = performance.now();
      while (performance.now() - Math.max(from, lastMs) < quietMs) await pause(50);
    },
    stop: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
