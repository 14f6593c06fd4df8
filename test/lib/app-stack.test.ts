import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { operationIds, routes } from '#shared/http/index.ts';
import { synthesise } from '#test/lib/cloud.ts';

const { app } = synthesise();
const { app: production } = synthesise({ environment: 'prod' });

const clientShape = z.object({ WriteAttributes: z.array(z.string()), ReadAttributes: z.array(z.string()) });
const stageShape = z.object({ AccessLogSettings: z.object({ Format: z.string() }) });

describe('the app API', () => {
  test('has exactly the routes of the list', () => {
    const keys = app.ofType('AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties.RouteKey);

    expect(keys.sort()).toEqual(operationIds.map((id) => `${routes[id].method} ${routes[id].path}`).sort());
  });

  test.each(operationIds)('lets nobody to %s without a token, and has a function of its own for it', (operation) => {
    const { method, path } = routes[operation];
    const [authorizer] = app.ofType('AWS::ApiGatewayV2::Authorizer');

    const route = app
      .ofType('AWS::ApiGatewayV2::Route')
      .find(({ Properties }) => Properties.RouteKey === `${method} ${path}`);
    const integration = app
      .ofType('AWS::ApiGatewayV2::Integration')
      .find(({ logicalId }) => app.text(route?.Properties.Target) === `integrations/${logicalId}`);

    expect(path).toMatch(/^\/api\//);
    expect(route?.Properties).toMatchObject({
      AuthorizationType: 'JWT',
      AuthorizerId: { Ref: authorizer?.logicalId },
    });
    expect(integration?.Properties).toMatchObject({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' });
    expect(app.text(integration?.Properties.IntegrationUri)).toBe(`${operation}.Arn`);
  });

  test('believes the tokens of the user pool for the app, and no others', () => {
    const [pool] = app.ofType('AWS::Cognito::UserPool');
    const [client] = app.ofType('AWS::Cognito::UserPoolClient');

    const authorizers = app.ofType('AWS::ApiGatewayV2::Authorizer').map(({ Properties }) => Properties);

    expect(authorizers).toMatchObject([
      {
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: {
          Issuer: { 'Fn::GetAtt': [pool?.logicalId, 'ProviderURL'] },
          Audience: [{ Ref: client?.logicalId }],
        },
      },
    ]);
  });

  test('publishes its routes by itself, at the root', () => {
    const stages = app.ofType('AWS::ApiGatewayV2::Stage').map(({ Properties }) => Properties);

    expect(stages).toMatchObject([{ StageName: '$default', AutoDeploy: true }]);
    expect(app.output('ApiUrl')).toMatch(/^https:\/\/\w+\.execute-api\.AWS::Region\.AWS::URLSuffix\/$/);
  });

  test('logs the route and never the path, which may hold an idTag', () => {
    const [stage] = app.ofType('AWS::ApiGatewayV2::Stage');

    const { Format } = stageShape.parse(stage?.Properties).AccessLogSettings;

    expect(Format).toContain('$context.routeKey');
    expect(Format).not.toMatch(/\$context\.path|query|header/i);
  });
});

describe('the people', () => {
  test('sign in by e-mail, with a password that is hard to guess, and cannot sign up on their own', () => {
    const pools = app.ofType('AWS::Cognito::UserPool').map(({ Properties }) => Properties);

    expect(pools).toMatchObject([
      {
        UsernameAttributes: ['email'],
        AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
        Policies: {
          PasswordPolicy: { MinimumLength: 12, RequireLowercase: true, RequireUppercase: true, RequireNumbers: true },
        },
      },
    ]);
  });

  test('can read which organisation they belong to, and cannot write it', () => {
    const [client] = app.ofType('AWS::Cognito::UserPoolClient');

    const { ReadAttributes, WriteAttributes } = clientShape.parse(client?.Properties);

    expect(ReadAttributes).toContain('custom:organisationId');
    expect(WriteAttributes.sort()).toEqual(['email', 'name']);
  });

  test('use a public client: no secret, no password on the wire, tokens of an hour', () => {
    const clients = app.ofType('AWS::Cognito::UserPoolClient').map(({ Properties }) => Properties);

    expect(clients).toMatchObject([
      {
        GenerateSecret: false,
        ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
        IdTokenValidity: 60,
        PreventUserExistenceErrors: 'ENABLED',
      },
    ]);
  });

  test('have a group for every role', () => {
    const groups = app.ofType('AWS::Cognito::UserPoolGroup').map(({ Properties }) => Properties.GroupName);

    expect(groups.sort()).toEqual(['driver', 'finance', 'manager', 'operator', 'owner', 'viewer']);
  });

  test('outlive the stack in production, and nowhere else', () => {
    const [kept] = production.ofType('AWS::Cognito::UserPool');
    const [gone] = app.ofType('AWS::Cognito::UserPool');

    expect(kept).toMatchObject({ DeletionPolicy: 'Retain', Properties: { DeletionProtection: 'ACTIVE' } });
    expect(gone).toMatchObject({ DeletionPolicy: 'Delete', Properties: { DeletionProtection: 'INACTIVE' } });
  });
});

test('the app stack stays far from the 500 resources that a stack may hold', () => {
  expect(app.resources.length).toBeLessThan(400);
});
