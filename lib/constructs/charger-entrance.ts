import { join } from 'node:path';
import { SecretValue, Stack, Validations } from 'aws-cdk-lib';
import type { WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Function as CloudFrontFunction,
  Distribution,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

interface ChargerEntranceProps {
  stage: WebSocketStage;
  originKeys: ISecret;
  originKeyVersion: string | undefined;
}

/** CloudFront in front of the charger gateway: the gateway itself knows no path besides its stage. */
export class ChargerEntrance extends Construct {
  /** To which a charger appends its identity. */
  readonly url: string;
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, { stage, originKeys, originKeyVersion }: ChargerEntranceProps) {
    super(scope, id);
    const { region, urlSuffix } = Stack.of(stage);

    // It resolves while CloudFormation deploys: neither the template nor the assembly holds the key.
    const originKey = SecretValue.secretsManager(originKeys.secretArn, {
      jsonField: 'current',
      versionId: originKeyVersion,
    });
    const chargers: BehaviorOptions = {
      origin: new HttpOrigin(`${stage.api.apiId}.execute-api.${region}.${urlSuffix}`, {
        originPath: `/${stage.stageName}`,
        protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
        originSslProtocols: [OriginSslPolicy.TLS_V1_2],
        customHeaders: { 'x-chargeline-origin-key': originKey.unsafeUnwrap() },
      }),
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      // Basic auth and the subprotocols get through; the gateway refuses a Host that is not its own.
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      functionAssociations: [
        {
          eventType: FunctionEventType.VIEWER_REQUEST,
          function: new CloudFrontFunction(this, 'Path', {
            comment: 'The path of a charger becomes the query string that the gateway understands',
            code: FunctionCode.fromFile({ filePath: join(import.meta.dirname, '../edge/charger-path.js') }),
            runtime: FunctionRuntime.JS_2_0,
          }),
        },
      ],
    };
    this.distribution = new Distribution(this, 'Distribution', {
      comment: `${Stack.of(this).stackName}: chargers`,
      additionalBehaviors: { '/ocpp/*': chargers },
      // CloudFront wants a default; the function answers 404 there.
      defaultBehavior: chargers,
    });
    Validations.of(this.distribution).acknowledge(
      { id: 'AwsSolutions-CFR1', reason: 'Chargers stand wherever their owners put them.' },
      {
        id: 'AwsSolutions-CFR2',
        reason: 'A web ACL costs more than a small installation; strangers are refused by the authorizer.',
      },
      {
        id: 'AwsSolutions-CFR3',
        reason:
          'The gateway logs every connect and its source, and the journal why; a bucket of the same would be kept twice.',
      },
      {
        id: 'AwsSolutions-CFR4',
        reason:
          'The certificate is that of cloudfront.net, whose policy cannot be chosen; a domain of its own brings one.',
      },
    );
    this.url = `wss://${this.distribution.distributionDomainName}/ocpp/`;
  }
}
