import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { inboundNames } from '#shared/ocpp/v16/index.ts';
import { type Part, type Resource, synthesise } from '#test/lib/cloud.ts';

const { charger } = synthesise();

const referenceShape = z.object({ Ref: z.string() });
const stageShape = z.object({ AccessLogSettings: z.object({ Format: z.string() }) });
const mappingShape = z.object({
  FilterCriteria: z.object({ Filters: z.array(z.object({ Pattern: z.string() })) }),
});
const distributionShape = z.object({
  DistributionConfig: z.object({
    DefaultCacheBehavior: z.record(z.string(), z.unknown()),
    CacheBehaviors: z.tuple([z.record(z.string(), z.unknown())]),
    Origins: z.tuple([
      z.object({
        DomainName: z.unknown(),
        OriginPath: z.string(),
        OriginCustomHeaders: z.tuple([z.object({ HeaderName: z.string(), HeaderValue: z.unknown() })]),
      }),
    ]),
  }),
});

describe('the charger gateway', () => {
  test('selects the route by the action of an OCPP-J frame', () => {
    charger.template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      ProtocolType: 'WEBSOCKET',
      RouteSelectionExpression: '$request.body.[2]',
    });

    expect(charger.ofType('AWS::ApiGatewayV2::Api')).toHaveLength(1);
  });

  test('has a route for every inbound action, for connecting, disconnecting and everything else, and no other', () => {
    const keys = charger.ofType('AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties.RouteKey);

    expect(keys.sort()).toEqual([...inboundNames, '$connect', '$default', '$disconnect'].sort());
  });

  test.each(inboundNames)('answers %s on the same socket, by a function of its own', (action) => {
    const route = routeOf(action);

    expect(route.Properties).toMatchObject({ RouteResponseSelectionExpression: '$default', AuthorizationType: 'NONE' });
    expect(responsesOf(route)).toEqual(['$default']);
    expect(functionBehind(route)).toBe(action);
  });

  test.each([
    ['$default', 'answer'],
    ['$connect', 'connect'],
    ['$disconnect', 'disconnect'],
  ])('sends nothing back from %s, which %s takes', (key, name) => {
    const route = routeOf(key);

    expect(route.Properties).not.toHaveProperty('RouteResponseSelectionExpression');
    expect(responsesOf(route)).toEqual([]);
    expect(functionBehind(route)).toBe(name);
  });

  test.each([...inboundNames, '$default', '$connect', '$disconnect'])(
    'lets %s, and no other route, call its function',
    (key) => {
      const name = functionBehind(routeOf(key));

      const permissions = charger
        .ofType('AWS::Lambda::Permission')
        .filter(({ Properties }) => charger.text(Properties.FunctionName) === `${name}.Arn`)
        .map(({ Properties }) => [Properties.Principal, charger.text(Properties.SourceArn)]);

      expect(permissions).toEqual([
        [
          'apigateway.amazonaws.com',
          expect.stringMatching(new RegExp(`:execute-api:.*/\\*${key.replace('$', '\\$')}$`)),
        ],
      ]);
    },
  );

  test('asks the authorizer about every connection, with or without an Authorization header', () => {
    charger.template.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'REQUEST',
      IdentitySource: [],
    });
    const [authorizer] = charger.ofType('AWS::ApiGatewayV2::Authorizer');

    expect(charger.text(authorizer?.Properties.AuthorizerUri)).toMatch(/\/functions\/authorize\.Arn\/invocations$/);
    expect(routeOf('$connect').Properties).toMatchObject({
      AuthorizationType: 'CUSTOM',
      AuthorizerId: { Ref: authorizer?.logicalId },
    });
  });

  test('publishes its routes by itself, at the stage ocpp', () => {
    const stages = charger.ofType('AWS::ApiGatewayV2::Stage').map(({ Properties }) => Properties);

    expect(stages).toMatchObject([{ StageName: 'ocpp', AutoDeploy: true }]);
  });

  test('logs who connected without a header or a query string', () => {
    const [stage] = charger.ofType('AWS::ApiGatewayV2::Stage');

    const format = stageShape.parse(stage?.Properties).AccessLogSettings.Format;

    expect(format).toContain('$context.authorizer.principalId');
    expect(format).not.toMatch(/header|query|authorization|path/i);
  });
});

describe('the stream of chargers', () => {
  test("is read only for changes of a charger's own item", () => {
    const mapping = charger
      .ofType('AWS::Lambda::EventSourceMapping')
      .find(({ Properties }) => 'FilterCriteria' in Properties);

    const patterns = mappingShape
      .parse(mapping?.Properties)
      .FilterCriteria.Filters.map(({ Pattern }) => JSON.parse(Pattern));

    expect(patterns).toEqual([{ dynamodb: { Keys: { sk: { S: ['config'] } } }, eventName: ['MODIFY', 'REMOVE'] }]);
  });

  test('has one reader, which retries a few times, in halves, and then sets aside', () => {
    const mappings = charger
      .ofType('AWS::Lambda::EventSourceMapping')
      .map(({ Properties }) => Properties)
      .filter((properties) => 'StartingPosition' in properties);
    const queue = charger.ofType('AWS::SQS::Queue').find(({ logicalId }) => logicalId.startsWith('ChargerChanges'));

    expect(mappings).toMatchObject([
      {
        FunctionName: { Ref: 'chargerChanges' },
        StartingPosition: 'TRIM_HORIZON',
        BatchSize: 25,
        ParallelizationFactor: 1,
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        MaximumRetryAttempts: 5,
        DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queue?.logicalId, 'Arn'] } } },
      },
    ]);
    expect(charger.text(mappings[0]?.EventSourceArn)).toBe('chargers.StreamArn');
  });
});

describe('the entrance', () => {
  test.each([
    ['cloudfront', 1, ['ChargerUrl']],
    ['direct', 0, ['DirectChargerUrl']],
    ['both', 1, ['ChargerUrl', 'DirectChargerUrl']],
  ])('%s has %i distribution(s), tells the authorizer, and prints its URLs', (entrance, distributions, urls) => {
    const { charger: chosen } = synthesise({ entrance });

    chosen.template.resourceCountIs('AWS::CloudFront::Distribution', distributions);
    chosen.template.resourceCountIs('AWS::CloudFront::Function', distributions);
    chosen.template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'authorize',
      Environment: { Variables: Match.objectLike({ ENTRANCE: entrance }) },
    });
    expect(['ChargerUrl', 'DirectChargerUrl'].filter((name) => chosen.output(name))).toEqual(urls);
  });

  test('through CloudFront is for chargers that append their identity', () => {
    const url = charger.output('ChargerUrl');

    expect(url).toMatch(/^wss:\/\/Entrance\w+\.DomainName\/ocpp\/$/);
  });

  test('past CloudFront takes the identity from the query string', () => {
    const url = synthesise({ entrance: 'direct' }).charger.output('DirectChargerUrl');

    expect(url).toMatch(/^wss:\/\/\w+\.execute-api\.AWS::Region\.AWS::URLSuffix\/ocpp\?id=$/);
  });

  test('runs the path function before anything else, caches nothing, and keeps the headers of the handshake', () => {
    const { DefaultCacheBehavior, CacheBehaviors } = distributionOf(charger);

    expect(CacheBehaviors[0].PathPattern).toBe('/ocpp/*');
    for (const behaviour of [DefaultCacheBehavior, CacheBehaviors[0]]) {
      expect(behaviour).toMatchObject({
        ViewerProtocolPolicy: 'https-only',
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
        FunctionAssociations: [{ EventType: 'viewer-request' }],
      });
    }
    charger.template.hasResourceProperties('AWS::CloudFront::Function', {
      FunctionConfig: { Runtime: 'cloudfront-js-2.0' },
    });
  });

  test('proves to the gateway that it is CloudFront, without its key being in the template', () => {
    const [origin] = distributionOf(charger).Origins;
    const [header] = origin.OriginCustomHeaders;

    expect(header.HeaderName).toBe('x-chargeline-origin-key');
    expect(charger.text(header.HeaderValue)).toBe('{{resolve:secretsmanager:originKeys:SecretString:current::}}');
    expect(origin.OriginPath).toBe('/ocpp');
    expect(charger.text(origin.DomainName)).toMatch(/^Ocpp16Api\w+\.execute-api\.AWS::Region\.AWS::URLSuffix$/);
  });

  test('moves to another origin key when its version is named', () => {
    const originKeyVersion = '0b2b6a4e-1d0c-4c0e-8f3e-3f4f5a6b7c8d';

    const [origin] = distributionOf(synthesise({ originKeyVersion }).charger).Origins;

    expect(charger.text(origin.OriginCustomHeaders[0].HeaderValue)).toBe(
      `{{resolve:secretsmanager:originKeys:SecretString:current::${originKeyVersion}}}`,
    );
  });
});

test('the charger stack stays far from the 500 resources that a stack may hold', () => {
  const { charger: largest } = synthesise({ entrance: 'both' });

  expect(largest.resources.length).toBeLessThan(400);
});

function routeOf(key: string): Resource {
  const route = charger.ofType('AWS::ApiGatewayV2::Route').find(({ Properties }) => Properties.RouteKey === key);
  if (!route) throw new Error(`No route ${key}`);
  return route;
}

function responsesOf(route: Resource): unknown[] {
  return charger
    .ofType('AWS::ApiGatewayV2::RouteResponse')
    .filter(({ Properties }) => referenceShape.parse(Properties.RouteId).Ref === route.logicalId)
    .map(({ Properties }) => Properties.RouteResponseKey);
}

function functionBehind(route: Resource): string | undefined {
  const target = charger.text(route.Properties.Target).replace(/^integrations\//, '');
  const integration = charger.ofType('AWS::ApiGatewayV2::Integration').find(({ logicalId }) => logicalId === target);
  expect(integration?.Properties.IntegrationType).toBe('AWS_PROXY');
  return /\/functions\/(\w+)\.Arn\/invocations$/.exec(charger.text(integration?.Properties.IntegrationUri))?.[1];
}

function distributionOf(part: Part) {
  const [distribution] = part.ofType('AWS::CloudFront::Distribution');
  return distributionShape.parse(distribution?.Properties).DistributionConfig;
}
