import { Stack, Validations } from 'aws-cdk-lib';
import type { WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, CfnFunction, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Access, access, type ConnectionAction, type FunctionName, type SecretName } from '#lib/access.ts';
import type { Bundles } from '#lib/bundles.ts';
import type { CommandTimers } from '#lib/constructs/command-timers.ts';
import { durationSeconds } from '#lib/durations.ts';
import { journalNamespace, serviceName } from '#lib/metrics.ts';
import type { Settings } from '#lib/settings.ts';
import { timeoutOf } from '#lib/timeouts.ts';
import { type TableName, tableNames, tableVariable } from '#shared/store/tables.ts';

/** What functions may be given access to. */
export interface Data {
  readonly tables: Readonly<Record<TableName, ITable>>;
  readonly secrets: Readonly<Record<SecretName, ISecret>>;
  readonly files: IBucket;
}

/** What every function stands on. */
export interface Ground {
  settings: Settings;
  bundles: Bundles;
  data: Data;
}

interface ServiceFunctionProps extends Ground {
  /** Where the chargers are connected, for functions that may speak to them. */
  connections?: WebSocketStage;
  /** What calls back for commands, for functions that may ask for that. */
  timers?: CommandTimers;
  /** What links to files begin with, for functions that make or follow them. */
  filesUrl?: string;
  environment?: Record<string, string>;
  /** Rights beyond lib/access.ts, of whatever calls the function rather than of its code. */
  statements?: PolicyStatement[];
}

const connectionMethods: Record<ConnectionAction, string> = { send: 'POST', cut: 'DELETE' };

const secretVariables: Record<SecretName, string> = {
  pepper: 'PEPPER_SECRET',
  originKeys: 'ORIGIN_KEYS_SECRET',
  commandKey: 'COMMAND_KEY_SECRET',
  fileKey: 'FILE_KEY_SECRET',
};

/** A Lambda with its own log group and a role of exactly what lib/access.ts grants it. Its logical id is its name. */
export class ServiceFunction extends Construct {
  readonly lambda: Lambda;

  constructor(scope: Construct, name: FunctionName, props: ServiceFunctionProps) {
    super(scope, name);
    const { settings, bundles, data, connections, timers, filesUrl, environment = {}, statements = [] } = props;
    const granted = access[name];

    const logGroup = new LogGroup(this, 'Logs', {
      retention: settings.lifetime.logs,
      removalPolicy: settings.lifetime.removalPolicy,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        access: new PolicyDocument({
          statements: [
            allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn),
            ...tableStatements(granted, data),
            ...secretStatements(granted, data),
            ...connectionStatements(this, name, granted, connections),
            ...(granted.timers ? [allow(['sqs:SendMessage'], queueFor(name, timers).queueArn)] : []),
            ...statements,
          ],
        }),
      },
    });
    for (const resource of connectionResources(this, name, granted, connections)) {
      Validations.of(role).acknowledge({
        id: `AwsSolutions-IAM5[Resource::${asFound(role, resource)}]`,
        reason:
          'A connection has an id only once it is there: the right is for one method upon all those of one stage.',
      });
    }
    this.lambda = new Lambda(this, 'Function', {
      description: name,
      code: bundles(name),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: timeoutOf(name),
      role,
      logGroup,
      environment: {
        POWERTOOLS_SERVICE_NAME: serviceName(settings),
        POWERTOOLS_METRICS_NAMESPACE: journalNamespace,
        ...Object.fromEntries(
          grantedTables(granted).map((table) => [tableVariable(table), data.tables[table].tableName]),
        ),
        ...Object.fromEntries(
          (granted.secrets ?? []).map((each) => [secretVariables[each], data.secrets[each].secretArn]),
        ),
        // The SDK's own variable: the client is made without an endpoint.
        ...(granted.connections &&
          connections && { AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: connections.callbackUrl }),
        ...(granted.timers && { COMMAND_TIMERS_QUEUE: queueFor(name, timers).queueUrl }),
        ...(granted.files && { FILES_URL: urlFor(name, filesUrl) }),
        ...Object.fromEntries((granted.durations ?? []).map((name) => [name, String(durationSeconds[name])])),
        ...environment,
      },
    });
    const resource = this.lambda.node.defaultChild;
    if (resource instanceof CfnFunction) resource.overrideLogicalId(name);
  }
}

function grantedTables({ tables = {}, indexes = {}, scans = {} }: Access): TableName[] {
  return tableNames.filter((table) => tables[table] || indexes[table] || scans[table]);
}

function tableStatements({ tables = {}, indexes = {}, scans = {} }: Access, data: Data): PolicyStatement[] {
  return tableNames.flatMap((table) => {
    const { tableArn } = data.tables[table];
    const actions = (tables[table] ?? []).map((action) => `dynamodb:${action}`);
    const arnsOf = (names: readonly string[] = []) => names.map((index) => `${tableArn}/index/${index}`);
    const [queried, scanned] = [arnsOf(indexes[table]), arnsOf(scans[table])];
    return [
      ...(actions.length > 0 ? [allow(actions, tableArn)] : []),
      ...(queried.length > 0 ? [allow(['dynamodb:Query'], ...queried)] : []),
      ...(scanned.length > 0 ? [allow(['dynamodb:Scan'], ...scanned)] : []),
    ];
  });
}

function secretStatements({ secrets = [] }: Access, data: Data): PolicyStatement[] {
  return secrets.map((name) => allow(['secretsmanager:GetSecretValue'], data.secrets[name].secretArn));
}

/** All connections of a stage, once for each method. */
function connectionResources(
  scope: Construct,
  name: FunctionName,
  { connections = [] }: Access,
  stage?: WebSocketStage,
): string[] {
  if (connections.length === 0) return [];
  if (!stage) throw new Error(`${name} may speak to chargers, but stands where no stage with chargers is known`);
  const home = Stack.of(stage);
  // As the other stack will see it: what is acknowledged is named by it.
  const apiId = home === Stack.of(scope) ? stage.api.apiId : home.exportValue(stage.api.apiId);
  return connections.map((action) =>
    home.formatArn({
      service: 'execute-api',
      resource: apiId,
      resourceName: `${stage.stageName}/${connectionMethods[action]}/@connections/*`,
    }),
  );
}

function connectionStatements(...of: Parameters<typeof connectionResources>): PolicyStatement[] {
  const resources = connectionResources(...of);
  return resources.length > 0 ? [allow(['execute-api:ManageConnections'], ...resources)] : [];
}

function queueFor(name: FunctionName, timers: CommandTimers | undefined): IQueue {
  if (!timers) throw new Error(`${name} may set timers, but stands where none are known`);
  return timers.queue;
}

function urlFor(name: FunctionName, filesUrl: string | undefined): string {
  if (filesUrl === undefined)
    throw new Error(`${name} makes links to files, but stands where no door for them is known`);
  return filesUrl;
}

/** An ARN as the checks write it: a reference is `<LogicalId>`. */
function asFound(scope: Construct, arn: string): string {
  const written = JSON.stringify(Stack.of(scope).resolve(arn));
  return [...written.matchAll(/\{"Ref":"([^"]+)"\}|"([^"]*)"/g)]
    .map(([, reference, text]) => (reference === undefined ? text : `<${reference}>`))
    .filter((piece) => piece !== 'Fn::Join' && piece !== 'Fn::ImportValue')
    .join('');
}

export function allow(actions: string[], ...resources: string[]): PolicyStatement {
  return new PolicyStatement({ actions, resources });
}
