import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { access, type FunctionName } from '#lib/access.ts';
import { durationSeconds } from '#lib/durations.ts';
import { tableNames, tableVariable } from '#shared/store/tables.ts';
import { type Part, type Resource, synthesise } from '#test/lib/cloud.ts';

const cloud = synthesise();
const functions = new Map(
  cloud.parts.flatMap((part) =>
    part.ofType('AWS::Lambda::Function').map((resource) => [resource.logicalId, { part, resource }] as const),
  ),
);
const names = Object.keys(access) as FunctionName[];
const gateway = cloud.charger.ofType('AWS::ApiGatewayV2::Api').map(({ logicalId }) => logicalId)[0];

const timersQueue = cloud.charger
  .ofType('AWS::SQS::Queue')
  .map(({ logicalId }) => logicalId)
  .find((id) => id.startsWith('CommandTimersQueue'));

const functionShape = z.object({
  Runtime: z.string(),
  Architectures: z.array(z.string()),
  MemorySize: z.number(),
  Timeout: z.number(),
  Handler: z.string(),
  Role: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }),
  LoggingConfig: z.object({ LogGroup: z.object({ Ref: z.string() }) }),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});
const oneOrMore = <T extends z.ZodType>(item: T) => z.union([z.array(item), item.transform((one) => [one])]);
const roleShape = z.strictObject({
  AssumeRolePolicyDocument: z.unknown(),
  Policies: z.array(
    z.object({
      PolicyDocument: z.object({
        Statement: z.array(
          z.strictObject({
            Effect: z.literal('Allow'),
            Action: oneOrMore(z.string()),
            Resource: z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]),
          }),
        ),
      }),
    }),
  ),
});

describe('every function', () => {
  test('that lib/access.ts knows is in the cloud, and no other', () => {
    const deployed = [...functions.keys()];

    expect(deployed.sort()).toEqual([...names].sort());
  });

  test.each(names)('%s runs on Node 24 on arm64, and ends before whoever asked gives up', (name) => {
    const { properties } = deployed(name);

    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 256,
      Handler: 'index.handler',
    });
    // Nobody waits for what a schedule calls; the next run comes after five minutes.
    expect(properties.Timeout).toBeLessThan(name === 'watchSessions' ? 300 : 29);
  });

  test.each(names)('%s may do exactly what lib/access.ts says', (name) => {
    const { part, properties } = deployed(name);

    const granted = grants(part, properties.Role['Fn::GetAtt'][0]);

    const ownLogs = `${properties.LoggingConfig.LogGroup.Ref}.Arn`;
    expect(granted).toEqual(
      [
        ...declared(name),
        ...ofTheService(name),
        `logs:CreateLogStream ${ownLogs}`,
        `logs:PutLogEvents ${ownLogs}`,
      ].sort(),
    );
  });

  test.each(names)('%s has no wildcard for an action or for a whole resource', (name) => {
    const { part, properties } = deployed(name);

    const granted = grants(part, properties.Role['Fn::GetAtt'][0]);

    expect(
      granted.filter((grant) => /^[^ ]*\*/.test(grant) || /[ :/]\*$/.test(grant.replace(/\/@connections\/\*$/, ''))),
    ).toEqual([]);
  });

  test.each(names)('%s hears only the names of what it may use', (name) => {
    const { part, properties } = deployed(name);

    const heard = Object.entries(properties.Environment.Variables).map(([variable, value]) => [
      variable,
      part.text(value),
    ]);

    expect(Object.fromEntries(heard)).toEqual({
      POWERTOOLS_SERVICE_NAME: 'chargeline-dev',
      POWERTOOLS_METRICS_NAMESPACE: 'Chargeline',
      ...Object.fromEntries(usedTables(name).map((table) => [tableVariable(table), table])),
      ...(access[name].secrets?.includes('pepper') && { PEPPER_SECRET: 'pepper' }),
      ...(access[name].secrets?.includes('originKeys') && { ORIGIN_KEYS_SECRET: 'originKeys' }),
      ...(access[name].secrets?.includes('commandKey') && { COMMAND_KEY_SECRET: 'commandKey' }),
      ...(access[name].timers && { COMMAND_TIMERS_QUEUE: timersQueue }),
      ...(access[name].secrets?.includes('fileKey') && { FILE_KEY_SECRET: 'fileKey' }),
      ...(access[name].files && { FILES_URL: expect.stringMatching(/^https:\/\/DoorDistribution\w+\.DomainName$/) }),
      ...(access[name].connections && {
        AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: `https://${gateway}.execute-api.AWS::Region.AWS::URLSuffix/ocpp`,
      }),
      ...Object.fromEntries((access[name].durations ?? []).map((each) => [each, String(durationSeconds[each])])),
      ...(name === 'authorize' && { ENTRANCE: 'cloudfront' }),
    });
  });

  test.each(names)('%s writes to a log group of its own', (name) => {
    const { part, properties } = deployed(name);

    const { Ref } = properties.LoggingConfig.LogGroup;

    expect(part.ofType('AWS::Logs::LogGroup').map(({ logicalId }) => logicalId)).toContain(Ref);
    expect(
      [...functions.values()].filter(({ resource }) => parsed(resource).LoggingConfig.LogGroup.Ref === Ref),
    ).toHaveLength(1);
  });
});

function deployed(name: FunctionName) {
  const found = functions.get(name);
  if (!found) throw new Error(`${name} is not in the cloud`);
  return { part: found.part, properties: parsed(found.resource) };
}

function parsed(resource: Resource) {
  return functionShape.parse(resource.Properties);
}

/** `action resource`, once for each pair, sorted. */
function grants(part: Part, roleId: string): string[] {
  const role = part.ofType('AWS::IAM::Role').find(({ logicalId }) => logicalId === roleId);
  const { Policies } = roleShape.parse(role?.Properties);
  expect(part.ofType('AWS::IAM::Policy')).toEqual([]);
  return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .flatMap(({ Action, Resource }) =>
      Action.flatMap((action) => Resource.map((each) => `${action} ${part.text(each)}`)),
    )
    .sort();
}

function declared(name: FunctionName): string[] {
  const { tables = {}, indexes = {}, scans = {}, secrets = [], connections = [], timers } = access[name];
  const stage = `arn:AWS::Partition:execute-api:AWS::Region:AWS::AccountId:${gateway}/ocpp`;
  return [
    ...tableNames.flatMap((table) => (tables[table] ?? []).map((action) => `dynamodb:${action} ${table}.Arn`)),
    ...tableNames.flatMap((table) =>
      (indexes[table] ?? []).map((index) => `dynamodb:Query ${table}.Arn/index/${index}`),
    ),
    ...tableNames.flatMap((table) => (scans[table] ?? []).map((index) => `dynamodb:Scan ${table}.Arn/index/${index}`)),
    ...(timers ? [`sqs:SendMessage ${timersQueue}.Arn`] : []),
    ...secrets.map((secret) => `secretsmanager:GetSecretValue ${secret}`),
    ...connections
      .map((action) => ({ send: 'POST', cut: 'DELETE' })[action])
      .map((method) => `execute-api:ManageConnections ${stage}/${method}/@connections/*`),
  ];
}

/** What the Lambda service does in the name of the one reader of a stream. */
function ofTheService(name: FunctionName): string[] {
  const queueOf = (prefix: string) =>
    cloud.charger.ofType('AWS::SQS::Queue').find(({ logicalId }) => logicalId.startsWith(prefix))?.logicalId;
  if (name === 'commandTimer') {
    return ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map(
      (action) => `sqs:${action} ${queueOf('CommandTimersQueue')}.Arn`,
    );
  }
  if (name !== 'chargerChanges') return [];
  return [
    ...['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map(
      (action) => `dynamodb:${action} chargers.StreamArn`,
    ),
    `sqs:SendMessage ${queueOf('ChargerChanges')}.Arn`,
  ];
}

function usedTables(name: FunctionName) {
  const { tables = {}, indexes = {}, scans = {} } = access[name];
  return tableNames.filter((table) => table in tables || table in indexes || table in scans);
}
