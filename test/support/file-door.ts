import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bucketOrigins } from '#local/files/bucket-origins.ts';
import type { Resource } from '#local/parts.ts';
import { fileLinks } from '#shared/runtime/file-links.ts';
import { assemblyOf, type FakeFunctions, fakeFunctions, integrationUri, resource, route, serve } from './gateway.ts';

const key = 'a key that only the door and whoever makes links know';
const bucketArn = 'arn:aws:s3:::files';
const policies = {
  ResponseHeadersPolicyId: '5cc3b908-e619-4b99-88e5-2cf7f45965bd',
  CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
  OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
};

const code = readFileSync(join(import.meta.dirname, '../../lib/edge/file-path.js'), 'utf8')
  .replace('@FILE_KEY@', key)
  .replace('@UPLOAD_ORIGIN@', 'uploads');

const bucket = resource('AWS::S3::Bucket', 'files', {
  OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  LifecycleConfiguration: { Rules: [{ Status: 'Enabled', Prefix: 'uploads/', ExpirationInDays: 90 }] },
});

const statement = (Action: string[], Resource: string[], more: Record<string, unknown> = {}) => ({
  Effect: 'Allow',
  Principal: { Service: 'cloudfront.amazonaws.com' },
  Action,
  Resource,
  Condition: { StringLike: { 'AWS:SourceArn': 'arn:aws:cloudfront::000000000000:distribution/*' } },
  ...more,
});
export const grants = {
  objects: statement(['s3:GetObject', 's3:PutObject'], [`${bucketArn}/firmware/*`, `${bucketArn}/uploads/*`]),
  list: statement(['s3:ListBucket'], [bucketArn]),
  tlsOnly: {
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action: 's3:*',
    Resource: [bucketArn, `${bucketArn}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  },
};

interface DoorSetting {
  statements?: object[];
  /** Of what CloudFront sends to the bucket. */
  signing?: 'always' | 'never';
  dataDir?: string;
  functions?: FakeFunctions;
}

/** The door of the files by itself: its own edge function, a distribution, a bucket, and a function that takes what is posted. */
export async function fileDoor({ statements, signing = 'always', dataDir, functions }: DoorSetting = {}) {
  const directory = dataDir ?? (await mkdtemp(join(tmpdir(), 'chargeline-files-')));
  const assembly = assemblyOf(...cloud(statements ?? Object.values(grants), signing));
  const served = await serve(assembly, functions ?? fakeFunctions({ takeUpload: () => ({ statusCode: 200 }) }), {
    buckets: bucketOrigins(assembly, directory),
  });
  const url = `http://${served.authority}`;
  const links = fileLinks(
    () => url,
    async () => key,
  );
  return { url, links, directory, log: served.log };
}

/** Signed as the door wants it, whatever it is. */
export function signed(right: string, path: string, untilMs = Date.now() + 60_000): string {
  const expiry = Math.ceil(untilMs / 1000).toString(36);
  const signature = createHmac('sha256', key).update(`${right}/${expiry}/${path}`).digest('base64url').slice(0, 22);
  return `/${right}/${expiry}.${signature}/${path}`;
}

function cloud(statements: object[], signing: string): Resource[] {
  const functionArn = 'arn:aws:cloudfront::1:function/path';
  const behaviour = {
    TargetOriginId: 'files',
    FunctionAssociations: [{ EventType: 'viewer-request', FunctionARN: functionArn }],
    ...policies,
  };
  return [
    bucket,
    resource('AWS::S3::BucketPolicy', 'policy', { Bucket: 'files', PolicyDocument: { Statement: statements } }),
    resource('AWS::CloudFront::OriginAccessControl', 'control', {
      OriginAccessControlConfig: {
        OriginAccessControlOriginType: 's3',
        SigningBehavior: signing,
        SigningProtocol: 'sigv4',
      },
    }),
    resource('AWS::ApiGatewayV2::Api', 'api', { ProtocolType: 'HTTP' }),
    resource('AWS::ApiGatewayV2::Stage', 'stage', { ApiId: 'api', StageName: '$default' }),
    ...route(
      'api',
      'POST /u/{link+}',
      'takeUpload',
      {},
      { PayloadFormatVersion: '2.0', IntegrationUri: integrationUri('takeUpload') },
    ),
    resource('AWS::CloudFront::Function', functionArn, {
      Name: 'path',
      FunctionCode: code,
      FunctionConfig: { Runtime: 'cloudfront-js-2.0' },
    }),
    resource('AWS::CloudFront::Distribution', 'DISTRIBUTION', {
      DistributionConfig: {
        Origins: [
          {
            Id: 'files',
            DomainName: 'files.s3.us-east-1.amazonaws.com',
            S3OriginConfig: { OriginAccessIdentity: '' },
            OriginAccessControlId: 'control',
          },
          { Id: 'uploads', DomainName: 'api.execute-api.us-east-1.amazonaws.com' },
        ],
        DefaultCacheBehavior: behaviour,
        CacheBehaviors: [{ PathPattern: '/u/*', ...behaviour }],
      },
    }),
  ];
}
