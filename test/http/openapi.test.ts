import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { operationIds, routes } from '#shared/http/index.ts';
import { openApiDocument } from '#shared/http/openapi.ts';
import type { Route } from '#shared/http/route.ts';

/** What OpenAPI 3.1 demands of the objects that are used here; a property that it does not know has no place in it. */
const schema = z.record(z.string(), z.unknown());
const content = z.record(z.string(), z.strictObject({ schema }));
const operation = z.strictObject({
  operationId: z.string(),
  summary: z.string(),
  tags: z.array(z.string()).length(1),
  security: z.array(z.record(z.string(), z.array(z.string()).min(1))),
  parameters: z
    .array(
      z
        .strictObject({
          in: z.enum(['path', 'query']),
          name: z.string(),
          required: z.boolean().optional(),
          description: z.string().optional(),
          schema,
        })
        .refine((parameter) => parameter.in === 'query' || parameter.required === true),
    )
    .default([]),
  requestBody: z.strictObject({ required: z.literal(true), content }).optional(),
  responses: z.record(z.string().regex(/^[2-5]\d\d$/), z.strictObject({ description: z.string().min(1), content })),
});
const openApi = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    summary: z.string(),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  servers: z.array(z.strictObject({ url: z.string(), description: z.string() })).min(1),
  tags: z.array(z.strictObject({ name: z.string(), description: z.string() })),
  paths: z.record(z.string().startsWith('/'), z.partialRecord(z.enum(['get', 'put', 'post', 'delete']), operation)),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^[\w.-]+$/), schema),
    securitySchemes: z.record(
      z.string(),
      z.strictObject({
        type: z.literal('http'),
        scheme: z.literal('bearer'),
        bearerFormat: z.string(),
        description: z.string(),
      }),
    ),
  }),
});

const text = `${JSON.stringify(openApiDocument(), undefined, 2)}\n`;
const document = openApi.parse(JSON.parse(text));
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, it]) => ({ path, method, ...it })),
);

test('docs/openapi.json is the app API as it is', async () => {
  await expect(text).toMatchFileSnapshot(join(import.meta.dirname, '../../docs/openapi.json'));
});

describe('the document', () => {
  test('has every operation of the list once, under its own name', () => {
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual([...operationIds].sort());
  });

  test.each(operationIds)('tells of %s what its contract says: way in, parameters, body, and each status', (id) => {
    const route: Route = routes[id];

    const told = operationOf(id);

    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => `path ${name}`);
    const inQuery = Object.keys(route.query instanceof z.ZodObject ? route.query.shape : {}).map(
      (name) => `query ${name}`,
    );
    expect(told).toMatchObject({ path: route.path, method: route.method.toLowerCase(), summary: route.summary });
    expect(told.parameters.map((parameter) => `${parameter.in} ${parameter.name}`)).toEqual([...inPath, ...inQuery]);
    expect(told.requestBody !== undefined).toBe(route.method === 'PUT' || route.method === 'POST');
    expect(Object.keys(told.responses).map(Number)).toEqual(
      [...Object.keys(route.ok).map(Number), 400, 401, 403, ...route.errors, 500].sort(),
    );
  });

  test('answers refusals with a problem, but for the 401, which is the gateway’s', () => {
    const refusals = operations
      .flatMap(({ responses }) => Object.entries(responses))
      .filter(([status]) => status >= '4');

    const contents = new Set(
      refusals.map(([status, { content }]) => (status === '401' ? status : JSON.stringify(content))),
    );

    const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
    expect(contents).toEqual(new Set(['401', JSON.stringify(problem)]));
  });

  test('asks for a token with the role of the operation, everywhere', () => {
    expect(Object.keys(document.components.securitySchemes)).toEqual(['idToken']);
    for (const { operationId, security } of operations) {
      const route = routes[operationIds.find((id) => id === operationId) ?? 'getCharger'];
      expect(security).toEqual([{ idToken: [...route.roles] }]);
    }
  });

  test('has no reference that leads nowhere, no schema that nobody uses, and no tag without a word on it', () => {
    const referred = new Set([...text.matchAll(/"#\/components\/schemas\/([\w.-]+)"/g)].map(([, name]) => name));

    expect(referred).toEqual(new Set(Object.keys(document.components.schemas)));
    expect(new Set(operations.flatMap(({ tags }) => tags))).toEqual(new Set(document.tags.map(({ name }) => name)));
  });

  test('has schemas that are JSON Schema to the letter', () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    addFormats.default(ajv);
    // Where the references lead.
    ajv.addKeyword('components');

    const compiled = schemasOf(document).map((each) => ajv.compile({ ...each, components: document.components }));

    expect(compiled.length).toBeGreaterThan(50);
  });
});

describe('a password', () => {
  test('is sent, and never answered; nor is anything else that opens a door, but for a key that was just made', () => {
    const answered = operations.flatMap(({ operationId, responses }) =>
      Object.values(responses).flatMap(({ content }) => propertiesOf(content).map((name) => `${operationId} ${name}`)),
    );

    // The keys of a configuration are its names, and have none of the secret ones’ values.
    const isSecret = (name: string) =>
      /password|key|hash|salt|secret|pepper|token/i.test(name) && !/ keys?$/.test(name);
    const secrets = new Set(answered.filter(isSecret));

    expect(secrets).toEqual(new Set(['putCharger authorizationKeyHex', 'putNextCredential authorizationKeyHex']));
    expect(propertiesOf(operationOf('putCharger').requestBody)).toContain('password');
  });
});

function operationOf(id: string) {
  const found = operations.find(({ operationId }) => operationId === id);
  if (!found) throw new Error(`${id} is not in the document`);
  return found;
}

/** The names of all properties below, references followed. */
function propertiesOf(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([name, value]) => {
    const [, component] = name === '$ref' ? (/([^/]+)$/.exec(String(value)) ?? []) : [];
    if (component !== undefined) return propertiesOf(document.components.schemas[component]);
    return [...(name === 'properties' ? Object.keys(Object(value)) : []), ...propertiesOf(value)];
  });
}

/** Every schema, named or not. */
function schemasOf(part: unknown): Record<string, unknown>[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([name, value]) => {
    if (name === 'schema') return [schema.parse(value)];
    return name === 'schemas' ? z.array(schema).parse(Object.values(value)) : schemasOf(value);
  });
}
