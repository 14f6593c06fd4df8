import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, sendJson } from '#local/gateway/http-exchange.ts';
import { type RequestHead, withoutMapping } from '#local/gateway/request-head.ts';
import type { WebSocketApi } from '#local/gateway/websocket-api.ts';
import type { Connection } from '#local/gateway/websocket-connection.ts';

type ManagementApi = (head: RequestHead, req: IncomingMessage, res: ServerResponse) => Promise<void>;

/**
 * The `@connections` API, at `/@management/<apiId>/<stage>/@connections/<connectionId>`: the unmodified AWS SDK client
 * is pointed to `/@management/<apiId>/<stage>`. Signatures are not checked, but a request must come signed and from this machine.
 */
export function managementApi(apis: readonly WebSocketApi[], messageBytes: number): ManagementApi {
  return async (head, req, res) => {
    if (!isLocalPeer(req) || !/^AWS4-HMAC-SHA256 /.test(req.headers.authorization ?? '')) {
      return sendError(res, 403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
    }

    const [apiId, stage, collection, connectionId, ...more] = segments(head.path).slice(1);
    const api = apis.find(({ id, stages }) => id === apiId && stages.has(stage ?? ''));
    if (!api || stage === undefined || collection !== '@connections' || !connectionId || more.length > 0) {
      return sendError(res, 403, 'ForbiddenException', 'Forbidden');
    }
    const connection = api.find(stage, connectionId);

    switch (head.method) {
      case 'POST':
        return post(connection, messageBytes, req, res);
      case 'GET':
        return get(connection, res);
      case 'DELETE':
        return remove(connection, res);
      default:
        return sendError(res, 403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
    }
  };
}

async function post(
  connection: Connection | undefined,
  messageBytes: number,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const body = await readBody(req, messageBytes);
  if (!body) return sendError(res, 413, 'PayloadTooLargeException', 'Message too long');
  if (!connection?.send(body.toString())) return gone(res);
  sendJson(res, 200, {});
}

function get(connection: Connection | undefined, res: ServerResponse): void {
  if (connection?.open) sendJson(res, 200, describe(connection));
  else gone(res);
}

function describe({ facts, lastActiveAt }: Connection) {
  return {
    connectedAt: new Date(facts.connectedAt).toISOString(),
    lastActiveAt: new Date(lastActiveAt).toISOString(),
    identity: { sourceIp: facts.sourceIp, userAgent: facts.userAgent ?? '' },
  };
}

function remove(connection: Connection | undefined, res: ServerResponse): void {
  if (connection?.open) {
    connection.close(1000, 'Connection Closed Normally');
    res.writeHead(204).end();
  } else {
    gone(res);
  }
}

function gone(res: ServerResponse): void {
  sendError(res, 410, 'GoneException', 'The connection is gone');
}

function sendError(res: ServerResponse, status: number, type: string, message: string): void {
  sendJson(res, status, { message }, { 'x-amzn-errortype': type });
}

/** Functions run on this machine; nobody else may speak for them. */
function isLocalPeer({ socket }: IncomingMessage): boolean {
  const peer = withoutMapping(socket.remoteAddress ?? '');
  return peer === withoutMapping(socket.localAddress ?? '') || peer.startsWith('127.') || peer === '::1';
}

function segments(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((segment) => {
      try {
        return decodeURIComponent(segment);
      } catch {
        return segment;
      }
    });
}
