import crypto from 'node:crypto';
import querystring from 'node:querystring';
import { createContext, Script } from 'node:vm';
import * as z from 'zod';
import { type Header, headerValues, type RequestHead } from '#local/gateway/request-head.ts';

/** What a viewer-request function makes of a request: another request, or the answer to it. */
type Outcome =
  | { kind: 'request'; head: RequestHead; originId: string | undefined }
  | { kind: 'response'; status: number; headers: Header[]; body: Buffer };

export type ViewerRequest = (head: RequestHead) => Promise<Outcome>;

/** Longest run of a function's synchronous part. CloudFront itself allows about a millisecond. */
const timeoutMs = 500;
/** A run has a watch of its own, which is a thread, and takes longer than most functions: what comes within so long of the last run has one together. */
const togetherMs = 25;

/** CloudFront keeps these from functions; they travel past them untouched. */
const hidden =
  /^(connection|expect|keep-alive|proxy-auth\w+|proxy-connection|trailer|transfer-encoding|upgrade|x-accel-.*|x-amz-cf-.*|x-amzn-.*|x-cache|x-edge-.*|x-forwarded-proto|x-real-ip)$/;

const field = z.object({ value: z.string() });
const fields = z.record(z.string(), field.extend({ multiValue: z.array(field).optional() }));
type Fields = z.output<typeof fields>;

const requestShape = z.object({
  method: z.string(),
  uri: z.string().startsWith('/'),
  querystring: fields.default({}),
  headers: fields.default({}),
  cookies: fields.default({}),
});
const bodyShape = z.union([
  z.string().transform((data) => Buffer.from(data)),
  z
    .object({ encoding: z.enum(['text', 'base64']).default('text'), data: z.string() })
    .transform(({ encoding, data }) => Buffer.from(data, encoding === 'text' ? 'utf8' : 'base64')),
]);
const responseShape = z.object({
  statusCode: z.int().min(100).max(599),
  headers: fields.default({}),
  cookies: fields.default({}),
  body: bodyShape.default(Buffer.alloc(0)),
});

/** The modules that the cloudfront-js-2.0 runtime has, as far as they are emulated. */
const modules: Partial<Record<string, unknown>> = { crypto, querystring, buffer: { Buffer } };

const importLine = /^import\s+(\w+)\s+from\s+['"](\w+)['"];?[^\S\n]*$/gm;

/** What of the runtime's own module is emulated: an origin is selected by its id, before anything is awaited. */
const cloudfrontModule = `
  const __cloudfront = {
    selected: undefined,
    running: false,
    selectRequestOriginById(id) {
      if (!__cloudfront.running) throw new Error('an origin that is selected after an await is not emulated here');
      __cloudfront.selected = String(id);
    },
  };
  function __call(event) {
    __cloudfront.selected = undefined;
    __cloudfront.running = true;
    try {
      const outcome = handler(event);
      const originId = __cloudfront.selected;
      return Promise.resolve(outcome).then((result) => JSON.stringify({ result, originId }));
    } finally {
      __cloudfront.running = false;
    }
  }
  // In and out as text: no object of this process reaches the function's world.
  function __calls(events) {
    return JSON.parse(events).map((event) => {
      const outcome = (async () => __call(event))();
      // Whoever asked handles it, unless a later one never comes to an end.
      outcome.catch(() => {});
      return outcome;
    });
  }`;

const callShape = z.object({ result: z.unknown(), originId: z.string().optional() });

/** Runs a function's own code, as the cloudfront-js-2.0 runtime does. Throws when the code is not valid. */
export function viewerRequest(code: string, name: string): ViewerRequest {
  const context = createContext({
    Buffer,
    atob,
    btoa,
    console,
    require(module: string) {
      if (!modules[module]) throw new Error(`the CloudFront Functions runtime has no module '${module}' here`);
      return modules[module];
    },
  });
  new Script(cloudfrontModule).runInContext(context);
  // It is a module, and a script here: lines stay where they are.
  const script = code.replace(importLine, (_, as: string, module: string) =>
    module === 'cloudfront' ? `const ${as} = __cloudfront;` : `const ${as} = require('${module}');`,
  );
  new Script(script, { filename: name }).runInContext(context, { timeout: timeoutMs });
  if (!new Script('typeof handler === "function"').runInContext(context)) throw new Error('it has no function handler');
  const calls = new Script('__calls(__events)');
  const call = together((events) => {
    context.__events = JSON.stringify(events);
    return calls.runInContext(context, { timeout: timeoutMs });
  });

  return async (head) => {
    const text = z.string().parse(await call(eventOf(head)));
    const { result, originId } = callShape.parse(JSON.parse(text));

    if (typeof result === 'object' && result !== null && 'statusCode' in result) {
      const { statusCode: status, headers, cookies, body } = responseShape.parse(result);
      return { kind: 'response', status, headers: [...listed(headers), ...setCookies(cookies)], body };
    }
    return { kind: 'request', head: requestOf(head, requestShape.parse(result)), originId };
  };
}

/** Runs what is asked for within a moment in one. Where that throws, each runs alone: what one asks for is no failure of the others. */
function together(run: (events: readonly unknown[]) => readonly unknown[]): (event: unknown) => Promise<unknown> {
  interface Asked {
    event: unknown;
    resolve(answer: unknown): void;
    reject(cause: unknown): void;
  }
  let asked: Asked[] = [];
  let ranAtMs = Number.NEGATIVE_INFINITY;

  function runOf(batch: readonly Asked[]): void {
    try {
      const answers = run(batch.map(({ event }) => event));
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index]);
    } catch (cause) {
      if (batch.length > 1) for (const each of batch) runOf([each]);
      else batch[0]?.reject(cause);
    }
  }
  function runAll(): void {
    const batch = asked;
    asked = [];
    ranAtMs = performance.now();
    runOf(batch);
  }
  return (event) =>
    new Promise((resolve, reject) => {
      asked.push({ event, resolve, reject });
      if (asked.length > 1) return;
      const early = ranAtMs + togetherMs - performance.now();
      if (early > 0) setTimeout(runAll, early);
      else runAll();
    });
}

function eventOf(head: RequestHead) {
  const shown = head.headers.filter(([name]) => !hidden.test(name.toLowerCase()) && name.toLowerCase() !== 'cookie');
  const cookies = head.headers
    .filter(([name]) => name.toLowerCase() === 'cookie')
    .flatMap(([, value]) => value.split(/;\s*/));
  return {
    version: '1.0',
    context: { eventType: 'viewer-request' },
    viewer: { ip: head.sourceIp },
    request: {
      method: head.method,
      uri: head.path,
      querystring: grouped(pairs(head.query.split('&').filter((text) => text !== ''))),
      headers: grouped(Array.from(headerValues(shown), ([name, values]) => [name.toLowerCase(), values.join(',')])),
      cookies: grouped(pairs(cookies)),
    },
  };
}

/** `a=b` texts as they are: CloudFront decodes nothing. */
function pairs(texts: readonly string[]): Header[] {
  return texts.map((text) => {
    const mark = text.indexOf('=');
    return mark < 0 ? [text, ''] : [text.slice(0, mark), text.slice(mark + 1)];
  });
}

function grouped(values: readonly Header[]): Fields {
  const byName = new Map<string, { value: string; multiValue?: { value: string }[] }>();
  for (const [name, value] of values) {
    const seen = byName.get(name);
    byName.set(
      name,
      seen ? { ...seen, multiValue: [...(seen.multiValue ?? [{ value: seen.value }]), { value }] } : { value },
    );
  }
  return Object.fromEntries(byName);
}

function requestOf(head: RequestHead, request: z.output<typeof requestShape>): RequestHead {
  const query = listed(request.querystring)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  if (!/^[\x21-\x7e]*$/.test(request.uri + query))
    throw new Error('the function made a URI with characters that no URI has');

  const spelling = new Map(head.headers.map(([name]) => [name.toLowerCase(), name]));
  const cookies = listed(request.cookies).map(([name, value]) => `${name}=${value}`);
  return {
    ...head,
    path: request.uri,
    query,
    headers: [
      ...head.headers.filter(([name]) => hidden.test(name.toLowerCase())),
      ...listed(request.headers).map(([name, value]): Header => [spelling.get(name) ?? name, value]),
      ...(cookies.length > 0 ? [['Cookie', cookies.join('; ')] satisfies Header] : []),
    ],
  };
}

function listed(values: Fields): Header[] {
  return Object.entries(values).flatMap(([name, { value, multiValue }]) =>
    (multiValue ?? [{ value }]).map((each): Header => [name, each.value]),
  );
}

function setCookies(cookies: Fields): Header[] {
  return listed(cookies).map(([name, value]) => ['set-cookie', `${name}=${value}`]);
}
