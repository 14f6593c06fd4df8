import { once } from 'node:events';
import { createConnection } from 'node:net';
import { describe, expect, test } from 'vitest';
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

const identityFromPath = `
  async function handler(event) {
    const request = event.request;
    delete request.querystring.id;
    const match = /^\\/ocpp\\/([^/]+)$/.exec(request.uri);
    if (!match) return { statusCode: 404, statusDescription: 'Not Found', headers: { 'x-why': { value: 'no identity' } }, body: 'nothing here' };
    request.querystring.id = { value: match[1] };
    request.headers['x-viewer'] = { value: event.viewer.ip };
    request.uri = '/';
    return request;
  }`;

const policies = {
  CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
  OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
};
const apis = [
  resource('AWS::ApiGatewayV2::Api', 'sockets', {
    ProtocolType: 'WEBSOCKET',
    RouteSelectionExpression: '$request.body.[2]',
  }),
  resource('AWS::ApiGatewayV2::Stage', 'stage1', { ApiId: 'sockets', StageName: 'ocpp' }),
  ...route('sockets', '$connect', 'connect'),
  resource('AWS::ApiGatewayV2::Api', 'pages', { ProtocolType: 'HTTP' }),
  resource('AWS::ApiGatewayV2::Stage', 'stage2', { ApiId: 'pages', StageName: '$default' }),
  ...route(
    'pages',
    'GET /api/{what}',
    'get',
    {},
    { PayloadFormatVersion: '2.0', IntegrationUri: integrationUri('get') },
  ),
];
const origins = [
  {
    Id: 'chargers',
    DomainName: 'sockets.execute-api.eu-central-1.amazonaws.com',
    OriginPath: '/ocpp',
    OriginCustomHeaders: [{ HeaderName: 'X-Origin-Secret', HeaderValue: 'between us' }],
  },
  { Id: 'app', DomainName: 'pages.execute-api.eu-central-1.amazonaws.com' },
];
const viewerRequest = [{ EventType: 'viewer-request', FunctionARN: 'arn:aws:cloudfront::1:function/identity' }];
const chargers = { TargetOriginId: 'chargers', FunctionAssociations: viewerRequest, ...policies };

function edge(config: Record<string, unknown> = {}, code = identityFromPath): Resource[] {
  return [
    resource('AWS::CloudFront::Function', 'arn:aws:cloudfront::1:function/identity', {
      Name: 'identity',
      FunctionCode: code,
      FunctionConfig: { Runtime: 'cloudfront-js-2.0' },
    }),
    resource('AWS::CloudFront::Distribution', 'distribution1', {
      DistributionConfig: {
        Enabled: true,
        Origins: origins,
        DefaultCacheBehavior: { TargetOriginId: 'app', ...policies },
        CacheBehaviors: [{ PathPattern: '/ocpp/*', ...chargers }],
        ...config,
      },
    }),
  ];
}

const code = { connect: () => ({ statusCode: 200 }), get: (event: unknown) => event };

describe('an upgrade through CloudFront', () => {
  test('carries the identity of its path, percent-encoding intact, and the origin’s secret', async () => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(assemblyOf(...apis, ...edge()), functions);

    await connect(`ws://${authority}/ocpp/CP%20001%2Fä?id=forged&mode=a%2Bb&mode=c&flag`, [], {
      headers: { Authorization: 'Basic eA==', 'X-Origin-Secret': 'forged', 'X-CuStOm': 'as it was' },
    });

    expect(functions.events.get('connect')?.[0]).toMatchObject({
      headers: {
        Authorization: 'Basic eA==',
        Host: 'sockets.execute-api.eu-central-1.amazonaws.com',
        'X-Origin-Secret': 'between us',
        'X-CuStOm': 'as it was',
        'X-Forwarded-For': '127.0.0.1, 127.0.0.1',
        'x-viewer': '127.0.0.1',
      },
      multiValueHeaders: { 'X-Origin-Secret': ['between us'] },
      queryStringParameters: { id: 'CP 001/ä', flag: '' },
      multiValueQueryStringParameters: { id: ['CP 001/ä'], mode: ['a+b', 'c'] },
    });
  });

  test('gets the answer that the function makes', async () => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(assemblyOf(...apis, ...edge()), functions);

    const { status, headers, text } = await http(authority, 'GET', '/ocpp/a/b', handshake);

    expect({ status, text }).toEqual({ status: 404, text: 'nothing here' });
    expect(headers).toMatchObject({ 'x-why': 'no identity' });
    expect(functions.events.size).toBe(0);
  });

  test.each([
    ['throws', 'function handler() { throw new Error("boom") }'],
    ['returns nothing', 'function handler() {}'],
    ['returns a URI that is none', 'function handler({ request }) { request.uri = "/a b"; return request }'],
    ['never comes to an end', 'function handler() { for (;;); }'],
  ])('gets 503 from a function that %s', async (_case, faulty) => {
    const { authority, log } = await serve(assemblyOf(...apis, ...edge({}, faulty)), fakeFunctions(code));

    const { status } = await http(authority, 'GET', '/ocpp/CP001', handshake);

    expect(status).toBe(503);
    expect(log).toHaveLength(1);
  });

  test('is served though the function never comes to an end for another that came at the same time', async () => {
    const picky = `function handler({ request }) {
      while (request.uri === '/ocpp/for-ever');
      if (request.uri === '/ocpp/boom') throw new Error('boom');
      return { statusCode: 204 };
    }`;
    const { authority } = await serve(assemblyOf(...apis, ...edge({}, picky)), fakeFunctions(code));
    const paths = ['first', 'second', 'boom', 'for-ever', 'boom', 'last'];

    const answers = await Promise.all(paths.map((path) => http(authority, 'GET', `/ocpp/${path}`, handshake)));

    expect(answers.map(({ status }) => status)).toEqual([204, 204, 503, 503, 503, 204]);
  });

  test('may be reset while its turn with the function comes', async () => {
    const { authority, port } = await serve(assemblyOf(...apis, ...edge()), fakeFunctions(code));
    const dial = async (path: string) => (await http(authority, 'GET', path, handshake)).status;
    const lines = Object.entries(handshake).map(([name, value]) => `${name}: ${value}`);
    const socket = createConnection(port, '127.0.0.1');
    await once(socket, 'connect');

    const first = await dial('/ocpp/CP001');
    await new Promise((sent) => socket.write(['GET /ocpp/CP002 HTTP/1.1', ...lines, '', ''].join('\r\n'), sent));
    // The gateway runs in this process: it has read the request then.
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    socket.resetAndDestroy();

    expect([first, await dial('/ocpp/CP003')]).toEqual([101, 101]);
  });

  test('is refused before the function is asked, while as many are being let in as may be', async () => {
    const never = new Promise(() => {});
    const functions = fakeFunctions({ ...code, connect: () => never });
    const asked = 'function handler() { return { statusCode: 204 } }';
    const { authority } = await serve(assemblyOf(...apis, ...edge({}, asked)), functions, {
      quotas: { openingAtOnce: 1 },
      drainMs: 0,
    });
    const before = await http(authority, 'GET', '/ocpp/CP001', handshake);
    void connect(`ws://${authority}/ocpp`).catch(() => {});
    await until('one is being let in', () => functions.events.has('connect'));

    const refused = await http(authority, 'GET', '/ocpp/CP001', handshake);

    expect([before.status, refused.status]).toEqual([204, 429]);
  });

  test('gets 403 from the API when it arrives with a path', async () => {
    const keep = 'function handler({ request }) { return request }';
    const { authority } = await serve(assemblyOf(...apis, ...edge({}, keep)), fakeFunctions(code));

    const { status } = await http(authority, 'GET', '/ocpp/CP001', handshake);

    expect(status).toBe(403);
  });

  test('chooses the behaviour by the path that the client sent, the first pattern that fits', async () => {
    const CacheBehaviors = [
      { PathPattern: 'ocpp/plain?', ...chargers, FunctionAssociations: [] },
      { PathPattern: '/ocpp/*', ...chargers },
    ];
    const functions = fakeFunctions(code);
    const { authority } = await serve(assemblyOf(...apis, ...edge({ CacheBehaviors })), functions);

    const plain = await http(authority, 'GET', '/ocpp/plain1', handshake);
    const other = await http(authority, 'GET', '/ocpp/plain12', handshake);

    expect(plain.status).toBe(403);
    expect(other.status).toBe(101);
  });

  test('takes the default behaviour where no pattern and no stage fits', async () => {
    const functions = fakeFunctions(code);
    const config = { CacheBehaviors: [], DefaultCacheBehavior: chargers };
    const { authority } = await serve(assemblyOf(...apis, ...edge(config)), functions);

    await connect(`ws://${authority}/ocpp/CP001`);

    expect(functions.events.get('connect')?.[0]).toMatchObject({ queryStringParameters: { id: 'CP001' } });
  });
});

test('an upgrade at the stage’s own path does not pass CloudFront', async () => {
  const functions = fakeFunctions(code);
  const { authority } = await serve(assemblyOf(...apis, ...edge()), functions);

  await connect(`ws://${authority}/ocpp?id=/CP001`);

  expect(functions.events.get('connect')?.[0]).toMatchObject({
    headers: { Host: authority },
    queryStringParameters: { id: '/CP001' },
  });
  expect(functions.events.get('connect')?.[0]).not.toHaveProperty('headers.X-Origin-Secret');
});

test('a plain request passes CloudFront to an HTTP API', async () => {
  const CacheBehaviors = [{ PathPattern: '/api/*', TargetOriginId: 'app', ...policies }];
  const { authority } = await serve(assemblyOf(...apis, ...edge({ CacheBehaviors })), fakeFunctions(code));

  const { status, text } = await http(authority, 'GET', '/api/a%2Fb?q=1', { cookie: 'a=1; b=2' });

  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({
    rawPath: '/api/a%2Fb',
    rawQueryString: 'q=1',
    pathParameters: { what: 'a/b' },
    cookies: ['a=1', 'b=2'],
    headers: { host: 'pages.execute-api.eu-central-1.amazonaws.com', via: expect.stringContaining('CloudFront') },
  });
});

test('a plain request to a WebSocket API is forbidden', async () => {
  const { authority } = await serve(assemblyOf(...apis, ...edge()), fakeFunctions(code));

  const through = await http(authority, 'GET', '/ocpp/CP001');
  const direct = await http(authority, 'GET', '/ocpp');

  expect([through.status, direct.status]).toEqual([403, 403]);
});

describe('a distribution is refused at start', () => {
  const behaviour = (more: Record<string, unknown>) => edge({ DefaultCacheBehavior: { ...chargers, ...more } });
  test.each([
    ['caches', behaviour({ CachePolicyId: 'other' }), /CachingDisabled/],
    ['adds other headers', behaviour({ ResponseHeadersPolicyId: 'other' }), /CORS-With-Preflight/],
    ['forwards other headers', behaviour({ OriginRequestPolicyId: undefined }), /AllViewerExceptHostHeader/],
    [
      'has an origin that is neither',
      edge({ Origins: [{ ...origins[0], DomainName: 'example.com' }] }),
      /example\.com/,
    ],
    ['runs Lambda@Edge', behaviour({ LambdaFunctionAssociations: [{}] }), /Lambda@Edge/],
    ['names a function that is missing', edge().slice(1), /no CloudFront function/],
    ['runs code that is none', edge({}, 'import fs from "fs"'), /its code does not run/],
    ['runs code without a handler', edge({}, 'var a = 1'), /no function handler/],
    [
      'has a function for responses',
      behaviour({ FunctionAssociations: [{ ...viewerRequest[0], EventType: 'viewer-response' }] }),
      /viewer-request/,
    ],
  ])('that %s', async (_case, resources, message) => {
    await expect(serve(assemblyOf(...apis, ...resources), fakeFunctions(code))).rejects.toThrow(message);
  });
});
