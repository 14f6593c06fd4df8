import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';

const code = readFileSync(join(import.meta.dirname, '../../lib/edge/charger-path.js'), 'utf8');
const world = createContext({});
runInContext(code, world);

const value = z.strictObject({ value: z.string() });
const outcomeShape = z.union([
  z.strictObject({ statusCode: z.number(), statusDescription: z.string() }),
  z.strictObject({
    method: z.string(),
    uri: z.string(),
    querystring: z.record(z.string(), value),
    headers: z.record(z.string(), value),
    cookies: z.record(z.string(), value),
  }),
]);

const notFound = { statusCode: 404, statusDescription: 'Not Found' };

describe('a charger path', () => {
  test.each([
    ['/ocpp/CP001', 'CP001'],
    ['/ocpp/CP%20001', 'CP%20001'],
    ['/ocpp/%c3%a4', '%c3%a4'],
    ['/ocpp/a+b', 'a%2Bb'],
    ['/ocpp/a&id=b', 'a%26id%3Db'],
    ['/ocpp/a;b=c', 'a%3Bb%3Dc'],
    ['/ocpp/a%26b', 'a%26b'],
    ['/ocpp/a%2Fb', 'a%2Fb'],
    ['/ocpp/a%252Fb', 'a%252Fb'],
    ['/ocpp/%E2%82%AC', '%E2%82%AC'],
    ['/ocpp/€', '%E2%82%AC'],
    ['/ocpp/😀', '%F0%9F%98%80'],
  ])('%s becomes the id %s at the root of the stage', (uri, id) => {
    const outcome = run({ uri });

    expect(outcome).toMatchObject({ uri: '/', querystring: { id: { value: id } } });
  });

  test.each([
    '/',
    '/ocpp',
    '/ocpp/',
    '/ocpp//',
    '/ocpp//CP001',
    '/ocpp/CP001/',
    '/ocpp/CP001/more',
    '/OCPP/CP001',
    '/xocpp/CP001',
    '/x/ocpp/CP001',
    '/CP001',
    '/@connections/abc',
    '/ocpp/%',
    '/ocpp/100%',
    '/ocpp/%GG',
    '/ocpp/%ff',
    '/ocpp/%C0%AF',
  ])('%s is no charger, and is not found', (uri) => {
    const outcome = run({ uri });

    expect(outcome).toEqual(notFound);
  });

  test.each(['id', 'ID', '%69d', 'i%64', '%69%64', '%2569d', 'id[]', ' id', 'token'])(
    'lets nothing through that the client wrote as %s into its query string',
    (name) => {
      const outcome = run({ uri: '/ocpp/CP001', querystring: { [name]: { value: 'CP999' } } });

      expect(outcome).toMatchObject({ querystring: { id: { value: 'CP001' } } });
      expect(JSON.stringify(outcome)).not.toContain('CP999');
    },
  );

  test('cannot be passed off as a path that came from CloudFront, and keeps what the handshake needs', () => {
    const headers = {
      authorization: { value: 'Basic Q1AwMDE6c2VjcmV0' },
      'sec-websocket-protocol': { value: 'ocpp1.6, ocpp1.5' },
    };

    const outcome = run({
      uri: '/ocpp/CP001',
      headers: { ...headers, 'x-chargeline-origin-key': { value: 'guessed' } },
    });

    expect(outcome).toMatchObject({ method: 'GET', headers });
    expect(JSON.stringify(outcome)).not.toContain('guessed');
  });

  test('carries any identity to the authorizer unchanged, however the charger encoded it', () => {
    const identity = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 48 }).filter((text) => text.isWellFormed());
    const spellings = [encodeURIComponent, allEncoded, barelyEncoded] as const;

    fc.assert(
      fc.property(identity, fc.constantFrom(...spellings), (text, spelling) => {
        const segment = spelling(text);

        const outcome = run({ uri: `/ocpp/${segment}` });

        const id = 'querystring' in outcome ? outcome.querystring.id?.value : undefined;
        expect(id).toMatch(/^[\x21-\x7e]+$/);
        expect(new URLSearchParams(`id=${id}`).getAll('id')).toEqual([decodeURIComponent(segment)]);
        expect([...new URLSearchParams(`id=${id}`).keys()]).toEqual(['id']);
      }),
    );
  });

  test('never makes the function throw, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (path) => {
        const outcome = run({ uri: `/ocpp/${path}` });

        expect('statusCode' in outcome ? outcome : outcome.uri).toEqual('statusCode' in outcome ? notFound : '/');
      }),
    );
  });
});

interface Request {
  uri: string;
  querystring?: Record<string, { value: string }>;
  headers?: Record<string, { value: string }>;
}

function run({ uri, querystring = {}, headers = {} }: Request) {
  world.event = JSON.stringify({
    version: '1.0',
    context: { eventType: 'viewer-request' },
    viewer: { ip: '198.51.100.7' },
    request: { method: 'GET', uri, querystring, headers, cookies: {} },
  });
  return outcomeShape.parse(
    JSON.parse(z.string().parse(runInContext('JSON.stringify(handler(JSON.parse(event)))', world))),
  );
}

/** Every byte as %XX. */
function allEncoded(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** As little encoding as a path needs: + & = ; and the like stay as they are. */
function barelyEncoded(text: string): string {
  return encodeURI(text).replace(/[/?#]/g, encodeURIComponent);
}
