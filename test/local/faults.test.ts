import { createServer } from 'node:http';
import { DynamoDBClient, GetItemCommand, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type FaultKind, faultKinds } from '#local/faults/fault-spec.ts';
import { Faults } from '#local/faults/faults.ts';
import { faultyDatabase } from '#local/faults/faulty-database.ts';
import { faultyFunctions } from '#local/faults/faulty-functions.ts';
import { assemblyOf, connect, fakeFunctions, http, resource, route, serve } from '#test/support/gateway.ts';
import { until } from '#test/support/until.ts';

const always = (...kinds: FaultKind[]) => faultsOf(Object.fromEntries(kinds.map((kind) => [kind, 1])));

function faultsOf(rates: Partial<Record<FaultKind, number>>, seed = 1, disconnectDelayMs = 1): Faults {
  return new Faults({ rates, seed, disconnectDelayMs });
}

const countOf = (faults: Faults, kind: FaultKind) => faults.report().find((each) => each.kind === kind)?.count;

describe('what strikes', () => {
  const series = (faults: Faults, kind: FaultKind) => Array.from({ length: 100 }, () => faults.strikes(kind));

  test('is the same for the same seed, whatever else has its chances in between', () => {
    const rates = { cut: 0.3, crash: 0.3 };
    const one = faultsOf(rates);
    const other = faultsOf(rates);

    series(other, 'crash');

    expect(series(other, 'cut')).toEqual(series(one, 'cut'));
    expect(series(faultsOf(rates, 2), 'cut')).not.toEqual(series(faultsOf(rates, 1), 'cut'));
    expect(series(faultsOf(rates), 'crash')).not.toEqual(series(faultsOf(rates), 'cut'));
  });

  test('is about as much as its rate says, and is counted', () => {
    const faults = faultsOf({ cut: 0.2, crash: 0, timeout: 1 });

    const struck = Array.from({ length: 10_000 }, () => faults.strikes('cut')).filter(Boolean).length;
    series(faults, 'crash');
    series(faults, 'timeout');

    expect(struck).toBeGreaterThan(1_800);
    expect(struck).toBeLessThan(2_200);
    expect(faults.report()).toEqual([
      { kind: 'timeout', rate: 1, chances: 100, count: 100 },
      { kind: 'crash', rate: 0, chances: 100, count: 0 },
      { kind: 'cut', rate: 0.2, chances: 10_000, count: struck },
    ]);
  });

  test('is nothing while faults are held back, and no chance is counted', () => {
    const faults = always('cut');
    faults.hold();
    const held = faults.strikes('cut');
    faults.release();

    expect([held, faults.strikes('cut')]).toEqual([false, true]);
    expect(faults.report()).toMatchObject([{ chances: 1, count: 1 }]);
  });

  test('is nothing of what was not asked for', () => {
    const faults = always('cut');

    expect(faultKinds.filter((kind) => faults.strikes(kind))).toEqual(['cut']);
  });
});

describe('an invocation', () => {
  const error = (errorType: string) => ({ ok: false, error: { errorType, errorMessage: expect.any(String) } });

  test.each([
    ['that is throttled has not run', 'throttle', 'TooManyRequestsException', 0],
    ['that times out has not run', 'timeout', 'Sandbox.Timedout', 0],
    ['whose answer is lost in a time-out has run', 'timeout-after', 'Sandbox.Timedout', 1],
  ] as const)('%s', async (_, kind, errorType, runs) => {
    const functions = fakeFunctions({ Echo: () => 'answer' });
    const faults = always(kind);

    const outcome = await faultyFunctions(functions, faults).invoke('Echo', {});

    expect(outcome).toEqual(error(errorType));
    expect(functions.events.get('Echo') ?? []).toHaveLength(runs);
    expect(countOf(faults, kind)).toBe(1);
  });
});

describe('a request to the database', () => {
  /** A database that says yes to everything, behind faults, with a client that does not try again. */
  async function behind(faults: Faults) {
    const done: string[] = [];
    const database = createServer((req, res) => {
      done.push(String(req.headers['x-amz-target']).replace(/^.*\./, ''));
      req.resume().on('end', () => res.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}'));
    }).listen(0, '127.0.0.1');
    await until('it listens', () => database.listening);
    const address = database.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { url, stop } = await faultyDatabase(`http://127.0.0.1:${port}`, faults);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new DynamoDBClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
    onTestFinished(async () => {
      client.destroy();
      await stop();
      database.closeAllConnections();
      database.close();
    });
    return { client, done };
  }

  const Item = { pk: { S: 'a' } };
  const put = new PutItemCommand({ TableName: 'things', Item });
  const transaction = new TransactWriteItemsCommand({
    TransactItems: [{ Put: { TableName: 'things', Item } }, { Put: { TableName: 'other', Item } }],
  });
  const get = new GetItemCommand({ TableName: 'things', Key: Item });

  test('is passed on where nothing strikes', async () => {
    const { client, done } = await behind(faultsOf({ conflict: 0, 'throttle-db': 0 }));

    await client.send(put);
    await client.send(transaction);
    await client.send(get);

    expect(done).toEqual(['PutItem', 'TransactWriteItems', 'GetItem']);
  });

  test('that writes meets a transaction, and is not done; one that reads does not', async () => {
    const faults = always('conflict');
    const { client, done } = await behind(faults);

    await expect(client.send(put)).rejects.toMatchObject({ name: 'TransactionConflictException' });
    await client.send(get);

    expect(done).toEqual(['GetItem']);
    expect(countOf(faults, 'conflict')).toBe(1);
  });

  test('that is a transaction is cancelled, with a reason for each of its items', async () => {
    const { client, done } = await behind(always('conflict'));

    const refusal = await client.send(transaction).catch((cause: unknown) => cause);

    expect(refusal).toMatchObject({ name: 'TransactionCanceledException' });
    const codes = Object(refusal).CancellationReasons.map(({ Code }: { Code: string }) => Code);
    expect(codes.toSorted()).toEqual(['None', 'TransactionConflict']);
    expect(done).toEqual([]);
  });

  test('of any kind is throttled by either of the names that this has', async () => {
    const { client, done } = await behind(always('throttle-db'));
    const names = new Set<string>();

    for (let i = 0; i < 50; i++) await client.send(get).catch(({ name }: Error) => names.add(name));
    const refusal = await client.send(transaction).catch((cause: unknown) => cause);

    expect([...names].sort()).toEqual(['ProvisionedThroughputExceededException', 'ThrottlingException']);
    expect(refusal).toMatchObject({
      name: 'TransactionCanceledException',
      message: expect.stringMatching(/\[(None, )?(ThrottlingError|ProvisionedThroughputExceeded)(, None)?\]$/),
    });
    expect(done).toEqual([]);
  });
});

describe('a connection', () => {
  const assembly = assemblyOf(
    resource('AWS::ApiGatewayV2::Api', 'api1', {
      ProtocolType: 'WEBSOCKET',
      RouteSelectionExpression: '$request.body.[2]',
    }),
    resource('AWS::ApiGatewayV2::Stage', 'stage1', { ApiId: 'api1', StageName: 'ocpp' }),
    ...route('api1', '$disconnect', 'disconnect'),
    ...route('api1', '$default', 'fallback'),
    ...route('api1', 'Echo', 'Echo', { RouteResponseSelectionExpression: '$default' }),
  );
  const code = {
    disconnect: () => ({ statusCode: 200 }),
    fallback: () => ({ statusCode: 400 }),
    Echo: () => ({ statusCode: 200, body: 'answer' }),
  };

  test('is cut after its message was processed, and the answer is lost', async () => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(assembly, functions, { faults: always('cut') });
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.send('[2,"1","Echo",{}]');

    expect(await client.closed).toBe(1006);
    expect(functions.events.get('Echo')).toHaveLength(1);
    expect(client.frames).toEqual([]);
  });

  test('loses an answer of a two-way route, and lives on', async () => {
    const functions = fakeFunctions(code);
    const { authority } = await serve(assembly, functions, { faults: always('lost-answer') });
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.send('[2,"1","Echo",{}]');
    await until('it was processed', () => functions.events.has('Echo'));
    client.socket.send('one-way');
    const frame = await client.frame();

    expect(frame).toContain('Internal server error');
    expect(client.frames).toHaveLength(1);
  });

  test('may end without its function hearing of it', async () => {
    const functions = fakeFunctions(code);
    const faults = always('disconnect-missing');
    const { authority } = await serve(assembly, functions, { faults });
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.close();
    await until('it struck', () => countOf(faults, 'disconnect-missing') === 1);

    expect(functions.events.has('disconnect')).toBe(false);
  });

  test('may end long before its function hears of it', async () => {
    const functions = fakeFunctions(code);
    const faults = faultsOf({ 'disconnect-late': 1 }, 1, 3_600_000);
    const { authority, gateways } = await serve(assembly, functions, { faults });
    const client = await connect(`ws://${authority}/ocpp`);

    client.socket.close();
    await until('it struck', () => countOf(faults, 'disconnect-late') === 1);
    const heard = functions.events.has('disconnect');
    // What is late is not kept back beyond the end.
    await gateways.stop();

    expect(heard).toBe(false);
    expect(functions.events.get('disconnect')).toHaveLength(1);
  });

  test('is told of what struck at /local/faults', async () => {
    const { authority } = await serve(assembly, fakeFunctions(code), { faults: always('cut') });
    const client = await connect(`ws://${authority}/ocpp`);
    client.socket.send('[2,"1","Echo",{}]');
    await client.closed;

    const { status, text } = await http(authority, 'GET', '/local/faults', { host: authority });

    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({ seed: 1, items: [{ kind: 'cut', rate: 1, chances: 1, count: 1 }] });
  });
});

test('without faults there is nothing to tell', async () => {
  const { authority } = await serve(assemblyOf(), fakeFunctions({}));

  const { text } = await http(authority, 'GET', '/local/faults', { host: authority });

  expect(JSON.parse(text)).toEqual({ items: [] });
});
