import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isOver } from '#local/gateway/connection-life.ts';
import { webSocketQuotas } from '#local/gateway/quotas.ts';
import {
  assemblyOf,
  type Client,
  connect,
  fakeFunctions,
  handshake,
  resource,
  route,
  serve,
} from '#test/support/gateway.ts';
import { until } from '#test/support/until.ts';

const api = [
  resource('AWS::ApiGatewayV2::Api', 'api1', {
    ProtocolType: 'WEBSOCKET',
    RouteSelectionExpression: '$request.body.[2]',
  }),
  resource('AWS::ApiGatewayV2::Stage', 'stage1', { ApiId: 'api1', StageName: 'ocpp' }),
  ...route('api1', '$connect', 'connect'),
  ...route('api1', '$disconnect', 'disconnect'),
  ...route('api1', 'Echo', 'Echo', { RouteResponseSelectionExpression: '$default' }),
  ...route('api1', 'Ask', 'Ask'),
  resource('AWS::ApiGatewayV2::RouteResponse', 'response1', { ApiId: 'api1', RouteId: 'api1Ask' }),
  ...route('api1', 'Slow', 'Slow', { RouteResponseSelectionExpression: '$default' }, { TimeoutInMillis: 50 }),
];
const withDefault = assemblyOf(...api, ...route('api1', '$default', 'fallback'));

const code = {
  connect: () => ({ statusCode: 200 }),
  disconnect: () => ({ statusCode: 200 }),
  fallback: () => ({ statusCode: 200, body: 'unseen' }),
  Echo: (event: unknown) => ({ statusCode: 200, body: `echo ${Reflect.get(Object(event), 'body')}` }),
  Ask: () => ({ statusCode: 200, body: 'answer' }),
};

const failure = /^\{"message": "Internal server error", "connectionId":"[\w-]{15}=", "requestId":"[\w-]{15}="\}$/;

describe('a message', () => {
  test('goes to the route that it selects, and the answer comes back', async () => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(withDefault, functions);
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.send('[2,"1","Echo",{}]');

    expect(await client.frame()).toBe('echo [2,"1","Echo",{}]');
    expect(functions.events.get('Echo')).toEqual([
      {
        requestContext: {
          messageId: expect.stringMatching(/^[\w-]{15}=$/),
          routeKey: 'Echo',
          eventType: 'MESSAGE',
          extendedRequestId: expect.any(String),
          requestTime: expect.any(String),
          messageDirection: 'IN',
          stage: 'ocpp',
          connectedAt: expect.any(Number),
          requestTimeEpoch: expect.any(Number),
          identity: { sourceIp: '127.0.0.1' },
          requestId: expect.any(String),
          domainName: 'api1.execute-api.eu-central-1.amazonaws.com',
          connectionId: expect.any(String),
          apiId: 'api1',
        },
        body: '[2,"1","Echo",{}]',
        isBase64Encoded: false,
      },
    ]);
  });

  test('is answered where the template has a route response', async () => {
    const { authority } = await serve(withDefault, fakeFunctions(code));
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.send('[2,"1","Ask",{}]');

    expect(await client.frame()).toBe('answer');
  });

  test.each(['no JSON', '[3,"1",{}]', '[2,"1","Unknown",{}]', '[2,"1","$connect",{}]', '[2,"1","$disconnect",{}]'])(
    'goes to $default when it is %s',
    async (message) => {
      const functions = fakeFunctions(code);
      const { authority } = await serve(withDefault, functions);
      const client = await connect(`ws://${authority}/ocpp`);

      client.socket.send(message);
      await until('$default was invoked', () => functions.events.has('fallback'));

      expect(functions.events.get('fallback')?.[0]).toMatchObject({
        requestContext: { routeKey: '$default' },
        body: message,
      });
      expect(functions.events.get('connect')).toHaveLength(1);
      expect(functions.events.has('disconnect')).toBe(false);
    },
  );

  test('that selects a one-way route is not answered', async () => {
    const { authority } = await serve(withDefault, fakeFunctions(code));
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.send('one-way');
    client.socket.send('[2,"2","Ask",{}]');
    await client.frame();

    expect(client.frames).toEqual(['answer']);
  });

  test('that selects no route is forbidden, and the socket stays open', async () => {
    const { authority } = await serve(assemblyOf(...api), fakeFunctions(code));
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.send('[2,"1","Unknown",{}]');
    client.socket.send('[2,"2","Ask",{}]');

    expect(await client.frame(0)).toMatch(
      /^\{"message": "Forbidden", "connectionId":"[\w-]{15}=", "requestId":"[\w-]{15}="\}$/,
    );
    expect(await client.frame(1)).toBe('answer');
  });

  test('that is answered without a body brings an empty frame', async () => {
    const { authority } = await serve(withDefault, fakeFunctions({ ...code, Ask: () => ({ statusCode: 200 }) }));
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.send('[2,"1","Ask",{}]');

    expect(await client.frame()).toBe('');
  });

  test.each([
    ['throws', () => Promise.reject(new Error('boom'))],
    ['answers another status code', () => ({ statusCode: 400, body: 'x' })],
    ['answers a body that is no text', () => ({ statusCode: 200, body: { a: 1 } })],
    ['answers more than it should', () => ({ statusCode: 200, body: 'x', headers: {} })],
    ['answers nothing', () => undefined],
  ])('brings the gateway’s own error when its function %s', async (_case, faulty) => {
    const functions = fakeFunctions({ ...code, Ask: faulty, fallback: faulty });
    const { authority } = await serve(withDefault, functions);
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.send('[2,"1","Ask",{}]');
    client.socket.send('one-way');

    expect(await client.frame(0)).toMatch(failure);
    expect(await client.frame(1)).toMatch(failure);
  });

  test('brings the gateway’s own error when its function takes longer than the integration may', async () => {
    let finish: (answer: unknown) => void = () => {};
    const functions = fakeFunctions({ ...code, Slow: () => new Promise((resolve) => (finish = resolve)) });
    const { authority } = await serve(withDefault, functions);
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.send('[2,"1","Slow",{}]');
    const first = await client.frame();
    finish({ statusCode: 200, body: 'too late' });
    client.socket.send('[2,"2","Ask",{}]');
    const second = await client.frame(1);

    expect(first).toMatch(failure);
    expect(second).toBe('answer');
  });

  test('does not wait for the one before it', async () => {
    const waiting: ((answer: unknown) => void)[] = [];
    const functions = fakeFunctions({ ...code, Ask: () => new Promise((resolve) => waiting.push(resolve)) });
    const { authority } = await serve(withDefault, functions);
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.send('[2,"1","Ask",{}]');
    client.socket.send('[2,"2","Ask",{}]');
    await until('both run at the same time', () => waiting.length === 2);
    waiting[1]?.({ statusCode: 200, body: 'second' });
    await client.frame(0);
    waiting[0]?.({ statusCode: 200, body: 'first' });
    await client.frame(1);

    expect(client.frames).toEqual(['second', 'first']);
  });

  test('of 128 KB is passed on', async () => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(withDefault, functions);
    const client = await connect(`ws://${authority}/ocpp`);

    sendInFrames(client, 'x'.repeat(128 * 1024), 32 * 1024);

    await until('$default was invoked', () => functions.events.has('fallback'));
    expect(functions.events.get('fallback')).toHaveLength(1);
  });

  test('of more than 128 KB closes the connection with 1009', async () => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(withDefault, functions);
    const client = await connect(`ws://${authority}/ocpp`);

    sendInFrames(client, 'x'.repeat(128 * 1024 + 1), 32 * 1024);

    expect(await client.closed).toBe(1009);
    expect(functions.events.has('fallback')).toBe(false);
  });

  test('of many small frames is passed on as one', async () => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(withDefault, functions);
    const client = await connect(`ws://${authority}/ocpp`);
    const text = JSON.stringify([2, '1', 'Echo', { long: 'ä'.repeat(1000) }]);

    sendInFrames(client, text, 7);

    expect(await client.frame()).toBe(`echo ${text}`);
  });

  test('with a frame of 32 KB is passed on', async () => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(withDefault, functions);
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.send('x'.repeat(32 * 1024));

    await until('$default was invoked', () => functions.events.has('fallback'));
    expect(functions.events.get('fallback')).toHaveLength(1);
  });

  test.each([
    ['alone', (client: Client) => client.socket.send('x'.repeat(32 * 1024 + 1))],
    ['in the midst of a message', (client: Client) => sendInFrames(client, 'x'.repeat(100_000), 33_000)],
    [
      'right after a ping',
      (client: Client) => {
        client.socket.ping();
        client.socket.send('x'.repeat(70_000));
      },
    ],
  ])('with a frame of more than 32 KB, %s, closes the connection with 1009', async (_, send) => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(withDefault, functions);
    const client = await connect(`ws://${authority}/ocpp`);

    send(client);

    expect(await client.closed).toBe(1009);
    expect(functions.events.has('fallback')).toBe(false);
  });

  test('that came in whole before a frame that is too long is passed on', async () => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(withDefault, functions);
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.send('first');
    client.socket.send('x'.repeat(32 * 1024 + 1));
    client.socket.send('too late');

    expect(await client.closed).toBe(1009);
    expect(functions.events.get('fallback')).toMatchObject([{ body: 'first' }]);
  });

  test('that is answered with more than 32 KB is answered in several frames', async () => {
    const body = 'ä'.repeat(50_000);
    const { authority } = await serve(withDefault, fakeFunctions({ ...code, Ask: () => ({ statusCode: 200, body }) }));
    const wire = await rawUpgrade(authority);

    wire.write(maskedText('[2,"1","Ask",{}]'));

    const sizes = await until('the whole message has arrived', () => framesIn(wire.received()));
    expect(sizes).toEqual([32_768, 32_768, 32_768, 1_696]);
  });

  test('that is binary closes the connection with 1003', async () => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(withDefault, functions);
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.send(Buffer.from('[2,"1","Echo",{}]'));

    expect(await client.closed).toBe(1003);
    expect(functions.events.has('Echo')).toBe(false);
  });
});

describe('a connection', () => {
  test('on which nobody says anything is cut with 1001, and pings do not help', async () => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(withDefault, functions, { quotas: { idleMs: 100 } });
    const client = await connect(`ws://${authority}/ocpp`);
    const pinging = setInterval(() => client.socket.ping(), 5);
    onTestFinished(() => clearInterval(pinging));

    expect(await client.closed).toBe(1001);
    await until('$disconnect was invoked', () => functions.events.has('disconnect'));
    expect(functions.events.get('disconnect')).toMatchObject([
      { requestContext: { disconnectStatusCode: 1001, disconnectReason: 'Going away' } },
    ]);
  });

  test.each([
    ['with a message 100 ms ago lives on', 9_000, 9_900, false],
    ['with a message 101 ms ago is over', 9_000, 9_899, true],
    ['of 1000 ms lives on', 9_000, 9_999, false],
    ['of 1001 ms is over', 8_999, 9_999, true],
  ])('%s, where 101 ms of silence and 1001 ms of age are too much', (_, connectedAt, lastActiveAt, over) => {
    const quotas = { ...webSocketQuotas, idleMs: 101, connectionMs: 1_001 };

    expect(isOver({ facts: { connectedAt }, lastActiveAt }, 10_000, quotas)).toBe(over);
  });

  test('that is too old is cut with 1001, however much is said', async () => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(withDefault, functions, { quotas: { connectionMs: 100 } });
    const client = await connect(`ws://${authority}/ocpp`);
    const talking = setInterval(() => client.socket.send('[2,"1","Ask",{}]'), 5);
    onTestFinished(() => clearInterval(talking));

    expect(await client.closed).toBe(1001);
  });
});

test('a ping is answered by the gateway alone', async () => {
  const functions = fakeFunctions(code);
  const { authority } = await serve(withDefault, functions);
  const client = await connect(`ws://${authority}/ocpp`);
  const pongs: string[] = [];
  client.socket.on('pong', (data) => pongs.push(data.toString()));

  client.socket.ping('there?');
  await until('the pong has arrived', () => pongs.length > 0);

  expect(pongs).toEqual(['there?']);
  expect([...functions.events.keys()]).toEqual(['connect']);
});

test('a connection that is cut off is disconnected with 1006', async () => {
  const functions = fakeFunctions(code);
  const { authority } = await serve(withDefault, functions);
  const client = await connect(`ws://${authority}/ocpp`);

  client.socket.terminate();
  await until('$disconnect was invoked', () => functions.events.has('disconnect'));

  expect(functions.events.get('disconnect')?.[0]).toMatchObject({
    requestContext: {
      routeKey: '$disconnect',
      eventType: 'DISCONNECT',
      disconnectStatusCode: 1006,
      disconnectReason: 'Connection closed abnormally',
    },
    isBase64Encoded: false,
  });
});

test('a $disconnect that fails is logged and nothing more', async () => {
  const functions = fakeFunctions({ ...code, disconnect: () => Promise.reject(new Error('boom')) });
  const { authority, log } = await serve(withDefault, functions);
  const client = await connect(`ws://${authority}/ocpp`);

  client.socket.close();
  await until('it was logged', () => log.length > 0);

  expect(log).toEqual([expect.stringMatching(/^\$disconnect of [\w-]{15}= failed: boom$/)]);
});

/** One text message in frames of so many bytes. */
function sendInFrames(client: Client, text: string, frameBytes: number): void {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += frameBytes) {
    const to = from + frameBytes;
    client.socket.send(bytes.subarray(from, to), { binary: false, fin: to >= bytes.length });
  }
}

/** A WebSocket without a client: what goes over the wire. */
async function rawUpgrade(authority: string) {
  const outgoing = request({ host: '127.0.0.1', port: authority.split(':')[1], path: '/ocpp', headers: handshake });
  outgoing.end();
  const [, socket, head] = await once(outgoing, 'upgrade');
  const chunks: Buffer[] = [head];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  onTestFinished(() => socket.destroy());
  return { write: (bytes: Buffer) => socket.write(bytes), received: () => Buffer.concat(chunks) };
}

/** A client's frame; a mask of zeros changes nothing. */
function maskedText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

/** The sizes of the payloads of a server's frames, once the last of a message is there. */
function framesIn(bytes: Buffer): number[] | undefined {
  const sizes: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt8(at + 1);
    const [size, header] = length === 126 ? [bytes.readUInt16BE(at + 2), 4] : [length, 2];
    sizes.push(size);
    const last = bytes.readUInt8(at) >= 0x80;
    at += header + size;
    if (last && at <= bytes.length) return sizes;
  }
  return undefined;
}
