import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { type GatewayOptions, type Gateways, gateways } from '#local/gateway/gateways.ts';
import type { Assembly, Functions, Invocation, Resource } from '#local/parts.ts';
import { until } from '#test/support/until.ts';

/** Hand-made templates: one resource per call, `properties` already resolved. */
export function resource(type: string, physicalId: string, properties: Record<string, unknown>): Resource {
  return { stack: 'test', logicalId: physicalId, type, properties, physicalId };
}

export function assemblyOf(...resources: Resource[]): Assembly {
  return {
    resources,
    ofType: (type) => resources.filter((each) => each.type === type),
    bundleDirectory: () => {
      throw new Error('The gateways do not read bundles');
    },
  };
}

export function functionArn(name: string): string {
  return `arn:aws:lambda:eu-central-1:111122223333:function:${name}`;
}

export function integrationUri(name: string): string {
  return `arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/${functionArn(name)}/invocations`;
}

/** A route and its Lambda integration. */
export function route(
  apiId: string,
  key: string,
  functionName: string,
  more: Record<string, unknown> = {},
  integration: Record<string, unknown> = {},
): Resource[] {
  const integrationId = `${apiId}-${functionName}-integration`;
  return [
    resource('AWS::ApiGatewayV2::Integration', integrationId, {
      ApiId: apiId,
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: integrationUri(functionName),
      ...integration,
    }),
    resource('AWS::ApiGatewayV2::Route', `${apiId}${key}`, {
      ApiId: apiId,
      RouteKey: key,
      Target: `integrations/${integrationId}`,
      ...more,
    }),
  ];
}

/** A user pool with one client. */
export const userPool: Resource[] = [
  resource('AWS::Cognito::UserPool', 'eu-central-1_pool', {}),
  resource('AWS::Cognito::UserPoolClient', 'client1', { UserPoolId: 'eu-central-1_pool' }),
];

type Code = (event: unknown) => unknown;

export interface FakeFunctions extends Functions {
  /** The events that each function was invoked with, by its name. */
  events: Map<string, unknown[]>;
}

/** Functions in this process: one that throws is a failed invocation; one that is missing fails the same way. */
export function fakeFunctions(code: Record<string, Code>): FakeFunctions {
  const events = new Map<string, unknown[]>();
  return {
    events,
    async invoke(target, event): Promise<Invocation> {
      const name = /:function:([\w-]+)/.exec(target)?.[1] ?? target;
      events.set(name, [...(events.get(name) ?? []), event]);
      try {
        const run = code[name];
        if (!run) throw new Error(`no function is '${name}'`);
        return { ok: true, payload: await run(event) };
      } catch (cause) {
        const { name: errorType, message } = cause instanceof Error ? cause : new Error(String(cause));
        return { ok: false, error: { errorType, errorMessage: message } };
      }
    },
    usage: () => [{ functionId: 'Echo', action: 'dynamodb:GetItem', resource: 'things', count: 2 }],
    cpu: async () => [{ functionId: 'Echo', invocations: 3, instances: 1, cpuMicros: 900, initCpuMicros: [500] }],
    stop: async () => {},
  };
}

export interface Served {
  port: number;
  /** `127.0.0.1:<port>` */
  authority: string;
  gateways: Gateways;
  dataDir: string;
  log: string[];
}

/** The gateways on a real port, stopped when the test is over. */
export async function serve(
  assembly: Assembly,
  functions: Functions,
  options: Partial<GatewayOptions> = {},
): Promise<Served> {
  const log: string[] = [];
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'chargeline-gateways-')));
  let port = 0;
  const opts = { host: '127.0.0.1', port: () => port, dataDir, log: (line: string) => log.push(line), ...options };
  const served = await gateways(assembly, functions, opts);

  const server = createServer((req, res) => void served.handleRequest(req, res));
  server.on('upgrade', (req, socket, head) => void served.handleUpgrade(req, socket, head));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;

  onTestFinished(async () => {
    await served.stop();
    server.closeAllConnections();
    server.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  return { port, authority: `127.0.0.1:${port}`, gateways: served, dataDir, log };
}

export interface Client {
  socket: WebSocket;
  /** Text frames in the order of arrival. */
  frames: string[];
  /** Resolves with the code of the close frame. */
  closed: Promise<number>;
  frame(at?: number): Promise<string>;
}

/** Opens a WebSocket; rejects with `Unexpected server response: <status>` when it is refused. */
export async function connect(url: string, protocols: string[] = [], options: ClientOptions = {}): Promise<Client> {
  const socket = new WebSocket(url, protocols, options);
  const frames: string[] = [];
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  socket.on('message', (data) => frames.push(String(data)));
  await once(socket, 'open');
  socket.on('error', () => {});
  onTestFinished(() => socket.terminate());
  return {
    socket,
    frames,
    closed,
    frame: async (at = 0) => {
      await until(`frame ${at} has arrived`, () => frames.length > at);
      return frames[at] ?? '';
    },
  };
}

export interface HttpResult {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** A request whose path and headers go out exactly as they are given, which `fetch` does not grant. */
export async function http(
  authority: string,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders = {},
  body?: string | Buffer,
): Promise<HttpResult> {
  const [host, port] = authority.split(':');
  const outgoing = request({ host, port, method, path, headers, agent: false });
  const responding = Promise.race([once(outgoing, 'response'), once(outgoing, 'upgrade')]);
  outgoing.end(body);
  const [response, upgraded] = await responding;
  upgraded?.destroy();
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() };
}

/** The headers of a WebSocket handshake, for requests that a WebSocket client would not make. */
export const handshake = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
