import { expect, test } from 'vitest';
import { ConnectRate } from '#local/gateway/connect-rate.ts';
import { assemblyOf, connect, fakeFunctions, resource, route, serve } from '#test/support/gateway.ts';

test('a second’s worth is let in at once, and then as many as time allows', () => {
  let now = 0;
  const rate = new ConnectRate(10, () => now);
  const taken = (tries: number) => Array.from({ length: tries }, () => rate.take()).filter(Boolean).length;

  const atOnce = taken(15);
  now += 300;
  const after300ms = taken(15);
  now += 60_000;
  const afterAMinute = taken(15);

  expect([atOnce, after300ms, afterAMinute]).toEqual([10, 3, 10]);
});

test('no limit lets everybody in', () => {
  const rate = new ConnectRate(Number.POSITIVE_INFINITY, () => 0);

  expect(Array.from({ length: 10_000 }, () => rate.take())).not.toContain(false);
});

test('who is too many is refused with 429, and no function hears of it', async () => {
  const assembly = assemblyOf(
    resource('AWS::ApiGatewayV2::Api', 'api1', {
      ProtocolType: 'WEBSOCKET',
      RouteSelectionExpression: '$request.body.[2]',
    }),
    resource('AWS::ApiGatewayV2::Stage', 'stage1', { ApiId: 'api1', StageName: 'ocpp' }),
    ...route('api1', '$connect', 'connect'),
  );
  const functions = fakeFunctions({ connect: () => ({ statusCode: 200 }) });
  const { authority } = await serve(assembly, functions, { quotas: { connectsPerS: 0.5 } });

  const dialling = connect(`ws://${authority}/ocpp`);

  await expect(dialling).rejects.toThrow('Unexpected server response: 429');
  expect(functions.events.has('connect')).toBe(false);
});
