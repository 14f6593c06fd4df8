import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, Duration, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer, WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration, WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  OriginRequestPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { AttributeType, BillingMode, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function as Lambda, Runtime, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { buildSync } from 'esbuild';

/** The functions of the fixture cloud, each an ES module; a test replaces those it is about. */
const handlers = {
  connect: `export const handler = async () => ({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'ocpp1.6' } })`,
  disconnect: `export const handler = async () => ({ statusCode: 200 })`,
  authorize: `
    export const handler = async (event) => ({
      principalId: event.queryStringParameters?.id ?? 'nobody',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn }],
      },
      context: { chargerId: event.queryStringParameters?.id ?? '' },
    })`,
  Echo: `export const handler = async (event) => ({ statusCode: 200, body: event.body })`,
  fallback: `export const handler = async () => ({ statusCode: 200 })`,
  getThing: `
    export const handler = async (event) => ({
      statusCode: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ thing: event.pathParameters?.thingId, claims: event.requestContext.authorizer?.jwt?.claims }),
    })`,
  onChange: `export const handler = async (event) => { console.log(JSON.stringify(event)) }`,
};

export interface Fixture {
  /** Sources of functions that differ from the ones above; they may import what the repository has installed. */
  handlers?: Partial<Record<keyof typeof handlers, string>>;
  /** Adds to or changes the cloud before it is synthesised. */
  change?: (cloud: FixtureStacks) => void;
}

type FixtureStacks = ReturnType<typeof stacks>;

/** Synthesises a small cloud in two stacks, built as the product's is. `directory` is the cloud assembly. */
export function fixtureCloud({ handlers: replaced = {}, change }: Fixture = {}): {
  directory: string;
  remove(): void;
} {
  const root = mkdtempSync(join(tmpdir(), 'chargeline-fixture-'));
  for (const [name, source] of Object.entries({ ...handlers, ...replaced })) {
    buildSync({
      stdin: { contents: source, resolveDir: process.cwd() },
      outfile: join(root, 'bundles', name, 'index.mjs'),
      bundle: true,
      format: 'esm',
      platform: 'node',
      banner: { js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);" },
    });
  }
  const directory = join(root, 'cloud');
  const app = new App({ outdir: directory, analyticsReporting: false });
  const cloud = stacks(app, (name) => join(root, 'bundles', name));
  change?.(cloud);
  app.synth();
  return { directory, remove: () => rmSync(root, { recursive: true, force: true }) };
}

function stacks(app: App, bundleOf: (name: string) => string) {
  const data = new Stack(app, 'fixture-data');
  const table = new Table(data, 'Things', {
    tableName: 'fixture-things',
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    stream: StreamViewType.NEW_AND_OLD_IMAGES,
    timeToLiveAttribute: 'expiresAt',
    removalPolicy: RemovalPolicy.DESTROY,
  });
  table.addGlobalSecondaryIndex({
    indexName: 'byColour',
    partitionKey: { name: 'colour', type: AttributeType.STRING },
  });
  const secret = new Secret(data, 'OriginSecret', {
    generateSecretString: {
      secretStringTemplate: '{"previous":""}',
      generateStringKey: 'current',
      excludePunctuation: true,
    },
  });

  const stack = new Stack(app, 'fixture-app');
  const lambda = (name: keyof typeof handlers) => {
    const fn = new Lambda(stack, name, {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromAsset(bundleOf(name)),
      timeout: Duration.seconds(5),
      memorySize: 256,
      environment: { TABLE: table.tableName, SECRET: secret.secretArn },
    });
    table.grantReadWriteData(fn);
    secret.grantRead(fn);
    return fn;
  };
  const functions = {
    connect: lambda('connect'),
    disconnect: lambda('disconnect'),
    authorize: lambda('authorize'),
    Echo: lambda('Echo'),
    fallback: lambda('fallback'),
    getThing: lambda('getThing'),
    onChange: lambda('onChange'),
  };

  const deadLetters = new Queue(stack, 'DeadLetters');
  functions.onChange.addEventSource(
    new DynamoEventSource(table, {
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 10,
      retryAttempts: 2,
      filters: [{ pattern: JSON.stringify({ eventName: ['INSERT', 'MODIFY'] }) }],
      onFailure: new SqsDlq(deadLetters),
    }),
  );

  const webSocketApi = new WebSocketApi(stack, 'ChargerApi', {
    routeSelectionExpression: '$request.body.[2]',
    connectRouteOptions: {
      integration: new WebSocketLambdaIntegration('Connect', functions.connect),
      authorizer: new WebSocketLambdaAuthorizer('Authorizer', functions.authorize, { identitySource: [] }),
    },
    disconnectRouteOptions: { integration: new WebSocketLambdaIntegration('Disconnect', functions.disconnect) },
    defaultRouteOptions: { integration: new WebSocketLambdaIntegration('Fallback', functions.fallback) },
  });
  webSocketApi.addRoute('Echo', {
    integration: new WebSocketLambdaIntegration('Echo', functions.Echo),
    returnResponse: true,
  });
  const stage = new WebSocketStage(stack, 'ChargerStage', { webSocketApi, stageName: 'ocpp', autoDeploy: true });
  for (const fn of Object.values(functions)) {
    stage.grantManagementApiAccess(fn);
    if (fn !== functions.authorize) {
      fn.addEnvironment('AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI', stage.callbackUrl);
    }
  }

  const users = new UserPool(stack, 'Users', { removalPolicy: RemovalPolicy.DESTROY });
  const client = users.addClient('Console');
  const httpApi = new HttpApi(stack, 'AppApi', {
    defaultAuthorizer: new HttpJwtAuthorizer('Operators', users.userPoolProviderUrl, {
      jwtAudience: [client.userPoolClientId],
    }),
  });
  httpApi.addRoutes({
    path: '/api/things/{thingId}',
    methods: [HttpMethod.GET],
    integration: new HttpLambdaIntegration('GetThing', functions.getThing),
  });

  const distribution = new Distribution(stack, 'Edge', {
    defaultBehavior: {
      origin: new HttpOrigin(`${webSocketApi.apiId}.execute-api.${stack.region}.${stack.urlSuffix}`, {
        originPath: '/ocpp',
        customHeaders: {
          'x-origin-secret': SecretValue.secretsManager(secret.secretArn, { jsonField: 'current' }).unsafeUnwrap(),
        },
      }),
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      functionAssociations: [
        {
          eventType: FunctionEventType.VIEWER_REQUEST,
          function: new EdgeFunction(stack, 'IdentityFromPath', {
            runtime: FunctionRuntime.JS_2_0,
            code: FunctionCode.fromInline(`function handler(event) {
              var request = event.request;
              var identity = request.uri.match(/^\\/ocpp\\/([^/]+)$/);
              delete request.querystring.id;
              if (identity) request.querystring.id = { value: identity[1] };
              request.uri = '/';
              return request;
            }`),
          }),
        },
      ],
    },
    additionalBehaviors: {
      '/api/*': {
        origin: new HttpOrigin(`${httpApi.apiId}.execute-api.${stack.region}.${stack.urlSuffix}`),
        allowedMethods: AllowedMethods.ALLOW_ALL,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      },
    },
  });
  new CfnOutput(stack, 'Url', { value: `https://${distribution.domainName}` });
  return {
    app,
    data,
    stack,
    table,
    secret,
    functions,
    deadLetters,
    webSocketApi,
    stage,
    users,
    client,
    httpApi,
    distribution,
  };
}
