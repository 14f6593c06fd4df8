import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { randomId } from '#local/gateway/request-ids.ts';

/** Whether a request asks for a WebSocket as RFC 6455, section 4.2.1, has it. */
export function isHandshake(req: IncomingMessage): boolean {
  return (
    req.method === 'GET' &&
    req.headers.upgrade?.toLowerCase() === 'websocket' &&
    /^[+/0-9A-Za-z]{22}==$/.test(req.headers['sec-websocket-key'] ?? '') &&
    req.headers['sec-websocket-version'] === '13'
  );
}

/** A gateway's answer instead of an upgrade. The status goes through; details, and headers such as WWW-Authenticate, do not. */
export function refuseUpgrade(socket: Duplex, status: number, connectionId = randomId(), requestId = randomId()): void {
  const body = JSON.stringify({ message: STATUS_CODES[status] ?? 'Error', connectionId, requestId });
  answerUpgrade(socket, status, [['x-amzn-RequestId', requestId]], body);
}

export function answerUpgrade(
  socket: Duplex,
  status: number,
  headers: readonly (readonly [string, string])[],
  body: string | Buffer,
): void {
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const all = [
    ...(given.has('content-type') ? [] : [['Content-Type', 'application/json']]),
    ...headers.filter(([name]) => !/^(connection|content-length|transfer-encoding)$/i.test(name)),
    ['Content-Length', String(Buffer.byteLength(body))],
    ['Connection', 'close'],
  ];
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...all.map(([name, value]) => `${name}: ${value}`),
  ];

  socket.on('error', () => {});
  socket.once('finish', () => socket.destroy());
  socket.end(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)]));
}
