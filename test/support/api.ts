import * as z from 'zod';
import { type OperationId, routes } from '#shared/http/index.ts';
import { problem } from '#shared/http/schemas.ts';

interface Request {
  params?: Record<string, string>;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
}

type OkOf<Id extends OperationId> = (typeof routes)[Id]['ok'];

/** The body of an operation's success. */
export type BodyOf<Id extends OperationId> = { [Status in keyof OkOf<Id>]: z.output<OkOf<Id>[Status]> }[keyof OkOf<Id>];

export type ListId = { [Id in OperationId]: BodyOf<Id> extends { items: unknown[] } ? Id : never }[OperationId];

type ItemOf<Id extends ListId> = BodyOf<Id> extends { items: (infer Item)[] } ? Item : never;

const list = z.object({ items: z.array(z.unknown()), next: z.string().nullable() });

/** The app API in the hands of one person. Every answer is held to its contract. */
export class Api {
  readonly #url: () => string;
  readonly #token: () => Promise<string>;

  /** Both are asked for each time: a cloud that is started again has another port. */
  constructor(url: () => string, token: () => Promise<string>) {
    this.#url = url;
    this.#token = token;
  }

  /** Rejects when it is refused. */
  async ask<Id extends OperationId>(id: Id, request: Request = {}): Promise<BodyOf<Id>> {
    return (await this.exchange(id, request)).body;
  }

  /** The same, with the status: a PUT that creates is told from one that updates. */
  async exchange<Id extends OperationId>(
    id: Id,
    request: Request = {},
  ): Promise<{ status: number; body: BodyOf<Id>; headers: Headers }> {
    const { status, headers, text } = await this.send(id, request);
    const contract: Record<number, z.ZodType> = routes[id].ok;
    const schema = contract[status];
    if (!schema) throw new Error(`${id}: ${status} ${text}`);
    return { status, headers, body: schema.parse(JSON.parse(text)) as BodyOf<Id> };
  }

  /** The problem with which it is refused. Rejects when it is not. */
  async refusal(id: OperationId, request: Request = {}): Promise<z.output<typeof problem>> {
    const { status, headers, text } = await this.send(id, request);
    const type = headers.get('content-type');
    if (status < 400 || type !== 'application/problem+json') throw new Error(`${id}: ${status} ${type} ${text}`);
    const body = problem.parse(JSON.parse(text));
    if (body.status !== status) throw new Error(`${id}: ${status}, but the problem says ${body.status}`);
    return body;
  }

  /** A list to its end, page by page. */
  async pages<Id extends ListId>(id: Id, request: Request = {}): Promise<ItemOf<Id>[][]> {
    const pages: ItemOf<Id>[][] = [];
    let next: string | null = null;
    do {
      const query = { ...request.query, ...(next !== null && { next }) };
      const page = list.parse(await this.ask(id, { ...request, query }));
      pages.push(page.items as ItemOf<Id>[]);
      next = page.next;
      if (pages.length > 100) throw new Error(`${id}: the list has no end`);
    } while (next !== null);
    return pages;
  }

  /** Whatever comes back. */
  async send(
    id: OperationId,
    { params = {}, query = {}, body, headers = {} }: Request = {},
  ): Promise<{ status: number; headers: Headers; text: string }> {
    const { method, path } = routes[id];
    const url = new URL(
      path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? '')),
      this.#url(),
    );
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const token = await this.#token();
    const response = await fetch(url, {
      method,
      headers: {
        ...headers,
        ...(token !== '' && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      // Text goes out as it is: not everything that is sent is JSON.
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
}
