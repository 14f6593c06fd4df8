/** A route of an HTTP API: `GET /chargers/{id}`, `ANY /{proxy+}` or `$default`. */
export interface RouteKey {
  key: string;
  method: string;
  /** Undefined for `$default`. */
  segments: readonly Segment[] | undefined;
}

type Segment = { text: string; kind: 'literal' | 'parameter' | 'greedy' };

const kinds = ['literal', 'parameter', 'greedy'];

export function routeKey(key: string): RouteKey {
  if (key === '$default') return { key, method: 'ANY', segments: undefined };
  const [, method, path] = /^([A-Z]+) \/(\S*)$/.exec(key) ?? [];
  if (method === undefined || path === undefined) throw new Error(`'${key}' is no route key`);
  return { key, method, segments: path.split('/').map(segment) };
}

function segment(text: string): Segment {
  const [, name, plus] = /^\{([^{}+]+)(\+?)\}$/.exec(text) ?? [];
  if (name === undefined) return { text, kind: 'literal' };
  return { text: name, kind: plus ? 'greedy' : 'parameter' };
}

/** The more specific route first: by path, segment for segment, then a named method before ANY; `$default` last. */
export function bySpecificity(a: RouteKey, b: RouteKey): number {
  if (!a.segments || !b.segments) return Number(!a.segments) - Number(!b.segments);
  for (let at = 0; at < Math.max(a.segments.length, b.segments.length); at++) {
    const difference = rank(a.segments[at]) - rank(b.segments[at]);
    if (difference !== 0) return difference;
  }
  return Number(a.method === 'ANY') - Number(b.method === 'ANY');
}

function rank(segment: Segment | undefined): number {
  return segment ? kinds.indexOf(segment.kind) : kinds.length;
}

/** The path parameters, still percent-encoded, where the route fits; undefined where it does not. */
export function matchRoute(route: RouteKey, method: string, path: string): Record<string, string> | undefined {
  if (route.method !== 'ANY' && route.method !== method) return undefined;
  if (!route.segments) return {};

  const given = path.split('/').slice(1);
  const parameters: [string, string][] = [];
  for (const [at, { text, kind }] of route.segments.entries()) {
    const value = kind === 'greedy' ? given.slice(at).join('/') : given[at];
    if (value === undefined) return undefined;
    if (kind === 'literal' && value !== text) return undefined;
    if (kind !== 'literal' && value === '') return undefined;
    if (kind !== 'literal') parameters.push([text, value]);
  }
  const fits = route.segments.at(-1)?.kind === 'greedy' || given.length === route.segments.length;
  return fits ? Object.fromEntries(parameters) : undefined;
}
