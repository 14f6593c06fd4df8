import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { access, type FunctionName } from '#lib/access.ts';
import { tableNames } from '#shared/store/tables.ts';
import { alarmsOf } from '#test/lib/alarms.ts';
import { type Part, synthesise } from '#test/lib/cloud.ts';

const names = Object.keys(access) as FunctionName[];

const cloud = synthesise();
const { ops } = cloud;

const dashboardShape = z.object({ widgets: z.array(z.unknown()) });

describe('an alarm', () => {
  test.each(alarmsOf(ops).map((alarm) => [alarm.logicalId, alarm] as const))(
    '%s says whom it hurts, and tells somebody',
    (_, alarm) => {
      const [topic] = ops.ofType('AWS::SNS::Topic');

      expect(alarm.AlarmDescription).toMatch(/^[A-Z].{20,}[.] Runbook: docs\/runbook\.md#[a-z0-9-]+$/);
      expect(alarm.AlarmDescription.length).toBeLessThan(1024);
      expect(alarm.AlarmActions).toEqual([{ Ref: topic?.logicalId }]);
    },
  );

  test('looks back no further than CloudWatch allows', () => {
    const spans = alarmsOf(ops).map(({ Period, Metrics, EvaluationPeriods }) => {
      return (Metrics?.[0].Period ?? Period ?? Number.NaN) * EvaluationPeriods;
    });

    expect(Math.max(...spans)).toBeLessThanOrEqual(24 * 3600);
  });

  test('leads to its section of the runbook, and each section about alarms has one', () => {
    const anchors = alarmsOf(ops).map(({ AlarmDescription }) => AlarmDescription.split('#')[1]);

    expect([...new Set(anchors)].sort()).toEqual(sectionsAboutAlarms().sort());
  });

  test('points to where the operator reads the runbook, if told', () => {
    const told = synthesise({ runbook: 'https://wiki.example/chargeline' }).ops;

    const elsewhere = alarmsOf(told).filter(
      ({ AlarmDescription }) => !AlarmDescription.includes('Runbook: https://wiki.example/chargeline#'),
    );

    expect(elsewhere).toEqual([]);
  });

  test('is the same in dev and in production', () => {
    const production = synthesise({ environment: 'prod' }).ops;

    expect(alarmsOf(production).map(({ logicalId }) => logicalId)).toEqual(
      alarmsOf(ops).map(({ logicalId }) => logicalId),
    );
  });
});

describe('nothing is left unwatched:', () => {
  const watched = alarmsOf(ops).map(({ watches }) => watches);

  test.each(names)('%s has an alarm for its errors and one for its duration', (name) => {
    expect(watched).toContain(`AWS/Lambda Errors FunctionName=${name}`);
    expect(watched).toContain(`AWS/Lambda Duration FunctionName=${name}`);
  });

  test('throttles of every function are counted, whichever it is', () => {
    expect(watched).toContain('AWS/Lambda Throttles');
  });

  test('a function is slow before it is cut off', () => {
    const timeouts = cloud.parts
      .flatMap((part) => part.ofType('AWS::Lambda::Function'))
      .map(({ logicalId, Properties }) => [logicalId, Number(Properties.Timeout) * 1000] as const);
    const alarms = new Map(alarmsOf(ops).map(({ watches, Threshold }) => [watches, Threshold]));

    const shares = timeouts.map(([name, ms]) => Number(alarms.get(`AWS/Lambda Duration FunctionName=${name}`)) / ms);

    expect(Math.max(...shares)).toBeLessThan(1);
    expect(Math.min(...shares)).toBeGreaterThan(0.5);
  });

  test.each(tableNames)('the table %s has alarms for reads, writes and failures, its indexes included', (table) => {
    for (const metric of ['ReadThrottleEvents', 'WriteThrottleEvents', 'SystemErrors']) {
      expect(watched).toContain(`SELECT SUM("${metric}") FROM "AWS/DynamoDB" WHERE TableName = '${table}'`);
    }
  });

  test('the reader of the stream is watched for being late and for what it set aside', () => {
    const [queue] = cloud.charger.ofType('AWS::SQS::Queue');

    expect(watched).toContain('AWS/Lambda IteratorAge FunctionName=chargerChanges');
    expect(watched).toContain(`AWS/SQS ApproximateNumberOfMessagesVisible QueueName=${queue?.logicalId}.QueueName`);
  });

  test('both gateways are watched for what they answer instead of a function', () => {
    const [chargers] = cloud.charger.ofType('AWS::ApiGatewayV2::Api');
    const [app] = cloud.app.ofType('AWS::ApiGatewayV2::Api');

    expect(watched).toContain(`AWS/ApiGateway ExecutionError ApiId=${chargers?.logicalId} Stage=ocpp`);
    expect(watched).toContain(`AWS/ApiGateway 5xx ApiId=${app?.logicalId} Stage=$default`);
  });

  test('CloudFront is watched where it tells of itself, and where there is one', () => {
    const entranceAlarms = (part: Part) =>
      part.resources.filter(({ Properties }) => Properties.Namespace === 'AWS/CloudFront');
    const [alarm] = entranceAlarms(ops);

    const conditions = z.record(z.string(), z.unknown()).parse(ops.template.toJSON().Conditions);
    expect(conditions[String(alarm?.Condition)]).toEqual({ 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] });
    expect(entranceAlarms(synthesise({ entrance: 'direct' }).ops)).toEqual([]);
  });

  test('what the clock calls is missed when it is not called', () => {
    const missed = alarmsOf(ops).find(({ watches }) => watches === 'AWS/Lambda Invocations FunctionName=watchSessions');

    expect(missed).toMatchObject({
      Period: 300,
      EvaluationPeriods: 3,
      Threshold: 0,
      ComparisonOperator: 'LessThanOrEqualToThreshold',
      TreatMissingData: 'breaching',
    });
  });
});

describe('who is told', () => {
  test('is told over a topic that is encrypted with a key which alarms may use, and by TLS alone', () => {
    const [topic] = ops.ofType('AWS::SNS::Topic');
    const [key] = ops.ofType('AWS::KMS::Key');

    expect(topic?.Properties.KmsMasterKeyId).toEqual({ 'Fn::GetAtt': [key?.logicalId, 'Arn'] });
    expect(JSON.stringify(key?.Properties.KeyPolicy)).toContain('cloudwatch.amazonaws.com');
    ops.template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Action: 'sns:Publish',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Resource: { Ref: topic?.logicalId },
          }),
        ]),
      },
    });
  });

  test('is whoever the settings name, and nobody unless they do', () => {
    const told = synthesise({ alarmEmail: 'duty@example.org' }).ops;

    expect(told.ofType('AWS::SNS::Subscription').map(({ Properties }) => Properties)).toMatchObject([
      { Protocol: 'email', Endpoint: 'duty@example.org' },
    ]);
    expect(ops.ofType('AWS::SNS::Subscription')).toEqual([]);
  });
});

describe('the ops stack', () => {
  test('holds nobody up: it imports no export, so that what it watches can be changed and removed', () => {
    expect(JSON.stringify(ops.template.toJSON())).not.toContain('Fn::ImportValue');
    expect(JSON.stringify(ops.template.toJSON())).toContain('Fn::GetStackOutput');
  });

  test('stays far from the 500 resources that a stack may hold', () => {
    expect(ops.resources.length).toBeLessThan(400);
  });

  test('has a dashboard that leads to the runbook and shows every table and function', () => {
    const [dashboard] = ops.ofType('AWS::CloudWatch::Dashboard');

    const { widgets } = dashboardShape.parse(JSON.parse(ops.text(dashboard?.Properties.DashboardBody)));
    const said = JSON.stringify(widgets);
    expect(said).toContain('[the runbook](docs/runbook.md)');
    for (const name of [...tableNames, ...names]) expect(said).toContain(`"label":"${name}`);
    expect(said).toContain('SEARCH(');
  });
});

/** The anchors of the headings below 'Alarms', as GitHub makes them. */
function sectionsAboutAlarms(): string[] {
  const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
  const about = /^## Alarms$([\s\S]*?)^## /m.exec(runbook)?.[1] ?? '';
  return [...about.matchAll(/^### (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/\s/g, '-'),
  );
}
