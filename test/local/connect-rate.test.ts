import { expect, test } from 'vitest';
import { ConnectRate } from '#local/gateway/connect-rate.ts';
import { assemblyOf, connect, fakeFunctions, resource, route, serve } from '#test/support/gateway.ts';
import { until } from '#test/support/until.ts';

const assembly = assemblyOf(
  resource('AWS::ApiGatewayV2::Api', 'api1', {
    ProtocolType: 'WEBSOCKET',
    RouteSelectionExpression: '$request.body.[2]',
  }),
  resource('AWS::ApiGatewayV2::Stage', 'stage1', { ApiId: 'api1', StageName: 'ocpp' }),
  ...route('api1', '$connect', 'connect'),
);

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
  const functions = fakeFunctions({ connect: () => ({ statusCode: 200 }) });
  const { authority } = await serve(assembly, functions, { quotas: { connectsPerS: 0.5 } });

  const dialling = connect(`ws://${authority}/ocpp`);

  await expect(dialling).rejects.toThrow('Unexpected server response: 429');
  expect(functions.events.has('connect')).toBe(false);
});

test('while as many are being let in as may be, the next is refused with 429, and later let in', async () => {
  let letIn = () => {};
  const mayEnter = new Promise<void>((resolve) => {
    letIn = resolve;
  });
  const functions = fakeFunctions({
    connect: async () => {
      await mayEnter;
      return { statusCode: 200 };
    },
  });
  const { authority } = await serve(assembly, functions, { quotas: { openingAtOnce: 1 } });

  const first = connect(`ws://${authority}/ocpp`);
  await until('the first is being let in', () => functions.events.has('connect'));
  const second = connect(`ws://${authority}/ocpp`);

  await expect(second).rejects.toThrow('Unexpected server response: 429');
  letIn();
  await first;
  await connect(`ws://${authority}/ocpp`);
  expect(functions.events.get('connect')).toHaveLength(2);
});
