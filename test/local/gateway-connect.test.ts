import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import * as z from 'zod';
import type { Resource } from '#local/parts.ts';
import {
  assemblyOf,
  connect,
  fakeFunctions,
  handshake,
  http,
  integrationUri,
  resource,
  route,
  serve,
} from '#test/support/gateway.ts';
import { until } from '#test/support/until.ts';

const allow = (context: Record<string, unknown> = {}) => ({
  principalId: 'CP001',
  policyDocument: {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: '*' }],
  },
  context,
});

function chargerApi(authorizer: Record<string, unknown> = {}): Resource[] {
  return [
    resource('AWS::ApiGatewayV2::Api', 'api1', {
      ProtocolType: 'WEBSOCKET',
      RouteSelectionExpression: '$request.body.[2]',
    }),
    resource('AWS::ApiGatewayV2::Stage', 'stage1', { ApiId: 'api1', StageName: 'ocpp' }),
    resource('AWS::ApiGatewayV2::Authorizer', 'authorizer1', {
      ApiId: 'api1',
      AuthorizerType: 'REQUEST',
      AuthorizerUri: integrationUri('authorize'),
      ...authorizer,
    }),
    ...route('api1', '$connect', 'connect', { AuthorizationType: 'CUSTOM', AuthorizerId: 'authorizer1' }),
    ...route('api1', '$disconnect', 'disconnect'),
    ...route('api1', '$default', 'fallback'),
  ];
}

const accepting = {
  authorize: () => allow(),
  connect: () => ({ statusCode: 200 }),
  disconnect: () => ({ statusCode: 200 }),
  fallback: () => ({ statusCode: 200 }),
};

describe('$connect', () => {
  test('hears of the request as the client spelled it, its query decoded', async () => {
    const functions = fakeFunctions({
      ...accepting,
      connect: () => ({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'ocpp1.6' } }),
    });
    const { authority } = await serve(assemblyOf(...chargerApi()), functions);

    await connect(`ws://${authority}/ocpp?id=a%2Fb+c&id=CP%20002&mode=x`, ['ocpp1.6'], {
      headers: { 'X-CuStOm': 'one', 'User-Agent': 'firmware/7' },
    });

    expect(functions.events.get('connect')).toEqual([
      {
        headers: expect.objectContaining({
          'X-CuStOm': 'one',
          'Sec-WebSocket-Protocol': 'ocpp1.6',
          'User-Agent': 'firmware/7',
        }),
        multiValueHeaders: expect.objectContaining({ 'X-CuStOm': ['one'], Host: [authority] }),
        queryStringParameters: { id: 'CP 002', mode: 'x' },
        multiValueQueryStringParameters: { id: ['a/b c', 'CP 002'], mode: ['x'] },
        requestContext: {
          routeKey: '$connect',
          authorizer: { principalId: 'CP001', integrationLatency: expect.any(Number) },
          eventType: 'CONNECT',
          extendedRequestId: expect.any(String),
          requestTime: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
          messageDirection: 'IN',
          stage: 'ocpp',
          connectedAt: expect.any(Number),
          requestTimeEpoch: expect.any(Number),
          identity: { userAgent: 'firmware/7', sourceIp: '127.0.0.1' },
          requestId: expect.any(String),
          domainName: 'api1.execute-api.eu-central-1.amazonaws.com',
          connectionId: expect.stringMatching(/^[\w-]{15}=$/),
          apiId: 'api1',
        },
        isBase64Encoded: false,
      },
    ]);
  });

  test('has no query string parameters where the request has none', async () => {
    const functions = fakeFunctions(accepting);
    const { authority } = await serve(assemblyOf(...chargerApi()), functions);

    await connect(`ws://${authority}/ocpp/`);

    expect(functions.events.get('connect')?.[0]).not.toHaveProperty('queryStringParameters');
    expect(functions.events.get('authorize')?.[0]).toMatchObject({ type: 'REQUEST', queryStringParameters: {} });
  });

  test.each([
    ['ocpp1.6', 'ocpp1.6'],
    ['something-else', 'something-else'],
  ])('chooses the subprotocol %s whatever the client offered first', async (chosen, header) => {
    const functions = fakeFunctions({
      ...accepting,
      connect: () => ({ statusCode: 200, headers: { 'sec-websocket-protocol': chosen, 'x-other': 'dropped' } }),
    });
    const { authority } = await serve(assemblyOf(...chargerApi()), functions);

    const { status, headers } = await http(authority, 'GET', '/ocpp', {
      ...handshake,
      'sec-websocket-protocol': 'ocpp2.0.1, ocpp1.6',
    });

    expect(status).toBe(101);
    expect(headers['sec-websocket-protocol']).toBe(header);
    expect(headers).not.toHaveProperty('x-other');
  });

  test('that names no subprotocol leaves the upgrade without one', async () => {
    const { authority } = await serve(assemblyOf(...chargerApi()), fakeFunctions(accepting));

    const { status, headers } = await http(authority, 'GET', '/ocpp', {
      ...handshake,
      'sec-websocket-protocol': 'ocpp1.6',
    });

    expect(status).toBe(101);
    expect(headers).not.toHaveProperty('sec-websocket-protocol');
  });

  test.each([
    ['its own status code', () => ({ statusCode: 404, body: 'secret', headers: { 'WWW-Authenticate': 'Basic' } }), 404],
    ['500 when it throws', () => Promise.reject(new Error('secret')), 500],
    ['502 when its answer is none', () => ({ status: 'fine' }), 502],
    ['502 when its answer is empty', () => undefined, 502],
    [
      '502 when its subprotocol is none',
      () => ({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'a\r\nb' } }),
      502,
    ],
  ])('refuses with %s and tells nothing else', async (_case, connectFunction, expected) => {
    const functions = fakeFunctions({ ...accepting, connect: connectFunction });
    const { authority } = await serve(assemblyOf(...chargerApi()), functions);

    const { status, headers, text } = await http(authority, 'GET', '/ocpp', handshake);

    expect(status).toBe(expected);
    expect(headers).not.toHaveProperty('www-authenticate');
    expect(text).not.toContain('secret');
  });

  test('is not asked about a request that is no handshake', async () => {
    const functions = fakeFunctions(accepting);
    const { authority } = await serve(assemblyOf(...chargerApi()), functions);

    const { status } = await http(authority, 'GET', '/ocpp', { ...handshake, 'sec-websocket-key': 'short' });

    expect(status).toBe(400);
    expect(functions.events.size).toBe(0);
  });

  test.each(['/ocpp/CP001', '/ocpp//', '/', '/other', '/OCPP'])('has nothing at %s', async (path) => {
    const functions = fakeFunctions(accepting);
    const { authority } = await serve(assemblyOf(...chargerApi()), functions);

    const { status } = await http(authority, 'GET', path, handshake);

    expect(status).toBe(403);
    expect(functions.events.size).toBe(0);
  });

  test('is followed by $disconnect for a client that left meanwhile', async () => {
    let admit: (answer: unknown) => void = () => {};
    const functions = fakeFunctions({ ...accepting, connect: () => new Promise((resolve) => (admit = resolve)) });
    const { port } = await serve(assemblyOf(...chargerApi()), functions);
    const socket = connectTcp(port, '127.0.0.1');
    await once(socket, 'connect');
    const lines = Object.entries({ host: 'x', ...handshake }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET /ocpp HTTP/1.1\r\n${lines.join('')}\r\n`);
    await until('$connect runs', () => functions.events.has('connect'));

    socket.resetAndDestroy();
    admit({ statusCode: 200 });

    await until('$disconnect was invoked', () => functions.events.has('disconnect'));
    expect(functions.events.get('disconnect')?.[0]).toMatchObject({
      requestContext: { eventType: 'DISCONNECT', disconnectStatusCode: 1006 },
    });
  });
});

describe('the authorizer', () => {
  test("gives every later event its context, as text, and nobody's changes to it", async () => {
    const functions = fakeFunctions({
      ...accepting,
      authorize: () => allow({ chargerId: 'CP001', interval: 300, strict: false }),
      fallback: (event) => {
        const { requestContext } = z
          .object({ requestContext: z.object({ authorizer: z.custom<object>() }) })
          .parse(event);
        Reflect.set(requestContext.authorizer, 'chargerId', 'forged');
        return { statusCode: 200 };
      },
    });
    const { authority } = await serve(assemblyOf(...chargerApi()), functions);
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.send('one');
    await until('the first message was handled', () => functions.events.get('fallback')?.length === 1);
    client.socket.close(1000, 'done');
    await until('$disconnect was invoked', () => functions.events.has('disconnect'));

    const authorizer = {
      chargerId: 'CP001',
      interval: '300',
      strict: 'false',
      principalId: 'CP001',
      integrationLatency: expect.any(Number),
    };
    expect(functions.events.get('connect')?.[0]).toMatchObject({ requestContext: { authorizer } });
    expect(functions.events.get('disconnect')?.[0]).toMatchObject({
      requestContext: { authorizer, disconnectStatusCode: 1000, disconnectReason: 'done' },
    });
  });

  test('is asked with the ARN of the method', async () => {
    const functions = fakeFunctions(accepting);
    const { authority } = await serve(assemblyOf(...chargerApi()), functions);

    await connect(`ws://${authority}/ocpp?id=CP001`);

    expect(functions.events.get('authorize')?.[0]).toMatchObject({
      methodArn: 'arn:aws:execute-api:eu-central-1:111122223333:api1/ocpp/$connect',
      queryStringParameters: { id: 'CP001' },
    });
  });

  const policy = (...Statement: unknown[]) => ({ principalId: 'x', policyDocument: { Statement } });
  const statement = { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' };
  test.each([
    ['a Deny', 403, () => policy(statement, { ...statement, Effect: 'Deny', Resource: '*/ocpp/*' })],
    ['no statement', 403, () => policy()],
    ['another action', 403, () => policy({ ...statement, Action: 'lambda:InvokeFunction' })],
    ['another resource', 403, () => policy({ ...statement, Resource: '*/other/$connect' })],
    ['a condition', 500, () => policy({ ...statement, Condition: {} })],
    ['no principal', 500, () => ({ policyDocument: { Statement: [statement] } })],
    ['no answer', 500, () => undefined],
    ['an object in the context', 500, () => allow({ quirks: { a: 1 } })],
    ['a list in the context', 500, () => allow({ quirks: ['a'] })],
    ['an error', 500, () => Promise.reject(new Error('boom'))],
    ["the error 'Unauthorized'", 401, () => Promise.reject(new Error('Unauthorized'))],
  ])('with %s refuses with %i, and $connect is not asked', async (_case, expected, authorize) => {
    const functions = fakeFunctions({ ...accepting, authorize });
    const { authority } = await serve(assemblyOf(...chargerApi()), functions);

    const { status } = await http(authority, 'GET', '/ocpp', handshake);

    expect(status).toBe(expected);
    expect(functions.events.has('connect')).toBe(false);
  });

  test.each([
    [statement],
    [{ ...statement, Action: ['execute-api:*'], Resource: ['arn:aws:execute-api:*:*:api1/ocpp/$connect'] }],
    [{ ...statement, Action: '*', Resource: 'arn:aws:execute-api:eu-central-1:111122223333:api?/*' }],
  ])('lets in with %j', async (allowing) => {
    const functions = fakeFunctions({ ...accepting, authorize: () => policy(allowing) });
    const { authority } = await serve(assemblyOf(...chargerApi()), functions);

    const { status } = await http(authority, 'GET', '/ocpp', handshake);

    expect(status).toBe(101);
  });

  test.each([
    ['header', ['route.request.header.Authorization'], '/ocpp', { authorization: 'Basic eA==' }],
    ['parameter', ['route.request.querystring.id'], '/ocpp?id=1', {}],
  ])('is not asked when the %s that identifies is missing', async (_case, IdentitySource, path, headers) => {
    const functions = fakeFunctions(accepting);
    const { authority } = await serve(assemblyOf(...chargerApi({ IdentitySource })), functions);

    const without = await http(authority, 'GET', '/ocpp', handshake);
    const asked = functions.events.get('authorize')?.length ?? 0;
    const given = await http(authority, 'GET', path, { ...handshake, ...headers });

    expect(without.status).toBe(401);
    expect(asked).toBe(0);
    expect(given.status).toBe(101);
  });

  test('without identity sources is always asked', async () => {
    const functions = fakeFunctions({ ...accepting, authorize: () => allow({ verdict: 'unknown' }) });
    const { authority } = await serve(assemblyOf(...chargerApi({ IdentitySource: [] })), functions);

    await connect(`ws://${authority}/ocpp`);

    expect(functions.events.get('authorize')).toHaveLength(1);
  });
});

describe('a template', () => {
  const without = (type: string) => assemblyOf(...chargerApi().filter((each) => each.type !== type));
  test.each([
    ['stage', without('AWS::ApiGatewayV2::Stage'), /api1.*no stage/],
    ['integration', without('AWS::ApiGatewayV2::Integration'), /api1\$connect.*no integration is/],
    ['authorizer', without('AWS::ApiGatewayV2::Authorizer'), /no authorizer is 'authorizer1'/],
  ])('without its %s is refused at start', async (_what, assembly, message) => {
    await expect(serve(assembly, fakeFunctions(accepting))).rejects.toThrow(message);
  });

  test.each([
    ['an authorizer of another type', { AuthorizerType: 'JWT' }],
    ['an identity source that is not emulated', { IdentitySource: ['stageVariables.x'] }],
  ])('with %s is refused at start', async (_what, authorizer) => {
    await expect(serve(assemblyOf(...chargerApi(authorizer)), fakeFunctions(accepting))).rejects.toThrow('authorizer1');
  });
});

test('stopping hears no more, lets what runs come to its end, and then closes every connection with 1001', async () => {
  let finish: (answer: unknown) => void = () => {};
  const functions = fakeFunctions({ ...accepting, fallback: () => new Promise((resolve) => (finish = resolve)) });
  const { authority, gateways } = await serve(assemblyOf(...chargerApi()), functions);
  const client = await connect(`ws://${authority}/ocpp`);
  client.socket.send('slow');
  await until('the message is being handled', () => functions.events.has('fallback'));

  const stopping = gateways.stop();
  client.socket.send('too late');
  await expect(connect(`ws://${authority}/ocpp`)).rejects.toThrow('503');
  const openMeanwhile = client.socket.readyState === WebSocket.OPEN;
  finish({ statusCode: 500 });
  await stopping;

  expect(openMeanwhile).toBe(true);
  expect(await client.closed).toBe(1001);
  expect(client.frames).toEqual([expect.stringContaining('Internal server error')]);
  expect(functions.events.get('fallback')).toHaveLength(1);
  expect(functions.events.get('disconnect')).toHaveLength(1);
});

test('stopping does not wait for ever', async () => {
  const functions = fakeFunctions({ ...accepting, fallback: () => new Promise(() => {}) });
  const { authority, gateways } = await serve(assemblyOf(...chargerApi()), functions, { drainMs: 20 });
  const client = await connect(`ws://${authority}/ocpp`);
  client.socket.send('endless');
  await until('the message is being handled', () => functions.events.has('fallback'));

  await gateways.stop();

  expect(await client.closed).toBe(1001);
});
