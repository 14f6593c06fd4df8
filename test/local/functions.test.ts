import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { startFunctions } from '#local/lambda/functions.ts';
import type { Assembly, Functions, Invocation } from '#local/parts.ts';
import { UserError } from '#local/start/user-error.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { until } from '#test/support/until.ts';

interface Setup {
  /** The properties of the function besides its code. */
  properties?: Record<string, unknown>;
  database?: string;
  maxInstances?: number;
  maxWaiting?: number;
  growAfterMs?: number;
  /** That have nothing to do. */
  freeCores?: number;
  idleMs?: number;
  variables?: Record<string, string>;
  crashAfterMs?: () => number | undefined;
}

/** The Lambda service with one function, `subject`, whose module is `source`. */
function service(source: string, setup: Setup = {}) {
  const { properties = {}, database = 'http://127.0.0.1:9', variables, crashAfterMs, freeCores = 1, ...limits } = setup;
  const directory = temporaryDirectory();
  const bundle = join(directory, 'bundle');
  buildSync({
    stdin: { contents: source, resolveDir: process.cwd() },
    outfile: join(bundle, 'index.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    banner: { js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);" },
  });
  const subject = {
    stack: 'app',
    logicalId: 'Subject',
    type: 'AWS::Lambda::Function',
    physicalId: 'app-Subject',
    properties: { Handler: 'index.handler', Timeout: 10, MemorySize: 256, ...properties },
  };
  const assembly: Assembly = {
    resources: [subject],
    ofType: (type) => (type === subject.type ? [subject] : []),
    bundleDirectory: () => bundle,
  };
  const logsDirectory = join(directory, 'logs');
  const logFile = join(logsDirectory, 'Subject.log');
  const functions = startFunctions(assembly, {
    region: 'us-east-1',
    endpoints: () => ({
      dynamodb: database,
      secretsManager: 'http://127.0.0.1:9',
      sqs: 'http://127.0.0.1:7',
      cloudFront: 'http://127.0.0.1:1',
      management: 'http://127.0.0.1:8080/@management',
    }),
    logsDirectory,
    ...limits,
    watchCores: () => () => freeCores,
    ...(variables && { variables }),
    ...(crashAfterMs && { crashAfterMs }),
  });
  onTestFinished(() => functions.stop());
  return {
    functions,
    bundle,
    logOf: () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''),
    invoke: (event: unknown = {}) => functions.invoke('app-Subject', event),
  };
}

test('event and result cross as JSON', async () => {
  const { invoke } = service(
    'export const handler = async (event) => ({ got: event, lost: undefined, at: new Date(0) })',
  );

  const answer = await invoke({ n: 1, nothing: undefined });

  expect(answer).toEqual({ ok: true, payload: { got: { n: 1 }, at: '1970-01-01T00:00:00.000Z' } });
});

test.each([
  'app-Subject',
  'arn:aws:lambda:us-east-1:000000000000:function:app-Subject',
  'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:app-Subject/invocations',
])('a function is found by %s', async (target) => {
  const { functions } = service('export const handler = async () => 1');

  expect(await functions.invoke(target, {})).toEqual({ ok: true, payload: 1 });
});

test('a function that no template has cannot be invoked', async () => {
  const { functions } = service('export const handler = async () => 1');

  await expect(functions.invoke('nobody', {})).rejects.toThrow("there is no function 'nobody'");
});

test('the environment is what the template gives, what Lambda sets, and where the services are', async () => {
  const Variables = {
    TABLE: 'things',
    QUEUE: 'https://sqs.us-east-1.amazonaws.com/000000000000/due',
    AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: 'https://a1b2.execute-api.us-east-1.amazonaws.com/ocpp',
  };
  const { invoke, bundle } = service('export const handler = async () => process.env', {
    properties: { Environment: { Variables } },
    database: 'http://127.0.0.1:8000',
  });

  const answer = await invoke();

  expect(answer).toEqual({
    ok: true,
    payload: {
      TABLE: 'things',
      AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: 'http://127.0.0.1:8080/@management/a1b2/ocpp',
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:8000',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:9',
      AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:7',
      QUEUE: 'http://127.0.0.1:7/000000000000/due',
      AWS_LAMBDA_FUNCTION_NAME: 'app-Subject',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/app-Subject',
      AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_SESSION_TOKEN: 'local',
      LAMBDA_TASK_ROOT: bundle,
      LAMBDA_RUNTIME_DIR: '/var/runtime',
      _HANDLER: 'index.handler',
      LANG: 'en_US.UTF-8',
      PATH: '/usr/local/bin:/usr/bin:/bin:/opt/bin',
      TZ: ':UTC',
    },
  });
});

const Environment = { Variables: { OFFER: 'template', TABLE: 'things' } };

test('a variable that is set has that value in the place of the template’s', async () => {
  const { invoke } = service('export const handler = async () => [process.env.OFFER, process.env.TABLE]', {
    properties: { Environment },
    variables: { OFFER: 'set' },
  });

  expect(await invoke()).toEqual({ ok: true, payload: ['set', 'things'] });
});

test('a variable that no function has cannot be set, and its value is not told', () => {
  const start = () =>
    service('export const handler = async () => 1', {
      properties: { Environment },
      variables: { OFFER: 'set', PEPPER: 'hunter2' },
    });

  expect(start).toThrow(new UserError('--set PEPPER: no function of the templates has such a variable.'));
});

test('the context says who runs and how much time is left', async () => {
  const { invoke } = service(
    'export const handler = async (_, context) => ({ ...context, left: context.getRemainingTimeInMillis() > 9_000 })',
  );

  const answer = await invoke();

  expect(answer).toMatchObject({
    ok: true,
    payload: {
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      functionName: 'app-Subject',
      functionVersion: '$LATEST',
      memoryLimitInMB: '256',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:app-Subject',
      logGroupName: '/aws/lambda/app-Subject',
      left: true,
    },
  });
});

/** Counts its invocations, and how many run at the same time in its instance. */
const counting = `
  let calls = 0, running = 0, most = 0;
  export const handler = async ({ ms = 0 }) => {
    calls++; most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, ms));
    running--;
    return { instance: process.env.AWS_LAMBDA_LOG_STREAM_NAME, calls, most };
  }`;

test('an instance is used again, with its state', async () => {
  const { invoke } = service(counting);

  await invoke();
  const answer = await invoke();

  expect(answer).toMatchObject({ ok: true, payload: { calls: 2 } });
});

test('an instance has one invocation at a time, and further ones wait when there are enough instances', async () => {
  const { invoke } = service(counting, { maxInstances: 2, growAfterMs: 0 });

  const answers = await Promise.all(Array.from({ length: 9 }, () => invoke({ ms: 5 })));

  const payloads = answers.map((answer) => payloadOf(answer));
  expect(payloads.every((payload) => payload.most === 1)).toBe(true);
  expect(new Set(payloads.map((payload) => payload.instance)).size).toBe(2);
});

test('who is served soon is not given an instance of its own', async () => {
  const { invoke } = service(counting, { maxInstances: 2, growAfterMs: 60_000 });

  const answers = await Promise.all(Array.from({ length: 9 }, () => invoke({ ms: 1 })));

  expect(new Set(answers.map((answer) => payloadOf(answer).instance)).size).toBe(1);
});

test('where no core is free, who waits is given another instance when the one there is waits for somebody', async () => {
  const { invoke } = service(counting, { maxInstances: 2, growAfterMs: 20, freeCores: 0 });
  const long = invoke({ ms: 2_000 });

  const answer = await invoke();

  expect(payloadOf(answer).instance).not.toBe(payloadOf(await long).instance);
});

test('where no core is free, who waits has the instance that is at work when it is done', async () => {
  const atWork = `let calls = 0;
    export const handler = async ({ ms = 0 }) => { const end = Date.now() + ms; while (Date.now() < end); return ++calls }`;
  const { invoke } = service(atWork, { maxInstances: 2, growAfterMs: 200, freeCores: 0 });
  await invoke();

  const answers = await Promise.all(Array.from({ length: 3 }, () => invoke({ ms: 300 })));

  expect(answers.map((answer) => answer.ok && answer.payload)).toEqual([2, 3, 4]);
});

test('nobody waits for ever for an instance that is at work', async () => {
  const atWork = `export const handler = async ({ ms = 0 }) => {
    const end = Date.now() + ms; while (Date.now() < end); return process.env.AWS_LAMBDA_LOG_STREAM_NAME }`;
  const { invoke } = service(atWork, { maxInstances: 2, growAfterMs: 20, freeCores: 0 });
  const long = invoke({ ms: 3_000 });

  const answer = await invoke();

  expect(answer).not.toEqual(await long);
});

test('who came first is served first', async () => {
  const { invoke } = service(
    `let served = [];
    export const handler = async ({ n }) => { served.push(n); return served }`,
    { maxInstances: 1 },
  );
  // One more comes each time that one is served: it must not go before those that wait.
  const late: Promise<Invocation>[] = [];

  await Promise.all([0, 1, 2, 3].map((n) => invoke({ n }).then(() => late.push(invoke({ n: n + 10 })))));
  await Promise.all(late);
  const answer = await invoke({ n: 'last' });

  expect(answer).toEqual({ ok: true, payload: [0, 1, 2, 3, 10, 11, 12, 13, 'last'] });
});

test('when enough wait for a function, the next is throttled as by Lambda, and those are served', async () => {
  const { invoke } = service(counting, { maxInstances: 1, maxWaiting: 2 });

  const answers = await Promise.all(Array.from({ length: 5 }, () => invoke({ ms: 5 })));

  const refusal = { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.' };
  expect(answers.map(({ ok }) => ok)).toEqual([true, true, true, false, false]);
  expect(answers[4]).toEqual({ ok: false, error: refusal });
  expect(await invoke()).toMatchObject({ ok: true, payload: { calls: 4 } });
});

test('an instance that nobody asks for anything leaves', async () => {
  const { invoke } = service(counting, { idleMs: 1 });

  await invoke();

  await until('there is a new instance', async () => payloadOf(await invoke()).calls === 1);
  expect(await invoke()).toMatchObject({ ok: true });
});

test('instances share neither globals nor the environment', async () => {
  const { invoke } = service(
    `export const handler = async () => {
      const seen = [globalThis.mark, process.env.MARK];
      globalThis.mark = process.env.MARK = 'mine';
      await new Promise((resolve) => setTimeout(resolve, 20));
      return seen;
    }`,
    { maxInstances: 2, growAfterMs: 0 },
  );

  const answers = await Promise.all([invoke(), invoke()]);

  expect(answers).toEqual([
    { ok: true, payload: [null, null] },
    { ok: true, payload: [null, null] },
  ]);
  expect([process.env.MARK, Reflect.get(globalThis, 'mark')]).toEqual([undefined, undefined]);
});

test('an error that is thrown is the answer, by type and message', async () => {
  const { invoke } = service(`export const handler = async () => { throw new RangeError('too far') }`);

  expect(await invoke()).toEqual({ ok: false, error: { errorType: 'RangeError', errorMessage: 'too far' } });
});

test('a bundle that cannot be loaded fails the invocation', async () => {
  const { invoke } = service(`throw new Error('no configuration')`);

  expect(await invoke()).toEqual({ ok: false, error: { errorType: 'Error', errorMessage: 'no configuration' } });
});

test.each([
  ['waits for ever', 'await new Promise((resolve) => setTimeout(resolve, 60_000))'],
  ['never yields', 'for (;;);'],
])('an invocation that %s times out, and the next one has a new instance', async (_, body) => {
  const { invoke } = service(
    `let calls = 0;
    export const handler = async ({ hang }) => { calls++; if (hang) { ${body} } return calls }`,
    { properties: { Timeout: 1 } },
  );

  const late = await invoke({ hang: true });
  const next = await invoke({ hang: false });

  expect(late).toEqual({
    ok: false,
    error: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 1.00 seconds' },
  });
  expect(next).toEqual({ ok: true, payload: 1 });
});

test.each([
  [
    'exits',
    'process.exit(7)',
    { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited with error: exit status 7' },
  ],
  [
    'throws outside of its handler',
    `setTimeout(() => { throw new TypeError('stray') }); await new Promise(() => {})`,
    { errorType: 'TypeError', errorMessage: 'stray' },
  ],
])('a function that %s fails its invocation, and the next one has a new instance', async (_, body, error) => {
  const { invoke } = service(`export const handler = async ({ crash }) => { if (crash) { ${body} } return 'alive' }`);

  const crashed = await invoke({ crash: true });
  const next = await invoke({ crash: false });

  expect(crashed).toEqual({ ok: false, error });
  expect(next).toEqual({ ok: true, payload: 'alive' });
});

test('an instance that is made to crash takes its invocation with it, and the next one has a new instance', async () => {
  const crashes = [5, undefined];
  const { invoke } = service(
    `let calls = 0;
    export const handler = async () => { await new Promise((resolve) => setTimeout(resolve, 20)); return ++calls }`,
    { crashAfterMs: () => crashes.shift() },
  );

  const crashed = await invoke();
  const next = await invoke();

  expect(crashed).toEqual({
    ok: false,
    error: { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited with error: signal: killed' },
  });
  expect(next).toEqual({ ok: true, payload: 1 });
});

test.each([
  ['another runtime', { Runtime: 'python3.13' }, 'only Node runs here'],
  ['layers', { Layers: ['arn:aws:lambda:us-east-1:1:layer:a:1'] }, 'layers are not emulated'],
])('a function with %s is refused at start', (_, properties, message) => {
  const start = () => service('export const handler = async () => 1', { properties });

  expect(start).toThrow('app/Subject (AWS::Lambda::Function)');
  expect(start).toThrow(message);
});

test('what a function prints goes to its log, line by line', async () => {
  const { invoke, logOf } = service(
    `export const handler = async () => { console.log('out'); console.error('err'); process.stdout.write('a'); process.stdout.write('b\\n') }`,
  );

  await invoke();

  await until('the lines are in the log', () => {
    const lines = logOf().split('\n');
    return ['out', 'err', 'ab'].every((line) => lines.includes(line));
  });
  expect(logOf()).not.toContain('outerr');
});

test('what the unchanged AWS SDK asks for is recorded as the rights it uses', async () => {
  const database = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
  onTestFinished(() => void database.close());
  await until('the database listens', () => database.listening);
  const address = database.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const { invoke, functions } = service(
    `import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
    const client = new DynamoDBClient({});
    export const handler = async () => {
      await client.send(new PutItemCommand({ TableName: 'things', Item: { pk: { S: 'ä' } } }));
      await client.send(new QueryCommand({ TableName: 'things', IndexName: 'byColour', KeyConditionExpression: 'a = b' }));
    }`,
    { database: `http://127.0.0.1:${port}` },
  );

  const answers = [await invoke(), await invoke()];

  expect(answers).toEqual([
    { ok: true, payload: null },
    { ok: true, payload: null },
  ]);
  expect(usageOf(functions)).toEqual(['dynamodb:PutItem things 2', 'dynamodb:Query things/index/byColour 2']);
});

test('what instances cost is told, also of those that have ended', async () => {
  const { invoke, functions } = service('export const handler = async () => 1', { idleMs: 1 });

  const before = await functions.cpu();
  await invoke();
  const [ended] = await until('the instance has left', async () => {
    const cpu = await functions.cpu();
    return cpu[0]?.instances === 0 ? cpu : undefined;
  });

  expect(before).toEqual([]);
  expect(ended).toMatchObject({ functionId: 'Subject', invocations: 1, instances: 0 });
  expect(ended?.initCpuMicros).toHaveLength(1);
  expect(ended?.cpuMicros).toBeGreaterThan(ended?.initCpuMicros[0] ?? 0);
});

function usageOf(functions: Functions): string[] {
  return functions.usage().map(({ action, resource, count }) => `${action} ${resource} ${count}`);
}

function payloadOf(answer: Invocation): Record<string, unknown> {
  if (!answer.ok || typeof answer.payload !== 'object' || !answer.payload) throw new Error('not an object');
  return { ...answer.payload };
}
