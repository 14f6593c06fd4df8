import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import * as z from 'zod';
import {
  functionHome,
  type Integration,
  integrationOf,
  ofApi,
  readProperties,
  refuse,
} from '#local/assembly/template-resource.ts';
import type { Faults } from '#local/faults/faults.ts';
import type { ConnectRate } from '#local/gateway/connect-rate.ts';
import { type Admission, admissionOf } from '#local/gateway/connect-route.ts';
import { isOver, sweepMs } from '#local/gateway/connection-life.ts';
import { FrameWatch } from '#local/gateway/frame-watch.ts';
import type { Integrate } from '#local/gateway/integrations.ts';
import { integrationTimeoutMs, type WebSocketQuotas } from '#local/gateway/quotas.ts';
import { type Authorize, requestAuthorizer } from '#local/gateway/request-authorizer.ts';
import { headerOf, type RequestHead } from '#local/gateway/request-head.ts';
import { randomId } from '#local/gateway/request-ids.ts';
import { routeSelection } from '#local/gateway/route-selection.ts';
import type { Running } from '#local/gateway/running.ts';
import { isHandshake, refuseUpgrade } from '#local/gateway/upgrade.ts';
import { Connection, type MessageRoute, type Wiring } from '#local/gateway/websocket-connection.ts';
import {
  type AuthorizerContext,
  type ConnectionFacts,
  connectEvent,
  disconnectEvent,
} from '#local/gateway/websocket-events.ts';
import type { Assembly, Resource } from '#local/parts.ts';

const apiShape = z.object({ RouteSelectionExpression: z.string() });
const routeShape = z.object({
  RouteKey: z.string(),
  Target: z.string(),
  AuthorizationType: z.enum(['NONE', 'CUSTOM']).default('NONE'),
  AuthorizerId: z.string().optional(),
  RouteResponseSelectionExpression: z.string().optional(),
});

/** How long a peer may take to answer a close frame when the local cloud stops. */
const closeGraceMs = 1_000;

export interface Surroundings {
  integrate: Integrate;
  running: Running;
  quotas: WebSocketQuotas;
  /** Of all APIs together. */
  connectRate: ConnectRate;
  faults: Faults | undefined;
  log: (line: string) => void;
}

/** A WebSocket API of the templates: `$connect`, its authorizer, and the connections that were let in. */
export class WebSocketApi {
  readonly id: string;
  readonly stages: ReadonlySet<string>;
  readonly #domainName: string;
  readonly #authorize: Authorize | undefined;
  readonly #connect: Integration | undefined;
  readonly #wiring: Wiring;
  readonly #server: WebSocketServer;
  readonly #running: Running;
  readonly #quotas: WebSocketQuotas;
  readonly #connectRate: ConnectRate;
  readonly #sweep: NodeJS.Timeout;
  readonly #connections = new Map<string, Connection>();
  readonly #stopping = new AbortController();
  #opening = 0;

  constructor(assembly: Assembly, api: Resource, surroundings: Surroundings) {
    const { integrate, running, quotas, connectRate, faults, log } = surroundings;
    this.id = api.physicalId;
    this.stages = stagesOf(assembly, api);
    this.#running = running;

    const routes = new Map<string, MessageRoute>();
    let authorize: Authorize | undefined;
    for (const resource of ofApi(assembly, 'AWS::ApiGatewayV2::Route', api)) {
      const route = readProperties(resource, routeShape);
      const integration = integrationOf(assembly, api, resource, route.Target, integrationTimeoutMs.websocket);
      routes.set(route.RouteKey, { key: route.RouteKey, integration, twoWay: isTwoWay(assembly, resource, route) });

      if (route.AuthorizationType === 'CUSTOM') {
        if (route.RouteKey !== '$connect') refuse(resource, 'only $connect can have an authorizer');
        const authorizerId = route.AuthorizerId ?? refuse(resource, 'AuthorizerId is missing');
        authorize = requestAuthorizer(assembly, resource, authorizerId, integrate, integration.timeoutMs);
      }
    }

    const anyRoute = routes.values().next().value;
    this.#domainName = `${this.id}.execute-api.${functionHome(anyRoute?.integration.uri).region}.amazonaws.com`;
    this.#authorize = authorize;
    this.#connect = routes.get('$connect')?.integration;
    this.#wiring = {
      selectRoute: selection(api),
      routes,
      disconnect: routes.get('$disconnect')?.integration,
      integrate,
      running,
      frameBytes: quotas.frameBytes,
      faults,
      log,
    };
    this.#quotas = quotas;
    this.#connectRate = connectRate;
    this.#sweep = setInterval(() => this.#cutOver(), sweepMs(quotas)).unref();
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: quotas.messageBytes,
    });
  }

  /** The stage that a path names; undefined for any other path, as a WebSocket API has no other. */
  stageOf(path: string): string | undefined {
    const stage = /^\/([^/]+)\/?$/.exec(path)?.[1];
    return stage !== undefined && this.stages.has(stage) ? stage : undefined;
  }

  find(stage: string, connectionId: string): Connection | undefined {
    const connection = this.#connections.get(connectionId);
    return connection?.facts.stage === stage ? connection : undefined;
  }

  /** More handshakes are under way than this machine can finish in time. */
  get isFull(): boolean {
    return this.#opening >= this.#quotas.openingAtOnce;
  }

  upgrade(stage: string, head: RequestHead, req: IncomingMessage, socket: Duplex, rest: Buffer): Promise<void> {
    this.#opening++;
    const admitting = this.#admit(stage, head, req, socket, rest).finally(() => {
      this.#opening--;
    });
    return this.#running.track(admitting);
  }

  /** Takes nothing new: no connection, and no message of those that are there. */
  takeNoMore(): void {
    this.#stopping.abort();
    clearInterval(this.#sweep);
    for (const connection of this.#connections.values()) connection.hearNoMore();
  }

  /** Closes every connection (1001). */
  async stop(): Promise<void> {
    for (const connection of this.#connections.values()) connection.close(1001, 'Going away');
    const impatience = setTimeout(() => {
      for (const connection of this.#connections.values()) connection.terminate();
    }, closeGraceMs);

    await Promise.all(Array.from(this.#connections.values(), (connection) => connection.closed()));
    clearTimeout(impatience);
  }

  async #admit(stage: string, head: RequestHead, req: IncomingMessage, socket: Duplex, rest: Buffer): Promise<void> {
    const requestId = randomId();
    const facts: ConnectionFacts = {
      apiId: this.id,
      domainName: this.#domainName,
      stage,
      connectionId: randomId(),
      connectedAt: Date.now(),
      sourceIp: head.sourceIp,
      userAgent: headerOf(head.headers, 'user-agent'),
    };

    const refused = (status: number) => refuseUpgrade(socket, status, facts.connectionId, requestId);
    if (this.#stopping.signal.aborted) return refused(503);
    if (!isHandshake(req)) return refused(400);
    if (this.#opening > this.#quotas.openingAtOnce || !this.#connectRate.take()) return refused(429);

    const verdict = await this.#authorize?.(facts, head, requestId);
    if (verdict && !verdict.allowed) return refused(verdict.status);
    const authorizer = verdict?.context;

    const admission = await this.#askConnect(connectEvent(facts, head, requestId, authorizer));
    if (admission.status < 200 || admission.status > 299) return refused(admission.status);
    if (this.#stopping.signal.aborted || socket.destroyed) {
      refused(503);
      return this.#forget(facts, authorizer);
    }

    this.#accept(facts, authorizer, admission.protocol, req, socket, rest);
  }

  async #askConnect(event: unknown): Promise<Admission> {
    if (!this.#connect) return { status: 200 };
    return admissionOf(await this.#wiring.integrate(this.#connect.uri, event, this.#connect.timeoutMs));
  }

  #accept(
    facts: ConnectionFacts,
    authorizer: AuthorizerContext | undefined,
    protocol: string | undefined,
    req: IncomingMessage,
    socket: Duplex,
    rest: Buffer,
  ): void {
    // ws answers the first protocol that it is offered: offer what the integration chose, and nothing if it chose none.
    if (protocol === undefined) delete req.headers['sec-websocket-protocol'];
    else req.headers['sec-websocket-protocol'] = protocol;

    let opened = false;
    let long = () => {};
    const frames = new FrameWatch(this.#quotas.frameBytes, () => long());
    socket.on('data', (chunk: Buffer) => frames.read(chunk));
    this.#server.handleUpgrade(req, socket, rest, (webSocket) => {
      opened = true;
      this.#hold(webSocket, frames, facts, authorizer);
      // What came in whole before it is read by ws first.
      long = () => process.nextTick(() => webSocket.close(1009, 'Frame too long'));
    });
    if (!opened) void this.#running.track(this.#forget(facts, authorizer));
  }

  #hold(
    webSocket: WebSocket,
    frames: FrameWatch,
    facts: ConnectionFacts,
    authorizer: AuthorizerContext | undefined,
  ): void {
    const connection = new Connection(webSocket, frames, facts, authorizer, this.#wiring);
    this.#connections.set(facts.connectionId, connection);
    webSocket.on('close', (code, reason) => {
      this.#connections.delete(facts.connectionId);
      void this.#running.track(this.#tell(() => connection.disconnected(code, reason.toString())));
    });
  }

  /** Of a disconnection, unless a fault keeps it back; a stop does not wait for a late one. */
  async #tell(disconnected: () => Promise<void>): Promise<void> {
    const { faults } = this.#wiring;
    if (faults?.strikes('disconnect-missing')) return;
    if (faults?.strikes('disconnect-late')) {
      await pause(faults.disconnectDelayMs(), undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
    await disconnected();
  }

  #cutOver(): void {
    const now = Date.now();
    for (const connection of this.#connections.values()) {
      // That AWS uses this code and these words for both is inferred from what its $disconnect events say.
      if (connection.open && isOver(connection, now, this.#quotas)) connection.close(1001, 'Going away');
    }
  }

  /** The client left while `$connect` was running: the function that let it in hears of it. */
  async #forget(facts: ConnectionFacts, authorizer: AuthorizerContext | undefined): Promise<void> {
    const { disconnect, integrate } = this.#wiring;
    if (!disconnect) return;
    const event = disconnectEvent(facts, 1006, 'Connection closed abnormally', authorizer);
    await this.#tell(async () => {
      await integrate(disconnect.uri, event, disconnect.timeoutMs);
    });
  }
}

function selection(api: Resource) {
  const { RouteSelectionExpression } = readProperties(api, apiShape);
  try {
    return routeSelection(RouteSelectionExpression);
  } catch (cause) {
    return refuse(api, cause instanceof Error ? cause.message : String(cause));
  }
}

function stagesOf(assembly: Assembly, api: Resource): ReadonlySet<string> {
  const stages = ofApi(assembly, 'AWS::ApiGatewayV2::Stage', api).map(
    (stage) => readProperties(stage, z.object({ StageName: z.string() })).StageName,
  );
  if (stages.length === 0) refuse(api, 'it has no stage, so nobody could reach it');
  return new Set(stages);
}

function isTwoWay(assembly: Assembly, resource: Resource, route: z.output<typeof routeShape>): boolean {
  return (
    route.RouteResponseSelectionExpression !== undefined ||
    assembly
      .ofType('AWS::ApiGatewayV2::RouteResponse')
      .some(({ properties }) => properties.RouteId === resource.physicalId)
  );
}
