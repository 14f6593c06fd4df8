import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  GoneException,
  PayloadTooLargeException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { expect, onTestFinished, test } from 'vitest';
import {
  assemblyOf,
  connect,
  type FakeFunctions,
  fakeFunctions,
  http,
  resource,
  route,
  serve,
} from '#test/support/gateway.ts';
import { until } from '#test/support/until.ts';

const assembly = assemblyOf(
  resource('AWS::ApiGatewayV2::Api', 'api1', {
    ProtocolType: 'WEBSOCKET',
    RouteSelectionExpression: '$request.body.[2]',
  }),
  resource('AWS::ApiGatewayV2::Stage', 'stage1', { ApiId: 'api1', StageName: 'ocpp' }),
  resource('AWS::ApiGatewayV2::Stage', 'stage2', { ApiId: 'api1', StageName: 'other' }),
  ...route('api1', '$connect', 'connect'),
  ...route('api1', '$default', 'fallback'),
);
const code = { connect: () => ({ statusCode: 200 }), fallback: () => ({ statusCode: 200 }) };

/** The unmodified client, pointed to the local endpoint of a stage. */
function sdk(authority: string, stage = 'ocpp'): ApiGatewayManagementApiClient {
  const client = new ApiGatewayManagementApiClient({
    endpoint: `http://${authority}/@management/api1/${stage}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  return client;
}

function connectionIdOf({ events }: FakeFunctions): string {
  const context = Reflect.get(Object(events.get('connect')?.at(-1)), 'requestContext');
  return String(Reflect.get(Object(context), 'connectionId'));
}

test('a post is delivered as a text frame', async () => {
  const functions = fakeFunctions(code);
  const { authority } = await serve(assembly, functions);
  const client = await connect(`ws://${authority}/ocpp`);

  await sdk(authority).send(
    new PostToConnectionCommand({ ConnectionId: connectionIdOf(functions), Data: '[2,"1","Reset",{"type":"Soft"}] ä' }),
  );

  expect(await client.frame()).toBe('[2,"1","Reset",{"type":"Soft"}] ä');
});

test('a connection that never was, or is closed, is gone', async () => {
  const functions = fakeFunctions(code);
  const { authority } = await serve(assembly, functions);
  const client = await connect(`ws://${authority}/ocpp`);
  client.socket.close();
  await client.closed;
  const closed = new PostToConnectionCommand({ ConnectionId: connectionIdOf(functions), Data: 'x' });
  const unknown = new PostToConnectionCommand({ ConnectionId: 'L0SM9cOFvHcCIhw=', Data: 'x' });

  await expect(sdk(authority).send(closed)).rejects.toThrow(GoneException);
  await expect(sdk(authority).send(unknown)).rejects.toThrow(GoneException);
  await expect(sdk(authority).send(new GetConnectionCommand({ ConnectionId: 'x' }))).rejects.toThrow(GoneException);
  await expect(sdk(authority).send(new DeleteConnectionCommand({ ConnectionId: 'x' }))).rejects.toThrow(GoneException);
});

test('a connection is gone for the API’s other stage', async () => {
  const functions = fakeFunctions(code);
  const { authority } = await serve(assembly, functions);
  await connect(`ws://${authority}/ocpp`);
  const post = new PostToConnectionCommand({ ConnectionId: connectionIdOf(functions), Data: 'x' });

  await expect(sdk(authority, 'other').send(post)).rejects.toThrow(GoneException);
});

test('a connection that is still inside $connect is gone', async () => {
  let admit: (answer: unknown) => void = () => {};
  const functions = fakeFunctions({ ...code, connect: () => new Promise((resolve) => (admit = resolve)) });
  const { authority } = await serve(assembly, functions);
  const opening = connect(`ws://${authority}/ocpp`);
  await until('$connect runs', () => functions.events.has('connect'));
  const post = new PostToConnectionCommand({ ConnectionId: connectionIdOf(functions), Data: 'early' });

  await expect(sdk(authority).send(post)).rejects.toThrow(GoneException);
  admit({ statusCode: 200 });
  const client = await opening;
  await sdk(authority).send(post);

  expect(await client.frame()).toBe('early');
});

test('a post of more than 128 KB is too large', async () => {
  const functions = fakeFunctions(code);
  const { authority } = await serve(assembly, functions);
  await connect(`ws://${authority}/ocpp`);
  const post = new PostToConnectionCommand({
    ConnectionId: connectionIdOf(functions),
    Data: Buffer.alloc(128 * 1024 + 1, 'x'),
  });

  await expect(sdk(authority).send(post)).rejects.toThrow(PayloadTooLargeException);
});

test('a connection can be looked up', async () => {
  const functions = fakeFunctions(code);
  const { authority } = await serve(assembly, functions);
  await connect(`ws://${authority}/ocpp`, [], { headers: { 'user-agent': 'firmware/7' } });

  const found = await sdk(authority).send(new GetConnectionCommand({ ConnectionId: connectionIdOf(functions) }));

  expect(found).toMatchObject({
    ConnectedAt: expect.any(Date),
    LastActiveAt: expect.any(Date),
    Identity: { SourceIp: '127.0.0.1', UserAgent: 'firmware/7' },
  });
});

test('a connection can be closed', async () => {
  const functions = fakeFunctions(code);
  const { authority } = await serve(assembly, functions);
  const client = await connect(`ws://${authority}/ocpp`);

  await sdk(authority).send(new DeleteConnectionCommand({ ConnectionId: connectionIdOf(functions) }));

  expect(await client.closed).toBe(1000);
});

test('a request that is not signed is refused: a web page could send it', async () => {
  const functions = fakeFunctions(code);
  const { authority } = await serve(assembly, functions);
  const client = await connect(`ws://${authority}/ocpp`);
  const path = `/@management/api1/ocpp/@connections/${encodeURIComponent(connectionIdOf(functions))}`;

  const { status } = await http(authority, 'POST', path, {}, 'forged');

  expect(status).toBe(403);
  expect(client.frames).toEqual([]);
});

test.each([
  '/@management/api1/nowhere/@connections/x',
  '/@management/api2/ocpp/@connections/x',
  '/@management/api1/ocpp',
])('there is nothing at %s', async (path) => {
  const { authority } = await serve(assembly, fakeFunctions(code));

  const { status } = await http(authority, 'GET', path, { authorization: 'AWS4-HMAC-SHA256 Credential=local' });

  expect(status).toBe(403);
});
