import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations, SecretValue, Stack, Validations } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Function as CloudFrontFunction,
  Distribution,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  type IOrigin,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { accessLog } from '#lib/constructs/access-log.ts';
import { type Ground, ServiceFunction } from '#lib/constructs/service-function.ts';

/** The origin of what has to be stored by a function, as the edge function selects it. */
const UPLOAD_ORIGIN = 'uploads';

/**
 * CloudFront in front of the bucket of files: GET, HEAD and PUT go to the bucket, signed by CloudFront; POST, which the bucket does not take, goes to a
 * function. Who has a link may do what the link says, until it ends (ADR 0011).
 */
export class FileDoor extends Construct {
  /** Without a final slash. */
  readonly url: string;

  constructor(scope: Construct, id: string, ground: Ground) {
    super(scope, id);

    const api = new HttpApi(this, 'Api', {
      apiName: `${Stack.of(this).stackName}-${id}`,
      createDefaultStage: false,
    });
    const { region, urlSuffix } = Stack.of(this);
    const common = {
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      // A console stands at another origin. What the edge function answers itself, preflights among it, says so by itself.
      responseHeadersPolicy: ResponseHeadersPolicy.CORS_ALLOW_ALL_ORIGINS_WITH_PREFLIGHT,
      functionAssociations: [{ eventType: FunctionEventType.VIEWER_REQUEST, function: this.pathFunction(ground) }],
    } satisfies Partial<BehaviorOptions>;
    const bucket: BehaviorOptions = { ...common, origin: this.bucketOrigin(ground) };
    const uploads = new HttpOrigin(`${api.apiId}.execute-api.${region}.${urlSuffix}`, {
      originId: UPLOAD_ORIGIN,
      protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
      originSslProtocols: [OriginSslPolicy.TLS_V1_2],
    });
    const distribution = new Distribution(this, 'Distribution', {
      comment: `${Stack.of(this).stackName}: files`,
      defaultBehavior: bucket,
      additionalBehaviors: {
        '/d/*': bucket,
        '/l/*': bucket,
        '/p/*': bucket,
        '/u/*': bucket,
        // Nothing gets there by its path: an origin has to have a behaviour, and the edge function selects it for POST.
        '/uploads-by-function': { ...common, origin: uploads },
      },
    });
    Validations.of(distribution).acknowledge(
      { id: 'AwsSolutions-CFR1', reason: 'Chargers stand wherever their owners put them.' },
      {
        id: 'AwsSolutions-CFR2',
        reason: 'A web ACL costs more than the files; without a signed link nothing is let through.',
      },
      { id: 'AwsSolutions-CFR3', reason: 'A line of such a log would hold a path, and a path opens the door.' },
      {
        id: 'AwsSolutions-CFR4',
        reason:
          'The certificate is that of cloudfront.net, whose policy cannot be chosen; a domain of its own brings one.',
      },
    );
    this.url = `https://${distribution.distributionDomainName}`;
    this.takeUploads(api, ground);
  }

  private bucketOrigin({ data }: Ground): IOrigin {
    // As if it were not ours: its policy is in the stack of the data, which cannot refer to this distribution.
    const bucket = Bucket.fromBucketAttributes(this, 'Files', {
      bucketArn: data.files.bucketArn,
      bucketRegionalDomainName: data.files.bucketRegionalDomainName,
    });
    Annotations.of(this).acknowledgeWarning('@aws-cdk/aws-cloudfront-origins:updateImportedBucketPolicyOac');
    return S3BucketOrigin.withOriginAccessControl(bucket, { originId: 'files' });
  }

  private pathFunction({ data, settings }: Ground): CloudFrontFunction {
    // It resolves while CloudFormation deploys: neither the template nor the assembly holds the key.
    const key = SecretValue.secretsManager(data.secrets.fileKey.secretArn, {
      versionId: settings.fileKeyVersion,
    }).unsafeUnwrap();
    const code = readFileSync(join(import.meta.dirname, '../edge/file-path.js'), 'utf8')
      .replace('@FILE_KEY@', () => key)
      .replace('@UPLOAD_ORIGIN@', UPLOAD_ORIGIN);
    return new CloudFrontFunction(this, 'Path', {
      comment: 'A signed path becomes the name of a file in the bucket',
      code: FunctionCode.fromInline(code),
      runtime: FunctionRuntime.JS_2_0,
    });
  }

  private takeUploads(api: HttpApi, ground: Ground): void {
    new HttpStage(this, 'Stage', {
      httpApi: api,
      autoDeploy: true,
      // The route and never the path: it opens the door.
      accessLogSettings: accessLog(this, ground.settings.lifetime, {
        requestId: 'requestId',
        routeKey: 'routeKey',
        status: 'status',
        sourceIp: 'identity.sourceIp',
        error: 'error.message',
        integrationStatus: 'integrationStatus',
        integrationError: 'integrationErrorMessage',
        latency: 'responseLatency',
        at: 'requestTimeEpoch',
      }),
    });
    const { lambda } = new ServiceFunction(this, 'takeUpload', { ...ground, filesUrl: this.url });
    const [route] = api.addRoutes({
      path: '/u/{link+}',
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('Integration', lambda),
    });
    if (route) {
      Validations.of(route).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason: 'A charger has no token: its path is signed, and the edge function checks that when the file is put.',
      });
    }
  }
}
