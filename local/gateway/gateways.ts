import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { refuse } from '#local/assembly/template-resource.ts';
import type { Faults } from '#local/faults/faults.ts';
import type { BucketOrigins } from '#local/files/bucket-origins.ts';
import { type Behaviour, cloudFront } from '#local/gateway/cloudfront.ts';
import { ConnectRate } from '#local/gateway/connect-rate.ts';
import { httpApi } from '#local/gateway/http-api.ts';
import { sendJson } from '#local/gateway/http-exchange.ts';
import { integrations } from '#local/gateway/integrations.ts';
import { localEndpoints } from '#local/gateway/local-endpoints.ts';
import { managementApi } from '#local/gateway/management-api.ts';
import { type WebSocketQuotas, webSocketQuotas } from '#local/gateway/quotas.ts';
import { headOf, type RequestHead } from '#local/gateway/request-head.ts';
import { Running } from '#local/gateway/running.ts';
import { personShape, type Token, userPools } from '#local/gateway/token.ts';
import { answerUpgrade, refuseUpgrade } from '#local/gateway/upgrade.ts';
import { WebSocketApi } from '#local/gateway/websocket-api.ts';
import type { Assembly, Functions } from '#local/parts.ts';

export interface Gateways {
  handleRequest(req: IncomingMessage, res: ServerResponse): Promise<void>;
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Throws on claims that `POST /local/token` would refuse. */
  mintToken(claims: { email: string; role: string; organisationId?: string }): Promise<Token>;
  /** Takes nothing new, lets what runs come to its end and be answered, then closes every connection with 1001. */
  stop(): Promise<void>;
}

/** Longest wait for what runs, once before the connections are closed, and once for what that starts. */
const drainMs = 5_000;

const noBuckets: BucketOrigins = () => undefined;

export interface GatewayOptions {
  /** As given to `--host`: `/local/*` is off unless it is a loopback one. */
  host: string;
  port: () => number;
  /** Where the signing key is kept. */
  dataDir: string;
  /** Where distributions find their buckets. */
  buckets?: BucketOrigins;
  quotas?: Partial<WebSocketQuotas>;
  faults?: Faults;
  drainMs?: number;
  log?: (line: string) => void;
}

/** Every entrance of the templates behind one port. Throws on what the templates have and this does not emulate. */
export async function gateways(assembly: Assembly, functions: Functions, opts: GatewayOptions): Promise<Gateways> {
  const { faults } = opts;
  const log = opts.log ?? ((line: string) => process.stderr.write(`${line}\n`));
  const quotas = { ...webSocketQuotas, ...opts.quotas };
  const connectRate = new ConnectRate(quotas.connectsPerS, () => performance.now());
  const running = new Running();
  const integrate = integrations(functions, running);
  const pools = await userPools(assembly, opts.dataDir);

  const apis = assembly.ofType('AWS::ApiGatewayV2::Api');
  const ofProtocol = (type: string) => apis.filter(({ properties }) => properties.ProtocolType === type);
  const webSocketApis = ofProtocol('WEBSOCKET').map(
    (api) => new WebSocketApi(assembly, api, { integrate, running, quotas, connectRate, faults, log }),
  );
  const httpApis = ofProtocol('HTTP').map((api) => httpApi(assembly, api, pools, integrate));
  for (const api of apis) {
    if (!['WEBSOCKET', 'HTTP'].includes(String(api.properties.ProtocolType)))
      refuse(api, 'its protocol is not emulated');
  }

  const distributions = cloudFront(
    assembly,
    apis.map(({ physicalId }) => physicalId),
    opts.buckets ?? noBuckets,
    log,
  );
  const local = localEndpoints(opts.host, pools.mint, functions, () => ({
    ...(faults && { seed: faults.seed }),
    items: faults?.report() ?? [],
  }));
  const management = managementApi(webSocketApis, quotas.messageBytes);

  async function dispatch(head: RequestHead, req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (head.path.startsWith('/local/')) return local(head, req, res);
    if (head.path.startsWith('/@management/')) return management(head, req, res);

    const behaviour = distributions.behaviourFor(head.path);
    if (behaviour) return throughCloudFront(behaviour, head, req, res);
    const api = httpApis.find((each) => each.claims(head));
    if (api) return api.answer(head, req, res);
    if (webSocketApis.some((each) => each.stageOf(head.path))) return sendJson(res, 403, { message: 'Forbidden' });
    if (distributions.defaultBehaviour) return throughCloudFront(distributions.defaultBehaviour, head, req, res);
    sendJson(res, 404, { message: 'Not Found' });
  }

  async function throughCloudFront(behaviour: Behaviour, head: RequestHead, req: IncomingMessage, res: ServerResponse) {
    const passage = await behaviour(head);
    if (passage.kind === 'answer') {
      for (const [name, value] of passage.headers) res.appendHeader(name, value);
      res.writeHead(passage.status).end(passage.body);
      return;
    }
    for (const [name, value] of passage.added) res.setHeader(name, value);
    if (passage.kind === 'bucket') return passage.answer(passage.head, req, res);
    const api = httpApis.find(({ id }) => id === passage.apiId);
    // A WebSocket API has nothing to say to a plain request.
    if (!api) return sendJson(res, 403, { message: 'Forbidden' });
    await api.answer(passage.head, req, res);
  }

  async function dispatchUpgrade(req: IncomingMessage, socket: Duplex, rest: Buffer): Promise<void> {
    // Until somebody takes it over, nobody else listens for a reset by the client.
    socket.on('error', () => {});
    // Before anything is done for it: who is refused comes again.
    if (webSocketApis.length > 0 && webSocketApis.every(({ isFull }) => isFull)) return refuseUpgrade(socket, 429);
    const head = headOf(req);
    const direct = webSocketApis.find((each) => each.stageOf(head.path));
    const behaviour = distributions.behaviourFor(head.path) ?? (direct ? undefined : distributions.defaultBehaviour);
    if (!behaviour) return enter(direct, head, req, socket, rest);

    const passage = await behaviour(head);
    if (passage.kind === 'answer') return answerUpgrade(socket, passage.status, passage.headers, passage.body);
    // A bucket has nothing to say to an upgrade.
    if (passage.kind === 'bucket') return refuseUpgrade(socket, 403);
    return enter(
      webSocketApis.find(({ id }) => id === passage.apiId),
      passage.head,
      req,
      socket,
      rest,
    );
  }

  async function enter(
    api: WebSocketApi | undefined,
    head: RequestHead,
    req: IncomingMessage,
    socket: Duplex,
    rest: Buffer,
  ): Promise<void> {
    const stage = api?.stageOf(head.path);
    if (!api || stage === undefined) return refuseUpgrade(socket, 403);
    await api.upgrade(stage, head, req, socket, rest);
  }

  let stopping = false;
  return {
    async handleRequest(req, res) {
      // Functions that still run may still speak to connections.
      if (stopping && !req.url?.startsWith('/@management/')) {
        return sendJson(res, 503, { message: 'Service Unavailable' }, { connection: 'close' });
      }
      try {
        await running.track(dispatch(headOf(req), req, res));
      } catch (cause) {
        log(`${req.method} ${req.url} failed: ${cause}`);
        if (res.headersSent) res.destroy();
        else sendJson(res, 500, { message: 'Internal Server Error' });
      }
    },

    async handleUpgrade(req, socket, head) {
      try {
        await dispatchUpgrade(req, socket, head);
      } catch (cause) {
        log(`The upgrade of ${req.url} failed: ${cause}`);
        refuseUpgrade(socket, 500);
      }
    },

    async mintToken(claims) {
      if (!pools.mint) throw new Error('The templates have no user pool with a client');
      return pools.mint(personShape.parse(claims));
    },

    async stop() {
      stopping = true;
      for (const api of webSocketApis) api.takeNoMore();
      await running.idle(opts.drainMs ?? drainMs);
      await Promise.all(webSocketApis.map((api) => api.stop()));
      await running.idle(opts.drainMs ?? drainMs);
    },
  };
}
