import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type TableDesign, type TableName, tableNames, tables } from '#shared/store/tables.ts';
import { type Part, synthesise } from '#test/lib/cloud.ts';

const { data: dev, parts: devParts } = synthesise();
const { data: prod, parts: prodParts } = synthesise({ environment: 'prod' });

const policyShape = z.object({
  PolicyDocument: z.object({
    Statement: z.array(
      z.object({
        Effect: z.string(),
        Principal: z.unknown(),
        Action: z.unknown(),
        Resource: z.unknown(),
        Condition: z.unknown(),
      }),
    ),
  }),
});

describe('every table', () => {
  test('of the design is in the cloud, and no other', () => {
    const types = dev.ofType('AWS::DynamoDB::Table');

    expect(types).toHaveLength(tableNames.length);
  });

  test.each(tableNames)('%s has the keys and indexes of the design, and is paid by use', (name) => {
    const design: TableDesign = tables[name];

    const { Properties } = tableOf(dev, name);

    expect(Properties.BillingMode).toBe('PAY_PER_REQUEST');
    expect(Properties.KeySchema).toEqual(keySchema(design));
    expect(Properties.GlobalSecondaryIndexes ?? []).toEqual(
      Object.entries(design.indexes).map(([IndexName, keys]) => ({
        IndexName,
        KeySchema: keySchema(keys),
        Projection: { ProjectionType: 'KEYS_ONLY' },
      })),
    );
  });

  test.each(tableNames)('%s has a stream and an expiry only by design', (name) => {
    const design: TableDesign = tables[name];

    const { Properties } = tableOf(dev, name);

    expect(Properties.StreamSpecification).toEqual(
      design.stream ? { StreamViewType: 'NEW_AND_OLD_IMAGES' } : undefined,
    );
    expect(Properties.TimeToLiveSpecification).toEqual(
      design.timeToLive === undefined ? undefined : { AttributeName: design.timeToLive, Enabled: true },
    );
  });

  test.each(tableNames)('%s can be brought back to any second, in either environment', (name) => {
    for (const part of [dev, prod]) {
      expect(tableOf(part, name).Properties.PointInTimeRecoverySpecification).toEqual({
        PointInTimeRecoveryEnabled: true,
      });
    }
  });

  test.each(tableNames)('%s cannot be deleted in production, and goes with its stack in dev', (name) => {
    expect(tableOf(prod, name)).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { DeletionProtectionEnabled: true },
    });
    expect(tableOf(dev, name)).toMatchObject({
      DeletionPolicy: 'Delete',
      Properties: { DeletionProtectionEnabled: false },
    });
  });
});

describe('the secrets', () => {
  test('are generated in the cloud: a pepper, an origin key with room for the one before, a key for waiting commands, and one for links', () => {
    const generated = dev
      .ofType('AWS::SecretsManager::Secret')
      .map(({ Properties }) => Properties.GenerateSecretString);

    expect(generated).toEqual([
      { PasswordLength: 64, ExcludePunctuation: true },
      {
        PasswordLength: 64,
        ExcludePunctuation: true,
        SecretStringTemplate: '{"previous":""}',
        GenerateStringKey: 'current',
      },
      // Of commands that wait, and of links to files.
      { PasswordLength: 64, ExcludePunctuation: true },
      { PasswordLength: 64, ExcludePunctuation: true },
    ]);
  });

  test('stay in production, and go with their stack in dev', () => {
    const policies = (part: Part) =>
      part.ofType('AWS::SecretsManager::Secret').map(({ DeletionPolicy }) => DeletionPolicy);

    expect(policies(prod)).toEqual(Array(4).fill('Retain'));
    expect(policies(dev)).toEqual(Array(4).fill('Delete'));
  });
});

describe('the bucket of files', () => {
  const [bucket] = dev.ofType('AWS::S3::Bucket');

  test('is private, encrypted, and owned by nobody else', () => {
    expect(dev.ofType('AWS::S3::Bucket')).toHaveLength(1);
    expect(bucket?.Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
  });

  test('forgets what was uploaded after ninety days, and firmware never', () => {
    expect(bucket?.Properties.LifecycleConfiguration).toEqual({
      Rules: [
        { Status: 'Enabled', Prefix: 'uploads/', ExpirationInDays: 90 },
        { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
      ],
    });
  });

  test('is reached by TLS alone, and by the distributions of the account alone, which read, put and list', () => {
    const [policy] = dev.ofType('AWS::S3::BucketPolicy');
    const { Statement } = policyShape.parse(policy?.Properties).PolicyDocument;

    const told = Statement.map(({ Effect, Principal, Action, Resource, Condition }) => ({
      Effect,
      Principal,
      Action,
      Resource: [Resource].flat().map((each) => dev.text(each).replace(/^files[0-9A-F]{8}/, 'files')),
      Condition,
    }));

    expect(told).toMatchObject([
      {
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 's3:*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Effect: 'Allow',
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Action: ['s3:GetObject', 's3:PutObject'],
        Resource: ['files.Arn/firmware/*', 'files.Arn/uploads/*'],
        Condition: { StringLike: { 'AWS:SourceArn': expect.anything() } },
      },
      { Effect: 'Allow', Action: 's3:ListBucket', Resource: ['files.Arn'] },
    ]);
  });

  test('stays in production, and goes with its stack in dev', () => {
    expect(prod.ofType('AWS::S3::Bucket').map(({ DeletionPolicy }) => DeletionPolicy)).toEqual(['Retain']);
    expect(bucket?.DeletionPolicy).toBe('Delete');
  });
});

test('logs stay 14 days in dev and 180 days in production', () => {
  const days = (parts: Part[]) =>
    new Set(
      parts.flatMap((part) => part.ofType('AWS::Logs::LogGroup')).map(({ Properties }) => Properties.RetentionInDays),
    );

  expect(days(devParts)).toEqual(new Set([14]));
  expect(days(prodParts)).toEqual(new Set([180]));
});

test('nothing that holds data has a physical name, so that it can be made anew beside itself', () => {
  const named = dev.resources.filter(({ Properties }) => Properties.TableName ?? Properties.Name);

  expect(named).toEqual([]);
});

function tableOf(part: Part, name: TableName) {
  const table = part
    .ofType('AWS::DynamoDB::Table')
    .find(({ logicalId }) => logicalId.replace(/[0-9A-F]{8}$/, '') === name);
  if (!table) throw new Error(`No table ${name}`);
  return table;
}

function keySchema({ partitionKey, sortKey }: { partitionKey: string; sortKey: string }) {
  return [
    { AttributeName: partitionKey, KeyType: 'HASH' },
    { AttributeName: sortKey, KeyType: 'RANGE' },
  ];
}
