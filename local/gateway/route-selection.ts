/** Tells the route key that a message selects; '' when it selects none. */
export type SelectRoute = (body: string) => string;

/**
 * A WebSocket API's RouteSelectionExpression: `$request.body.action`, `$request.body.[2]`, `$request.body[2].name`,
 * or text with such paths in `${…}`.
 */
export function routeSelection(expression: string): SelectRoute {
  const parts = expression.includes('${') ? templateParts(expression) : [pathOf(expression, expression)];

  return (body) => {
    const parsed = parseJson(body);
    return parts.map((part) => (typeof part === 'string' ? part : textAt(parsed, part))).join('');
  };
}

function templateParts(expression: string): (string | string[])[] {
  return expression
    .split(/(\$\{[^}]*\})/)
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('${') ? pathOf(part.slice(2, -1), expression) : part));
}

function pathOf(selector: string, expression: string): string[] {
  const steps = /^\$?request\.body((?:\.?\[\d+\]|\.[\w$-]+)*)$/.exec(selector.trim())?.[1];
  if (steps === undefined) throw new Error(`RouteSelectionExpression '${expression}' is not one that is emulated here`);
  return Array.from(steps.matchAll(/\[(\d+)\]|\.([\w$-]+)/g), ([, index, name]) => index ?? name ?? '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textAt(value: unknown, path: readonly string[]): string {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return '';
    at = Reflect.get(at, step);
  }
  if (at === undefined || at === null) return '';
  return typeof at === 'object' ? JSON.stringify(at) : String(at);
}
