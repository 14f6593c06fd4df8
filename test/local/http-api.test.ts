import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import type { Resource } from '#local/parts.ts';
import {
  assemblyOf,
  fakeFunctions,
  functionArn,
  http,
  resource,
  route,
  serve,
  userPool,
} from '#test/support/gateway.ts';

const issuer = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool';

function lambda(name: string) {
  return { IntegrationUri: functionArn(name), PayloadFormatVersion: '2.0' };
}

function appApi(properties: Record<string, unknown> = {}, StageName = '$default'): Resource[] {
  const jwt = { AuthorizationType: 'JWT', AuthorizerId: 'jwt1' };
  return [
    ...userPool,
    resource('AWS::ApiGatewayV2::Api', 'app1', { ProtocolType: 'HTTP', ...properties }),
    resource('AWS::ApiGatewayV2::Stage', 'stage1', { ApiId: 'app1', StageName }),
    resource('AWS::ApiGatewayV2::Authorizer', 'jwt1', {
      ApiId: 'app1',
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: issuer, Audience: ['client1'] },
    }),
    ...route('app1', 'GET /api/things/{thingId}', 'getThing', jwt, lambda('getThing')),
    ...route('app1', 'GET /api/scoped', 'scoped', { ...jwt, AuthorizationScopes: ['things/read'] }, lambda('scoped')),
    ...route('app1', 'ANY /open', 'open', {}, lambda('open')),
  ];
}

const echo = (event: unknown) => event;
const code = { getThing: echo, scoped: echo, open: echo };

/** A token signed with the pool's own key, in whatever way a test wants it. */
async function sign(dataDir: string, claims: JWTPayload = {}, header: Record<string, unknown> = {}): Promise<string> {
  const jwk = JSON.parse(await readFile(join(dataDir, 'token-key.json'), 'utf8'));
  return new SignJWT({ iss: issuer, aud: 'client1', exp: nowS() + 60, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: jwk.kid, ...header })
    .sign(await importJWK(jwk, 'RS256'));
}

const nowS = () => Math.floor(Date.now() / 1000);

describe('a request', () => {
  test('reaches its function in payload format 2.0', async () => {
    const { authority, gateways } = await serve(assemblyOf(...appApi()), fakeFunctions(code));
    const { token } = await gateways.mintToken({ email: 'olga@example.com', role: 'operator' });

    const { status, text } = await http(authority, 'GET', '/api/things/a%2Fb?x=1&x=2&y=a+b%21', {
      authorization: `Bearer ${token}`,
      'X-Twice': ['one', 'two'],
      cookie: 'a=1; b=2',
      'user-agent': 'tests',
    });

    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      version: '2.0',
      routeKey: 'GET /api/things/{thingId}',
      rawPath: '/api/things/a%2Fb',
      rawQueryString: 'x=1&x=2&y=a+b%21',
      cookies: ['a=1', 'b=2'],
      headers: {
        authorization: `Bearer ${token}`,
        host: authority,
        'user-agent': 'tests',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': '443',
        'x-forwarded-proto': 'https',
        'x-twice': 'one,two',
      },
      queryStringParameters: { x: '1,2', y: 'a b!' },
      requestContext: {
        accountId: '111122223333',
        apiId: 'app1',
        authorizer: {
          jwt: {
            claims: expect.objectContaining({
              email: 'olga@example.com',
              email_verified: 'true',
              'cognito:groups': '[operator]',
              exp: expect.stringMatching(/^\d+$/),
              token_use: 'id',
            }),
            scopes: null,
          },
        },
        domainName: 'app1.execute-api.eu-central-1.amazonaws.com',
        domainPrefix: 'app1',
        http: {
          method: 'GET',
          path: '/api/things/a%2Fb',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'tests',
        },
        requestId: expect.any(String),
        routeKey: 'GET /api/things/{thingId}',
        stage: '$default',
        time: expect.any(String),
        timeEpoch: expect.any(Number),
      },
      pathParameters: { thingId: 'a/b' },
      isBase64Encoded: false,
    });
  });

  test.each([
    ['application/json', false, '{"ä":1}'],
    ['application/problem+json; charset=utf-8', false, '{"ä":1}'],
    ['text/plain', false, '{"ä":1}'],
    ['application/octet-stream', true, Buffer.from('{"ä":1}').toString('base64')],
    ['application/x-www-form-urlencoded', true, Buffer.from('{"ä":1}').toString('base64')],
  ])('with a body of type %s: base64 is %s', async (type, isBase64Encoded, body) => {
    const { authority } = await serve(assemblyOf(...appApi()), fakeFunctions(code));

    const { text } = await http(authority, 'POST', '/open', { 'content-type': type }, '{"ä":1}');

    expect(JSON.parse(text)).toMatchObject({ body, isBase64Encoded });
  });

  test.each([
    ['GET', '/api/things/1/more'],
    ['POST', '/api/things/1'],
    ['GET', '/open/'],
    ['GET', '/nowhere'],
  ])('%s %s has no route', async (method, path) => {
    const { authority } = await serve(assemblyOf(...appApi()), fakeFunctions(code));

    const { status, text } = await http(authority, method, path);

    expect({ status, text }).toEqual({ status: 404, text: '{"message":"Not Found"}' });
  });

  test('with a malformed path parameter is bad', async () => {
    const { authority } = await serve(assemblyOf(...appApi()), fakeFunctions(code));

    const { status } = await http(authority, 'GET', '/api/things/%E0%A4%A');

    expect(status).toBe(400);
  });

  test('of more than 10 MB is refused', async () => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(assemblyOf(...appApi()), functions);

    const { status } = await http(authority, 'POST', '/open', {}, Buffer.alloc(10 * 1024 * 1024 + 1));

    expect(status).toBe(413);
    expect(functions.events.size).toBe(0);
  });

  test('to a stage with a name has it as the first segment of its path', async () => {
    const { authority } = await serve(assemblyOf(...appApi({}, 'v1')), fakeFunctions(code));

    const within = await http(authority, 'GET', '/v1/open');
    const outside = await http(authority, 'GET', '/open');

    expect(JSON.parse(within.text)).toMatchObject({ rawPath: '/v1/open', requestContext: { stage: 'v1' } });
    expect(outside.status).toBe(404);
  });
});

describe('a function’s answer', () => {
  test('is sent with its status, headers and cookies', async () => {
    const open = () => ({
      statusCode: 201,
      headers: { 'content-type': 'application/problem+json', 'x-number': 7, connection: 'close' },
      cookies: ['a=1', 'b=2'],
      body: '{"ä":1}',
    });
    const { authority } = await serve(assemblyOf(...appApi()), fakeFunctions({ ...code, open }));

    const { status, headers, text } = await http(authority, 'GET', '/open');

    expect({ status, text }).toEqual({ status: 201, text: '{"ä":1}' });
    expect(headers).toMatchObject({
      'content-type': 'application/problem+json',
      'x-number': '7',
      'set-cookie': ['a=1', 'b=2'],
    });
  });

  test.each([
    ['base64', { statusCode: 200, body: 'w6Q=', isBase64Encoded: true }, 200, 'ä', 'text/plain;charset=UTF-8'],
    ['no status code', { hello: 1 }, 200, '{"hello":1}', 'application/json'],
    ['only text', 'hello', 200, 'hello', 'application/json'],
    [
      'a status code that is none',
      { statusCode: 'abc' },
      500,
      '{"message":"Internal Server Error"}',
      'application/json',
    ],
    [
      'a body that is no text',
      { statusCode: 200, body: {} },
      500,
      '{"message":"Internal Server Error"}',
      'application/json',
    ],
  ])('of %s', async (_case, answer, expectedStatus, expectedText, type) => {
    const { authority } = await serve(assemblyOf(...appApi()), fakeFunctions({ ...code, open: () => answer }));

    const { status, headers, text } = await http(authority, 'GET', '/open');

    expect({ status, text }).toEqual({ status: expectedStatus, text: expectedText });
    expect(headers['content-type']).toBe(type);
  });

  test('is 500 when there is none', async () => {
    const open = () => Promise.reject(new Error('secret'));
    const { authority } = await serve(assemblyOf(...appApi()), fakeFunctions({ ...code, open }));

    const { status, text } = await http(authority, 'GET', '/open');

    expect({ status, text }).toEqual({ status: 500, text: '{"message":"Internal Server Error"}' });
  });

  test('is 500 when its headers are none', async () => {
    const open = () => ({ statusCode: 200, headers: { 'x-split': 'a\r\nb: c' } });
    const { authority } = await serve(assemblyOf(...appApi()), fakeFunctions({ ...code, open }));

    const { status } = await http(authority, 'GET', '/open');

    expect(status).toBe(500);
  });
});

describe('a JWT authorizer', () => {
  test('lets a token of the pool in, with and without the word Bearer', async () => {
    const { authority, dataDir } = await serve(assemblyOf(...appApi()), fakeFunctions(code));
    const token = await sign(dataDir);

    const results = await Promise.all(
      [`Bearer ${token}`, `bearer ${token}`, token].map((authorization) =>
        http(authority, 'GET', '/api/things/1', { authorization }),
      ),
    );

    expect(results.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  test('accepts the client’s id as client_id where there is no audience', async () => {
    const { authority, dataDir } = await serve(assemblyOf(...appApi()), fakeFunctions(code));
    const token = await sign(dataDir, { aud: undefined, client_id: 'client1' });

    const { status } = await http(authority, 'GET', '/api/things/1', { authorization: `Bearer ${token}` });

    expect(status).toBe(200);
  });

  test('answers 401 where there is no token', async () => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(assemblyOf(...appApi()), functions);

    const { status, headers, text } = await http(authority, 'GET', '/api/things/1');

    expect({ status, text }).toEqual({ status: 401, text: '{"message":"Unauthorized"}' });
    expect(headers['www-authenticate']).toBe('Bearer');
    expect(functions.events.size).toBe(0);
  });

  test.each<[string, (dataDir: string) => Promise<string>]>([
    ['expired', (dir) => sign(dir, { exp: nowS() - 1 })],
    ['never expiring', (dir) => sign(dir, { exp: undefined })],
    ['not yet valid', (dir) => sign(dir, { nbf: nowS() + 60 })],
    ['issued in the future', (dir) => sign(dir, { iat: nowS() + 60 })],
    ['of another issuer', (dir) => sign(dir, { iss: `${issuer}x` })],
    ['for another client', (dir) => sign(dir, { aud: 'client2' })],
    ['for another client, as client_id', (dir) => sign(dir, { aud: undefined, client_id: 'client2' })],
    ['for nobody', (dir) => sign(dir, { aud: undefined })],
    ['of another key id', (dir) => sign(dir, {}, { kid: 'other' })],
    ['without key id', (dir) => sign(dir, {}, { kid: undefined })],
    ['changed', async (dir) => (await sign(dir)).replace(/\.[^.]+\./, `.${btoa(JSON.stringify({ iss: issuer }))}.`)],
    ['cut short', async (dir) => (await sign(dir)).slice(0, -8)],
    ['no token at all', async () => 'x'],
    ['unsigned', async (dir) => `${btoa('{"alg":"none"}').replaceAll('=', '')}.${(await sign(dir)).split('.')[1]}.`],
    [
      'signed with another key',
      async (dir) => {
        const { kid } = JSON.parse(await readFile(join(dir, 'token-key.json'), 'utf8'));
        const { privateKey } = await generateKeyPair('RS256');
        const claims = { iss: issuer, aud: 'client1', exp: nowS() + 60 };
        return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey);
      },
    ],
  ])('answers 401 to a token that is %s', async (_case, make) => {
    const functions = fakeFunctions(code);
    const { authority, dataDir } = await serve(assemblyOf(...appApi()), functions);
    const token = await make(dataDir);

    const { status, headers } = await http(authority, 'GET', '/api/things/1', { authorization: `Bearer ${token}` });

    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    expect(functions.events.size).toBe(0);
  });

  test('answers 403 to a token without a scope of the route', async () => {
    const { authority, dataDir } = await serve(assemblyOf(...appApi()), fakeFunctions(code));
    const lacking = await sign(dataDir, { scope: 'other' });
    const having = await sign(dataDir, { scope: 'other things/read' });

    const refused = await http(authority, 'GET', '/api/scoped', { authorization: `Bearer ${lacking}` });
    const granted = await http(authority, 'GET', '/api/scoped', { authorization: `Bearer ${having}` });

    expect({ status: refused.status, text: refused.text }).toEqual({ status: 403, text: '{"message":"Forbidden"}' });
    expect(JSON.parse(granted.text)).toMatchObject({
      requestContext: { authorizer: { jwt: { scopes: ['things/read'] } } },
    });
  });
});

describe('CORS', () => {
  const cors = {
    CorsConfiguration: {
      AllowOrigins: ['https://console.example'],
      AllowMethods: ['GET', 'PUT'],
      AllowHeaders: ['authorization'],
      MaxAge: 600,
    },
  };
  const preflight = { origin: 'https://console.example', 'access-control-request-method': 'PUT' };

  test('preflights are answered by the gateway', async () => {
    const { authority } = await serve(assemblyOf(...appApi(cors)), fakeFunctions(code));

    const { status, headers } = await http(authority, 'OPTIONS', '/api/things/1', preflight);

    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://console.example',
      'access-control-allow-methods': 'GET,PUT',
      'access-control-allow-headers': 'authorization',
      'access-control-max-age': '600',
    });
  });

  test('headers of the gateway replace those of the function', async () => {
    const open = () => ({ statusCode: 200, headers: { 'Access-Control-Allow-Origin': '*' } });
    const { authority } = await serve(assemblyOf(...appApi(cors)), fakeFunctions({ ...code, open }));

    const allowed = await http(authority, 'GET', '/open', { origin: 'https://console.example' });
    const other = await http(authority, 'GET', '/open', { origin: 'https://evil.example' });

    expect(allowed.headers['access-control-allow-origin']).toBe('https://console.example');
    expect(other.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('without a configuration preflights have no answer', async () => {
    const { authority } = await serve(assemblyOf(...appApi()), fakeFunctions(code));

    const { status } = await http(authority, 'OPTIONS', '/api/things/1', preflight);

    expect(status).toBe(404);
  });
});

describe('a template is refused at start', () => {
  const change = (type: string, properties: Record<string, unknown>) =>
    assemblyOf(
      ...appApi().map((each) =>
        each.type === type ? { ...each, properties: { ...each.properties, ...properties } } : each,
      ),
    );
  test.each([
    [
      'its issuer is no pool of the templates',
      change('AWS::ApiGatewayV2::Authorizer', {
        JwtConfiguration: { Issuer: 'https://accounts.example.com', Audience: ['client1'] },
      }),
      /'https:\/\/accounts\.example\.com' is no user pool/,
    ],
    [
      'its token is elsewhere',
      change('AWS::ApiGatewayV2::Authorizer', { IdentitySource: ['$request.querystring.token'] }),
      /is not emulated/,
    ],
    [
      'its payload format is another one',
      change('AWS::ApiGatewayV2::Integration', { PayloadFormatVersion: '1.0' }),
      /payload format 2\.0/,
    ],
    ['its protocol is another one', change('AWS::ApiGatewayV2::Api', { ProtocolType: 'GRAPHQL' }), /protocol/],
  ])('when %s', async (_case, assembly, message) => {
    await expect(serve(assembly, fakeFunctions(code))).rejects.toThrow(message);
  });
});
