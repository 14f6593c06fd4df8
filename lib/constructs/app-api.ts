import { Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, HttpStage, type WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import { accessLog } from '#lib/constructs/access-log.ts';
import type { CommandTimers } from '#lib/constructs/command-timers.ts';
import type { People } from '#lib/constructs/people.ts';
import { type Ground, ServiceFunction } from '#lib/constructs/service-function.ts';
import { operationIds, routes } from '#shared/http/index.ts';

interface AppApiProps extends Ground {
  people: People;
  /** Where chargers are connected. */
  connections: WebSocketStage;
  timers: CommandTimers;
  /** What links to files begin with. */
  filesUrl: string;
}

/** The HTTP API of the apps: a route and a function per operation, none without a token. */
export class AppApi extends Construct {
  readonly stage: HttpStage;

  constructor(scope: Construct, id: string, { people, ...ground }: AppApiProps) {
    super(scope, id);

    const api = new HttpApi(this, 'Api', {
      apiName: `${Stack.of(this).stackName}-${id}`,
      createDefaultStage: false,
    });
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      autoDeploy: true,
      // The route and never the path: an idTag opens a charging session.
      accessLogSettings: accessLog(this, ground.settings.lifetime, {
        requestId: 'requestId',
        routeKey: 'routeKey',
        status: 'status',
        person: 'authorizer.claims.sub',
        sourceIp: 'identity.sourceIp',
        error: 'error.message',
        authorizerError: 'authorizer.error',
        integrationStatus: 'integrationStatus',
        integrationError: 'integrationErrorMessage',
        latency: 'responseLatency',
        at: 'requestTimeEpoch',
      }),
    });
    const authorizer = new HttpJwtAuthorizer('Authorizer', people.pool.userPoolProviderUrl, {
      jwtAudience: [people.app.userPoolClientId],
      identitySource: ['$request.header.Authorization'],
    });
    for (const operation of operationIds) {
      const { method, path } = routes[operation];
      api.addRoutes({
        path,
        methods: [HttpMethod[method]],
        integration: new HttpLambdaIntegration('Integration', new ServiceFunction(this, operation, ground).lambda),
        authorizer,
      });
    }
  }
}
