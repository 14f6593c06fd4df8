import type { IncomingMessage } from 'node:http';

export type Header = readonly [name: string, value: string];

/** First line and headers of a request, on their way from the entrance to an API. */
export interface RequestHead {
  method: string;
  /** Without the query; percent-encoding as the client sent it. */
  path: string;
  /** After the '?', percent-encoding intact; '' when there is none. */
  query: string;
  /** In the client's order and casing. */
  headers: readonly Header[];
  sourceIp: string;
  /** As `HTTP/1.1`. */
  protocol: string;
}

export function headOf(req: IncomingMessage): RequestHead {
  const target = req.url ?? '/';
  const mark = target.indexOf('?');
  const headers: Header[] = [];
  for (let at = 0; at + 1 < req.rawHeaders.length; at += 2) {
    headers.push([req.rawHeaders[at] ?? '', req.rawHeaders[at + 1] ?? '']);
  }

  return {
    method: req.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    headers,
    sourceIp: withoutMapping(req.socket.remoteAddress ?? ''),
    protocol: `HTTP/${req.httpVersion}`,
  };
}

/** A dual-stack listener reports IPv4 peers as `::ffff:127.0.0.1`. */
export function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The last value sent under a name, whatever its casing. */
export function headerOf(headers: readonly Header[], name: string): string | undefined {
  const wanted = name.toLowerCase();
  return headers.findLast(([each]) => each.toLowerCase() === wanted)?.[1];
}

/** The headers with `added` in place of every header of the same name. */
export function withHeaders(headers: readonly Header[], added: readonly Header[]): Header[] {
  const replaced = new Set(added.map(([name]) => name.toLowerCase()));
  return [...headers.filter(([name]) => !replaced.has(name.toLowerCase())), ...added];
}

/** Values by header name; differently cased spellings of a name count as one, under its first spelling. */
export function headerValues(headers: readonly Header[]): Map<string, string[]> {
  const byName = new Map<string, { spelling: string; values: string[] }>();
  for (const [name, value] of headers) {
    const seen = byName.get(name.toLowerCase());
    if (seen) seen.values.push(value);
    else byName.set(name.toLowerCase(), { spelling: name, values: [value] });
  }
  return new Map(Array.from(byName.values(), ({ spelling, values }) => [spelling, values]));
}

/** Values by parameter, decoded: '+' is a space; a malformed percent sign stays as it is. */
export function queryValues(query: string): Map<string, string[]> {
  const byName = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    const seen = byName.get(name);
    if (seen) seen.push(value);
    else byName.set(name, [value]);
  }
  return byName;
}

/** What a gateway tells its integrations about the way a request came, in place of what the client claims. */
export function asForwarded(head: RequestHead): Header[] {
  const before = headerOf(head.headers, 'x-forwarded-for');
  return withHeaders(head.headers, [
    ['X-Forwarded-For', before ? `${before}, ${head.sourceIp}` : head.sourceIp],
    // The gateway's own endpoint always speaks TLS; functions are not to see that this one does not.
    ['X-Forwarded-Port', '443'],
    ['X-Forwarded-Proto', 'https'],
  ]);
}
