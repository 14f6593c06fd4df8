import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { synthesise } from '#test/lib/cloud.ts';

const { files } = synthesise();

const behaviourShape = z.object({ TargetOriginId: z.string(), PathPattern: z.string().optional() });
const distributionShape = z.object({
  DistributionConfig: z.object({
    DefaultCacheBehavior: behaviourShape.loose(),
    CacheBehaviors: z.array(behaviourShape.loose()),
    Origins: z.array(z.looseObject({ Id: z.string(), DomainName: z.unknown() })),
  }),
});
const functionShape = z.object({ FunctionCode: z.unknown(), FunctionConfig: z.object({ Runtime: z.string() }) });

const { DistributionConfig: config } = distributionShape.parse(
  files.ofType('AWS::CloudFront::Distribution')[0]?.Properties,
);

describe('the door of the files', () => {
  test('asks the edge function about every path, caches nothing, speaks only TLS, and lets pages of any origin in', () => {
    for (const behaviour of [config.DefaultCacheBehavior, ...config.CacheBehaviors]) {
      expect(behaviour).toMatchObject({
        ViewerProtocolPolicy: 'https-only',
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
        ResponseHeadersPolicyId: '5cc3b908-e619-4b99-88e5-2cf7f45965bd',
        FunctionAssociations: [{ EventType: 'viewer-request' }],
      });
    }
  });

  test('leads to the bucket, signed by CloudFront, and what the edge function selects to a function', () => {
    const [control] = files.ofType('AWS::CloudFront::OriginAccessControl');

    expect(control?.Properties).toMatchObject({
      OriginAccessControlConfig: {
        OriginAccessControlOriginType: 's3',
        SigningBehavior: 'always',
        SigningProtocol: 'sigv4',
      },
    });
    expect(config.Origins.map(({ Id, DomainName }) => [Id, files.text(DomainName)])).toEqual([
      ['files', 'files.RegionalDomainName'],
      ['uploads', expect.stringMatching(/^DoorApi\w+\.execute-api\.AWS::Region\.AWS::URLSuffix$/)],
    ]);
    expect(config.Origins[0]).toMatchObject({
      OriginAccessControlId: { 'Fn::GetAtt': [control?.logicalId, 'Id'] },
    });
    const byPath = config.CacheBehaviors.map(({ PathPattern, TargetOriginId }) => [PathPattern, TargetOriginId]);
    expect(byPath).toEqual([
      ['/d/*', 'files'],
      ['/l/*', 'files'],
      ['/p/*', 'files'],
      ['/u/*', 'files'],
      ['/uploads-by-function', 'uploads'],
    ]);
  });

  test('has the key in its code only once it is deployed, and is small enough for CloudFront', () => {
    const [edge] = files.ofType('AWS::CloudFront::Function');
    const { FunctionCode, FunctionConfig } = functionShape.parse(edge?.Properties);

    const code = files.text(FunctionCode);

    expect(FunctionConfig.Runtime).toBe('cloudfront-js-2.0');
    expect(code).toContain("const key = '{{resolve:secretsmanager:fileKey:SecretString:::}}';");
    expect(code).toContain("const storedByFunction = 'uploads';");
    expect(Buffer.byteLength(code)).toBeLessThan(9000);
  });

  test('moves to another key when its version is named', () => {
    const fileKeyVersion = '0b2b6a4e-1d0c-4c0e-8f3e-3f4f5a6b7c8d';
    const { files: moved } = synthesise({ fileKeyVersion });

    const [edge] = moved.ofType('AWS::CloudFront::Function');

    expect(moved.text(functionShape.parse(edge?.Properties).FunctionCode)).toContain(
      `{{resolve:secretsmanager:fileKey:SecretString:::${fileKeyVersion}}}`,
    );
  });

  test('takes by POST what is uploaded, and logs no path', () => {
    const routes = files.ofType('AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties.RouteKey);
    const stages = JSON.stringify(files.ofType('AWS::ApiGatewayV2::Stage').map(({ Properties }) => Properties));

    expect(routes).toEqual(['POST /u/{link+}']);
    expect(stages).toContain('routeKey');
    expect(stages).not.toMatch(/\$context\.(path|http)/);
  });

  test('tells where it is', () => {
    expect(files.output('FilesUrl')).toMatch(/^https:\/\/DoorDistribution\w+\.DomainName$/);
  });
});
