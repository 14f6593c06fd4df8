import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readAssembly } from '#local/assembly/assembly.ts';
import type { Assembly, Resource } from '#local/parts.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

/** For the variables of Fn::Sub. */
const dollar = '$';

/** Reads an assembly of these templates, by stack name. */
function read(templates: Record<string, object>, assets: Record<string, string> = {}): Assembly {
  const directory = temporaryDirectory();
  const artifacts: Record<string, object> = {
    assets: { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } },
  };
  for (const [stack, template] of Object.entries(templates)) {
    const templateFile = `${stack}.template.json`;
    artifacts[stack] = { type: 'aws:cloudformation:stack', properties: { templateFile } };
    writeFileSync(join(directory, templateFile), JSON.stringify(template));
  }
  const files = Object.entries(assets).map(([objectKey, path]) => [
    objectKey,
    { source: { path, packaging: 'zip' }, destinations: { here: { objectKey } } },
  ]);
  for (const path of Object.values(assets)) mkdirSync(join(directory, path), { recursive: true });
  writeFileSync(join(directory, 'assets.json'), JSON.stringify({ files: Object.fromEntries(files) }));
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ artifacts }));
  return readAssembly(directory, {
    region: 'us-east-1',
    account: '000000000000',
    secretString: ({ logicalId }: Resource) => JSON.stringify({ current: `the secret of ${logicalId}` }),
  });
}

/** The value that a property has after resolution in a template with a table and a function. */
function resolved(value: unknown, more: object = {}): unknown {
  const assembly = read({
    app: {
      Parameters: {
        Stage: { Type: 'String', Default: 'dev' },
        Needed: { Type: 'String' },
        BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/x/version' },
      },
      Mappings: { Sizes: { small: { memory: 128 } } },
      Conditions: {
        IsDev: { 'Fn::Equals': [{ Ref: 'Stage' }, 'dev'] },
        IsProd: { 'Fn::Not': [{ Condition: 'IsDev' }] },
      },
      Resources: {
        Things: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'things' } },
        Subject: { Type: 'AWS::Logs::LogGroup', Properties: { Value: value } },
      },
      ...more,
    },
  });
  return assembly.ofType('AWS::Logs::LogGroup')[0]?.properties.Value;
}

test.each([
  ['Ref of a resource', { Ref: 'Things' }, 'things'],
  ['Ref of a parameter', { Ref: 'Stage' }, 'dev'],
  ['Fn::GetAtt', { 'Fn::GetAtt': ['Things', 'Arn'] }, 'arn:aws:dynamodb:us-east-1:000000000000:table/things'],
  ['Fn::GetAtt with a dot', { 'Fn::GetAtt': 'Things.Arn' }, 'arn:aws:dynamodb:us-east-1:000000000000:table/things'],
  ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Stage' }]] }, 'a-dev'],
  [
    'Fn::Sub',
    { 'Fn::Sub': `x-${dollar}{Stage}-${dollar}{Things.Arn}-${dollar}{!Literal}` },
    `x-dev-arn:aws:dynamodb:us-east-1:000000000000:table/things-${dollar}{Literal}`,
  ],
  ['Fn::Sub with variables', { 'Fn::Sub': [`${dollar}{Name}!`, { Name: { Ref: 'Things' } }] }, 'things!'],
  ['Fn::Select and Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
  ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', 'small', 'memory'] }, 128],
  ['Fn::If, when it holds', { 'Fn::If': ['IsDev', 'yes', 'no'] }, 'yes'],
  ['Fn::If, when it does not hold', { 'Fn::If': ['IsProd', 'yes', 'no'] }, 'no'],
  [
    'pseudo parameters',
    {
      'Fn::Join': [
        ' ',
        [{ Ref: 'AWS::Partition' }, { Ref: 'AWS::AccountId' }, { Ref: 'AWS::StackName' }, { Ref: 'AWS::URLSuffix' }],
      ],
    },
    'aws 000000000000 app amazonaws.com',
  ],
  ['AWS::NoValue', { kept: 1, left: { Ref: 'AWS::NoValue' } }, { kept: 1 }],
  [
    'a policy condition, which is no intrinsic',
    { Condition: { StringEquals: { a: { Ref: 'Stage' } } } },
    { Condition: { StringEquals: { a: 'dev' } } },
  ],
])('%s is resolved', (_, value, expected) => {
  expect(resolved(value)).toEqual(expected);
});

test.each([
  [
    'an attribute that is not known',
    { 'Fn::GetAtt': ['Things', 'Colour'] },
    "Fn::GetAtt: 'Things' has no attribute 'Colour' here",
  ],
  [
    'a resource that is not there',
    { a: [{ Ref: 'Nobody' }] },
    "app/Subject, Properties.Value.a[0]: Ref: there is no 'Nobody'",
  ],
  ['a parameter without default', { Ref: 'Needed' }, "the parameter 'Needed' has no default"],
  ['a function that is not known', { 'Fn::Cidr': ['10.0.0.0/8'] }, 'Fn::Cidr is not known here'],
  ['an export that is not there', { 'Fn::ImportValue': 'nobody:x' }, "no stack exports 'nobody:x'"],
  [
    'an output that is not there',
    { 'Fn::GetStackOutput': { StackName: 'app', OutputName: 'X' } },
    "the stack 'app' has no output 'X'",
  ],
])('%s is an error that names stack, logical id and property', (_, value, message) => {
  expect(() => resolved(value)).toThrow(message);
  expect(() => resolved(value)).toThrow(/^app\/Subject, Properties\.Value/);
});

test('a stack imports what another one exports', () => {
  const assembly = read({
    app: {
      Resources: { Logs: { Type: 'AWS::Logs::LogGroup', Properties: { Of: { 'Fn::ImportValue': 'data:Table' } } } },
    },
    data: {
      Resources: { Things: { Type: 'AWS::DynamoDB::Table' } },
      Outputs: {
        Table: { Value: { Ref: 'Things' }, Export: { Name: { 'Fn::Sub': `${dollar}{AWS::StackName}:Table` } } },
      },
    },
  });

  expect(assembly.ofType('AWS::Logs::LogGroup')[0]?.properties).toEqual({ Of: 'data-Things' });
});

test('a stack reads what another one puts out without exporting it', () => {
  const Of = {
    'Fn::GetStackOutput': { StackName: 'data', OutputName: 'Table', Region: { Ref: 'AWS::Region' } },
  };

  const assembly = read({
    app: { Resources: { Logs: { Type: 'AWS::Logs::LogGroup', Properties: { Of } } } },
    data: {
      Resources: { Things: { Type: 'AWS::DynamoDB::Table' } },
      Outputs: { Table: { Value: { Ref: 'Things' } } },
    },
  });

  expect(assembly.ofType('AWS::Logs::LogGroup')[0]?.properties).toEqual({ Of: 'data-Things' });
});

test('a dynamic reference to a secret of another stack becomes the value at its key', () => {
  const assembly = read({
    data: {
      Resources: { Origin: { Type: 'AWS::SecretsManager::Secret', Properties: {} } },
      Outputs: { Secret: { Value: { Ref: 'Origin' }, Export: { Name: 'data:Secret' } } },
    },
    app: {
      Resources: {
        Logs: {
          Type: 'AWS::Logs::LogGroup',
          Properties: {
            Header: {
              'Fn::Join': [
                '',
                ['{{resolve:secretsmanager:', { 'Fn::ImportValue': 'data:Secret' }, ':SecretString:current::}}'],
              ],
            },
          },
        },
      },
    },
  });

  expect(assembly.ofType('AWS::Logs::LogGroup')[0]?.properties).toEqual({ Header: 'the secret of Origin' });
});

test('a dynamic reference to a key that the secret does not have is an error', () => {
  const value = '{{resolve:secretsmanager:app-Origin:SecretString:other}}';

  expect(() =>
    read({
      app: {
        Resources: {
          Origin: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'app-Origin' } },
          Logs: { Type: 'AWS::Logs::LogGroup', Properties: { Value: value } },
        },
      },
    }),
  ).toThrow("app/Logs: {{resolve:secretsmanager:app-Origin:SecretString:other}}: the secret has no key 'other'");
});

test('a resource whose condition does not hold is not there', () => {
  const assembly = read({
    app: {
      Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
      Resources: { Logs: { Type: 'AWS::Logs::LogGroup', Condition: 'Never' } },
    },
  });

  expect(assembly.resources).toEqual([]);
});

test('each resource type that is neither emulated nor left out is refused by stack, logical id and type', () => {
  const Resources = { Bucket: { Type: 'AWS::Kinesis::Stream' }, Key: { Type: 'AWS::KMS::Alias' } };

  expect(() => read({ app: { Resources } })).toThrow(
    /app\/Bucket: AWS::Kinesis::Stream\n {2}app\/Key: AWS::KMS::Alias/,
  );
});

test('names and ids are the same at every start', () => {
  const template = {
    app: { Resources: { Api: { Type: 'AWS::ApiGatewayV2::Api' }, T: { Type: 'AWS::DynamoDB::Table' } } },
  };

  const [first, second] = [read(template), read(template)].map(({ resources }) => resources.map((r) => r.physicalId));

  expect(first).toEqual(second);
});

test("a function's bundle is where the asset manifest says", () => {
  const Resources = { Fn: { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Key: 'abc.zip' } } } };
  const assembly = read({ app: { Resources } }, { 'abc.zip': 'asset.abc' });
  const [fn] = assembly.ofType('AWS::Lambda::Function');

  expect(fn && assembly.bundleDirectory(fn)).toMatch(/asset\.abc$/);
});

test('a function without an asset is an error that names it', () => {
  const Resources = { Fn: { Type: 'AWS::Lambda::Function', Properties: { Code: { ZipFile: '' } } } };
  const assembly = read({ app: { Resources } });
  const [fn] = assembly.ofType('AWS::Lambda::Function');

  expect(() => fn && assembly.bundleDirectory(fn)).toThrow(/^app\/Fn: its code is not an asset/);
});
