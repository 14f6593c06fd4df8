import { Stack, Validations } from 'aws-cdk-lib';
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import type { FunctionName } from '#lib/access.ts';
import { accessLog } from '#lib/constructs/access-log.ts';
import type { CommandTimers } from '#lib/constructs/command-timers.ts';
import { GatewayLogging } from '#lib/constructs/gateway-logging.ts';
import { type Ground, ServiceFunction } from '#lib/constructs/service-function.ts';
import { inboundNames } from '#shared/ocpp/v16/index.ts';

interface ChargerGatewayProps extends Ground {
  timers: CommandTimers;
}

/** The WebSocket API to which chargers of one protocol version connect: a route and a function per action. */
export class ChargerGateway extends Construct {
  readonly stage: WebSocketStage;
  private readonly ground: ChargerGatewayProps;

  constructor(scope: Construct, id: string, ground: ChargerGatewayProps) {
    super(scope, id);
    this.ground = ground;
    const { settings } = ground;

    const api = new WebSocketApi(this, 'Api', {
      apiName: `${Stack.of(this).stackName}-${id}`,
      // OCPP-J: [2, message id, action, payload]. The dot before the bracket is due.
      routeSelectionExpression: '$request.body.[2]',
    });
    Validations.of(api).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        'Only $connect can have an authorizer; each message carries its verdict and is refused without it (ADR 0004).',
    });
    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: api,
      stageName: 'ocpp',
      autoDeploy: true,
      accessLogSettings: accessLog(this, settings.lifetime, {
        requestId: 'requestId',
        connectionId: 'connectionId',
        chargerId: 'authorizer.principalId',
        eventType: 'eventType',
        routeKey: 'routeKey',
        messageId: 'messageId',
        status: 'status',
        sourceIp: 'identity.sourceIp',
        error: 'error.message',
        authorizerError: 'authorizer.error',
        integrationStatus: 'integrationStatus',
        integrationError: 'integrationErrorMessage',
        integrationLatency: 'integrationLatency',
        at: 'requestTimeEpoch',
      }),
    });
    this.stage.node.addDependency(new GatewayLogging(this, 'Logging'));

    api.addRoute('$connect', {
      integration: this.integration('connect'),
      authorizer: new WebSocketLambdaAuthorizer(
        'Authorizer',
        this.function('authorize', { ENTRANCE: settings.entrance }).lambda,
        // With any source named, the gateway would answer for the authorizer where that source is absent.
        { identitySource: [] },
      ),
    });
    api.addRoute('$disconnect', { integration: this.integration('disconnect') });
    // One-way: a two-way route without an answer sends an empty frame.
    api.addRoute('$default', { integration: this.integration('answer') });
    for (const action of inboundNames) {
      api.addRoute(action, { integration: this.integration(action), returnResponse: true });
    }
  }

  private integration(name: FunctionName): WebSocketLambdaIntegration {
    return new WebSocketLambdaIntegration('Integration', this.function(name).lambda);
  }

  private function(name: FunctionName, environment: Record<string, string> = {}): ServiceFunction {
    return new ServiceFunction(this, name, { ...this.ground, connections: this.stage, environment });
  }
}
