import * as z from 'zod';

const problemShape = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), rule: z.string() })).optional(),
});

/** An answer of the app API that is not a success, in words for a person. */
export class Refused extends Error {
  override name = 'Refused';
}

export type ApiClient = (method: 'GET' | 'PUT', path: string, body?: unknown) => Promise<unknown>;

/** The app API through its public door. */
export function apiClient(url: string, tokenOf: () => Promise<string>): ApiClient {
  return async (method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${await tokenOf()}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (response.ok) return JSON.parse(answer);
    throw new Refused(explain(response.status, answer));
  };
}

function explain(status: number, answer: string): string {
  const problem = problemShape.safeParse(parseJson(answer));
  if (!problem.success) return `answered ${status}: ${answer.slice(0, 200)}`;
  const { title, detail, errors = [] } = problem.data;
  if (errors.length > 0) return errors.map(({ field, rule }) => `${field}: ${rule}`).join('; ');
  return detail ?? title ?? `answered ${status}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
