import { createHash } from 'node:crypto';

/** What a resource's identity may be derived from. */
interface Naming {
  stack: string;
  logicalId: string;
  region: string;
  account: string;
  /** A naming property as the template gives it, else `<stack>-<logicalId>`: the same at every start, so that kept data is found. */
  name(property: string): string;
  /** A property as the template gives it. */
  given(property: string): string | undefined;
}

export interface Identity {
  /** What `Ref` gives. */
  ref: string;
  /** What `Fn::GetAtt` gives, by attribute. */
  attributes: Record<string, string>;
}

export interface ResourceType {
  /** Why this type does nothing here; absent when it is emulated. */
  inert?: string;
  identify(naming: Naming): Identity;
}

/** Every resource type that the local cloud runs or leaves out on purpose. Any other type is refused at start. */
export const resourceTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::DynamoDB::Table': emulated((naming) => {
    const name = naming.name('TableName');
    const Arn = arn(naming, 'dynamodb', `table/${name}`);
    return { ref: name, attributes: { Arn, StreamArn: `${Arn}/stream/2026-01-01T00:00:00.000` } };
  }),
  'AWS::Lambda::Function': emulated((naming) => {
    const name = naming.name('FunctionName');
    return { ref: name, attributes: { Arn: arn(naming, 'lambda', `function:${name}`) } };
  }),
  'AWS::Lambda::EventSourceMapping': emulated((naming) => {
    const Id = digest(naming, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    return { ref: Id, attributes: { Id } };
  }),
  'AWS::SQS::Queue': emulated((naming) => {
    const name = naming.name('QueueName');
    const url = `https://sqs.${naming.region}.amazonaws.com/${naming.account}/${name}`;
    return { ref: url, attributes: { Arn: arn(naming, 'sqs', name), QueueName: name, QueueUrl: url } };
  }),
  'AWS::S3::Bucket': emulated((naming) => {
    const name = naming.name('BucketName').toLowerCase();
    return {
      ref: name,
      attributes: {
        Arn: `arn:aws:s3:::${name}`,
        DomainName: `${name}.s3.amazonaws.com`,
        RegionalDomainName: `${name}.s3.${naming.region}.amazonaws.com`,
      },
    };
  }),
  'AWS::S3::BucketPolicy': emulated((naming) => ({ ref: naming.name('Bucket'), attributes: {} })),
  'AWS::Scheduler::Schedule': emulated((naming) => {
    const name = naming.name('Name');
    const group = naming.given('GroupName') ?? 'default';
    return { ref: name, attributes: { Arn: arn(naming, 'scheduler', `schedule/${group}/${name}`) } };
  }),
  'AWS::SecretsManager::Secret': emulated((naming) => {
    const Id = arn(naming, 'secretsmanager', `secret:${naming.name('Name')}-${digest(naming, 6)}`);
    return { ref: Id, attributes: { Id } };
  }),

  'AWS::ApiGatewayV2::Api': emulated((naming) => {
    const id = digest(naming, 10);
    const scheme = naming.given('ProtocolType') === 'WEBSOCKET' ? 'wss' : 'https';
    const ApiEndpoint = `${scheme}://${id}.execute-api.${naming.region}.amazonaws.com`;
    return { ref: id, attributes: { ApiId: id, ApiEndpoint } };
  }),
  'AWS::ApiGatewayV2::Stage': emulated((naming) => ({ ref: naming.name('StageName'), attributes: {} })),
  'AWS::ApiGatewayV2::Route': identifiedAs('RouteId'),
  'AWS::ApiGatewayV2::RouteResponse': identifiedAs('RouteResponseId'),
  'AWS::ApiGatewayV2::Integration': identifiedAs('IntegrationId'),
  'AWS::ApiGatewayV2::Authorizer': identifiedAs('AuthorizerId'),
  'AWS::ApiGatewayV2::Deployment': identifiedAs('DeploymentId'),

  'AWS::CloudFront::Distribution': emulated((naming) => {
    const Id = `E${digest(naming, 13).toUpperCase()}`;
    return { ref: Id, attributes: { Id, DomainName: `d${digest(naming, 13)}.cloudfront.net` } };
  }),
  'AWS::CloudFront::Function': emulated((naming) => {
    const FunctionARN = `arn:aws:cloudfront::${naming.account}:function/${naming.name('Name')}`;
    return { ref: FunctionARN, attributes: { FunctionARN, 'FunctionMetadata.FunctionARN': FunctionARN } };
  }),
  'AWS::CloudFront::OriginAccessControl': identifiedAs('Id'),
  'AWS::CloudFront::OriginRequestPolicy': identifiedAs('Id'),
  'AWS::CloudFront::CachePolicy': identifiedAs('Id'),
  'AWS::CloudFront::ResponseHeadersPolicy': identifiedAs('Id'),

  'AWS::Cognito::UserPool': emulated((naming) => {
    const id = `${naming.region}_${digest(naming, 9)}`;
    const ProviderName = `cognito-idp.${naming.region}.amazonaws.com/${id}`;
    return {
      ref: id,
      attributes: {
        UserPoolId: id,
        Arn: arn(naming, 'cognito-idp', `userpool/${id}`),
        ProviderName,
        ProviderURL: `https://${ProviderName}`,
      },
    };
  }),
  'AWS::Cognito::UserPoolClient': emulated((naming) => {
    const id = digest(naming, 26);
    return { ref: id, attributes: { ClientId: id, Name: naming.name('ClientName') } };
  }),
  'AWS::Cognito::UserPoolGroup': emulated((naming) => ({ ref: naming.name('GroupName'), attributes: {} })),
  'AWS::Cognito::UserPoolDomain': emulated((naming) => {
    const domain = naming.name('Domain');
    return { ref: domain, attributes: { CloudFrontDistribution: `d${digest(naming, 13)}.cloudfront.net` } };
  }),

  'AWS::IAM::Role': inert('rights are compared with use by a test, not enforced', (naming) => {
    const name = naming.name('RoleName');
    const Arn = `arn:aws:iam::${naming.account}:role/${name}`;
    return { ref: name, attributes: { Arn, RoleId: `AROA${digest(naming, 17).toUpperCase()}` } };
  }),
  'AWS::IAM::Policy': inert('rights are compared with use by a test, not enforced'),
  'AWS::IAM::ManagedPolicy': inert('rights are compared with use by a test, not enforced', (naming) => {
    const ref = `arn:aws:iam::${naming.account}:policy/${naming.name('ManagedPolicyName')}`;
    return { ref, attributes: { PolicyArn: ref } };
  }),
  'AWS::Lambda::Permission': inert('the gateways may invoke every function'),
  'AWS::ApiGateway::Account': inert('it lets API Gateway write logs'),
  'AWS::Scheduler::ScheduleGroup': inert('it only puts a name above schedules', (naming) => {
    const name = naming.name('Name');
    return { ref: name, attributes: { Arn: arn(naming, 'scheduler', `schedule-group/${name}`) } };
  }),
  'AWS::SQS::QueuePolicy': inert('rights are not enforced'),
  'AWS::Logs::LogGroup': inert('logs are files in the data directory', (naming) => {
    const name = naming.name('LogGroupName');
    return { ref: name, attributes: { Arn: `${arn(naming, 'logs', `log-group:${name}`)}:*` } };
  }),
  'AWS::Logs::MetricFilter': inert('nothing counts log lines'),
  'AWS::Logs::ResourcePolicy': inert('rights are not enforced'),
  'AWS::CloudWatch::Alarm': inert('nothing watches', alarm),
  'AWS::CloudWatch::CompositeAlarm': inert('nothing watches', alarm),
  'AWS::CloudWatch::Dashboard': inert('nothing watches'),
  'AWS::SNS::Topic': inert('only alarms speak to topics', (naming) => {
    const TopicName = naming.name('TopicName');
    const TopicArn = arn(naming, 'sns', TopicName);
    return { ref: TopicArn, attributes: { TopicArn, TopicName } };
  }),
  'AWS::SNS::TopicPolicy': inert('rights are not enforced'),
  'AWS::SNS::Subscription': inert('only alarms speak to topics'),
  'AWS::KMS::Key': inert('only what is left out is encrypted with keys', (naming) => {
    const KeyId = digest(naming, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    return { ref: KeyId, attributes: { KeyId, Arn: arn(naming, 'kms', `key/${KeyId}`) } };
  }),
  'AWS::CDK::Metadata': inert('it describes the template'),
};

function emulated(identify: ResourceType['identify']): ResourceType {
  return { identify };
}

function inert(why: string, identify: ResourceType['identify'] = named): ResourceType {
  return { inert: why, identify };
}

/** A type whose `Ref` and only attribute is a generated id. */
function identifiedAs(attribute: string): ResourceType {
  return emulated((naming) => {
    const id = digest(naming, 10);
    return { ref: id, attributes: { [attribute]: id } };
  });
}

function named(naming: Naming): Identity {
  return { ref: `${naming.stack}-${naming.logicalId}`, attributes: {} };
}

function alarm(naming: Naming): Identity {
  const name = naming.name('AlarmName');
  return { ref: name, attributes: { Arn: arn(naming, 'cloudwatch', `alarm:${name}`) } };
}

function arn({ region, account }: Naming, service: string, rest: string): string {
  return `arn:aws:${service}:${region}:${account}:${rest}`;
}

function digest({ stack, logicalId }: Naming, length: number): string {
  return createHash('sha256').update(`${stack}/${logicalId}`).digest('hex').slice(0, length);
}
