import type { IncomingMessage } from 'node:http';
import { withoutMapping } from '#local/gateway/request-head.ts';

/** Whether a listener on this host is reached from this machine only. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || isLoopbackAddress(host.replace(/^\[(.*)\]$/, '$1'));
}

function isLoopbackAddress(address: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(withoutMapping(address)) || address === '::1';
}

/**
 * Why a request may not use what is meant for the person at this machine; undefined when it may.
 * The peer's address alone is not enough: a web page in that person's browser has it too. A page under a name of its
 * own that was rebound to 127.0.0.1 is told by Host, a page of another site by Origin.
 */
export function loopbackObjection(req: IncomingMessage): string | undefined {
  if (!isLoopbackAddress(req.socket.remoteAddress ?? '')) return 'Only for requests from this machine';

  const host = req.headers.host?.toLowerCase();
  if (host === undefined || !/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host)) {
    return 'Only under the name 127.0.0.1, localhost or [::1]';
  }

  const { origin } = req.headers;
  if (origin !== undefined && origin.toLowerCase() !== `http://${host}`) return 'Not for pages of another origin';
  return undefined;
}
