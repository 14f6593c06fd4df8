import type { IncomingMessage, ServerResponse } from 'node:http';
import type * as z from 'zod';
import { readBody, sendJson, sendProblem } from '#local/gateway/http-exchange.ts';
import { isLoopbackHost, loopbackObjection } from '#local/gateway/loopback.ts';
import type { RequestHead } from '#local/gateway/request-head.ts';
import { personShape, type UserPools } from '#local/gateway/token.ts';
import type { Functions } from '#local/parts.ts';

type LocalEndpoints = (head: RequestHead, req: IncomingMessage, res: ServerResponse) => Promise<void>;

const maxBodyBytes = 16 * 1024;

/** `/local/…`: what the cloud does not have. Off when the local cloud listens for other machines. */
export function localEndpoints(
  host: string,
  mint: UserPools['mint'],
  functions: Functions,
  faults: () => unknown,
): LocalEndpoints {
  const endpoints = new Map<
    string,
    { method: string; answer: (req: IncomingMessage, res: ServerResponse) => unknown }
  >();
  endpoints.set('/local/usage', {
    method: 'GET',
    answer: (_req, res) => sendJson(res, 200, { items: functions.usage() }),
  });
  endpoints.set('/local/cpu', { method: 'GET', answer: (_req, res) => answerCpu(functions, res) });
  endpoints.set('/local/faults', { method: 'GET', answer: (_req, res) => sendJson(res, 200, faults()) });
  if (mint) endpoints.set('/local/token', { method: 'POST', answer: (req, res) => answerToken(mint, req, res) });

  return async (head, req, res) => {
    const endpoint = isLoopbackHost(host) ? endpoints.get(head.path) : undefined;
    if (!endpoint) return sendProblem(res, 404, 'Not Found', `There is no ${head.path}`);

    const objection = loopbackObjection(req);
    if (objection) return sendProblem(res, 403, 'Forbidden', objection);
    if (head.method !== endpoint.method) {
      return sendProblem(res, 405, 'Method Not Allowed', `Use ${endpoint.method}`, { allow: endpoint.method });
    }
    await endpoint.answer(req, res);
  };
}

/** What this process, its main thread and each function took so far, in microseconds. */
async function answerCpu(functions: Functions, res: ServerResponse) {
  const items = await functions.cpu();
  const micros = ({ user, system }: NodeJS.CpuUsage) => user + system;
  sendJson(res, 200, {
    processMicros: micros(process.cpuUsage()),
    mainThreadMicros: micros(process.threadCpuUsage()),
    items,
  });
}

async function answerToken(mint: NonNullable<UserPools['mint']>, req: IncomingMessage, res: ServerResponse) {
  // A page of another site can send a form or text without asking first, but not JSON.
  if (!/^application\/json\s*(;|$)/i.test(req.headers['content-type'] ?? '')) {
    return sendProblem(res, 415, 'Unsupported Media Type', 'Send application/json');
  }
  const body = await readBody(req, maxBodyBytes);
  if (!body) return sendProblem(res, 413, 'Content Too Large', `At most ${maxBodyBytes} bytes`);

  const person = personShape.safeParse(parseJson(body.toString()));
  if (!person.success) return sendProblem(res, 400, 'Bad Request', describe(person.error));
  sendJson(res, 200, await mint(person.data), { 'cache-control': 'no-store' });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Each fault with its field's name, as `role: Invalid option …`. */
function describe({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message)).join('; ');
}
