import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize, parse } from 'node:path';
import { describe, expect, test } from 'vitest';
import { access } from '#lib/access.ts';
import { operationIds, routes } from '#shared/http/index.ts';
import { inbound, inboundNames, outbound, outboundNames } from '#shared/ocpp/v16/index.ts';
import { type Part, synthesise } from '#test/lib/cloud.ts';

/** The rules of the house that a reader could break without a compiler noticing. */

const root = join(import.meta.dirname, '..');
const files = ['bin', 'functions', 'lib', 'local', 'shared', 'smoke', 'test', 'web', 'bench'].flatMap(codeIn);
const everyImport = files.flatMap((file) => importsOf(file).map((target) => ({ file, target })));

describe('a file imports only what is behind the doors of its room:', () => {
  /** Each room with what it may import: paths from the root, or packages, each with all that is below. */
  const doors: Record<string, string[]> = {
    'shared/ocpp/': ['shared/ocpp/', 'zod'],
    'shared/http/': ['shared/http/', 'zod'],
    'shared/domain/': ['shared/domain/', 'node:crypto'],
    'shared/store/': [
      'shared/store/',
      'shared/domain/',
      'zod',
      'node:',
      '@aws-sdk/client-dynamodb',
      '@aws-sdk/util-dynamodb',
    ],
    'shared/runtime/': ['shared/', 'zod', 'node:', '@aws-sdk/', '@aws-lambda-powertools/', '@middy/core'],
    'functions/': ['shared/runtime/', 'shared/domain/', 'shared/ocpp/', 'shared/http/', 'zod', 'node:', '@middy/core'],
    'lib/': ['lib/', ...listsAndTables(), 'aws-cdk-lib', 'constructs', 'esbuild', 'node:'],
    'bin/': ['lib/', 'aws-cdk-lib'],
    // A thread begins with JavaScript that is made once.
    'local/': ['local/', 'zod', 'ws', 'jose', 'ocpp-rpc', 'esbuild', 'node:'],
    // It visits what is deployed, from outside: of the product it knows what is on the wire.
    'smoke/': ['smoke/', 'shared/ocpp/v16/index.ts', 'zod', 'ws', 'node:'],
    'bench/': ['bench/', 'local/', 'zod', 'ws', 'esbuild', 'node:', '@aws-sdk/client-dynamodb'],
    'web/': ['web/', 'shared/http/'],
  };
  /** What does not follow from the rooms, with its reason. */
  const exceptions: Record<string, string[]> = {
    // The complete router is made of the actions.
    'functions/ocpp/v16/answer.ts': ['functions/ocpp/v16/inbound/', 'functions/ocpp/v16/operations.ts'],
    // Whoever sends commands, or sees what became of them, knows all operations.
    'functions/ocpp/v16/operations.ts': ['functions/ocpp/v16/outbound/'],
    'functions/http/sendCommand.ts': ['functions/ocpp/v16/operations.ts'],
    'functions/http/updateFirmware.ts': ['functions/ocpp/v16/operations.ts'],
    'functions/http/askDiagnostics.ts': ['functions/ocpp/v16/operations.ts'],
    'functions/http/createCampaign.ts': ['functions/ocpp/v16/operations.ts'],
    'functions/http/readChargerConfiguration.ts': ['functions/ocpp/v16/operations.ts'],
    'functions/http/applyConfigurationTemplate.ts': ['functions/ocpp/v16/operations.ts'],
    'functions/jobs/commandTimer.ts': ['functions/ocpp/v16/operations.ts'],
    // It runs at CloudFront: these are modules of that runtime.
    'lib/edge/file-path.js': ['cloudfront', 'crypto'],
    // Read by people and tools, in no bundle.
    'shared/http/openapi.ts': ['zod-openapi'],
    // It calls the handlers themselves, with the stores of the tests.
    'bench/handlers/main.ts': ['functions/ocpp/', 'shared/', 'test/support/'],
  };

  test.each(Object.entries(doors))('%s imports %j', (room, allowed) => {
    const strays = everyImport.filter(({ file, target }) => {
      const may = [...allowed, ...(exceptions[file] ?? [])];
      return file.startsWith(room) && !may.some((each) => target === each || target.startsWith(slashed(each)));
    });

    expect(strays).toEqual([]);
  });

  test('every file of the product stands in one of the rooms', () => {
    const rooms = [...Object.keys(doors), 'test/'];

    expect(files.filter((file) => !rooms.some((room) => file.startsWith(room)))).toEqual([]);
  });

  test('each exception is made use of', () => {
    const unused = Object.entries(exceptions).filter(
      ([file, targets]) =>
        !everyImport.some((each) => each.file === file && targets.some((target) => each.target.startsWith(target))),
    );

    expect(unused).toEqual([]);
  });

  test('the OpenAPI document, with its library, is imported by tests only', () => {
    const importers = everyImport.filter(
      ({ target }) => target === 'shared/http/openapi.ts' || target === 'zod-openapi',
    );

    expect(importers.map(({ file }) => file)).toEqual(['shared/http/openapi.ts', 'test/http/openapi.test.ts']);
  });

  test('what is imported is there, and is spelled as on the disk', () => {
    const lost = everyImport.filter(({ target }) =>
      /^(bin|functions|lib|local|shared|smoke|test|web|bench)\//.test(target),
    );

    expect(lost.filter(({ target }) => !files.includes(target) && !target.endsWith('.js'))).toEqual([]);
  });
});

describe('an action of a charger is brought to life by the list:', () => {
  const { charger } = synthesise();

  test('the folders of contracts and handlers have exactly the files that the lists name', () => {
    expect(namesIn('shared/ocpp/v16').filter((name) => /^[A-Z]/.test(name))).toEqual(
      sorted([...new Set([...inboundNames, ...outboundNames])]),
    );
    expect(namesIn('functions/ocpp/v16/inbound')).toEqual(sorted(inboundNames));
  });

  test.each(inboundNames)('%s has a contract, a handler, a two-way route, rights, and a test that names it', (name) => {
    const contract = inbound[name];

    expect(contract.name).toBe(name);
    expect(contract.section).toMatch(/^\d+(\.\d+)+$/);
    expect(source(`functions/ocpp/v16/inbound/${name}.ts`)).toMatch(
      new RegExp(`^export const handler = ocppHandler\\(${name}, `, 'm'),
    );
    expect(routeOf(charger, name)).toMatchObject({ RouteResponseSelectionExpression: '$default' });
    expect(access[name].tables).toBeDefined();
    expect(testsThatName(name)).not.toEqual([]);
  });
});

test.each(outboundNames)('%s, which the central system sends, has a contract of its own', (name) => {
  const contract = outbound[name];

  expect(contract.name).toBe(name);
  expect(contract.section).toMatch(/^\d+(\.\d+)+$/);
});

describe('an operation that the central system sends is brought to life by the list:', () => {
  test('the folder of operations has exactly the files that the list names', () => {
    expect(namesIn('functions/ocpp/v16/outbound')).toEqual(sorted(outboundNames));
  });

  test.each(outboundNames)('%s has a contract, an operation, and a test that names it', (name) => {
    const camel = name[0]?.toLowerCase() + name.slice(1);

    expect(outbound[name].name).toBe(name);
    expect(outbound[name].section).toMatch(/^\d+(\.\d+)+$/);
    expect(source(`functions/ocpp/v16/outbound/${name}.ts`)).toContain(
      `export const ${camel} = defineOperation<typeof ${name}>({`,
    );
    expect(testsThatName(name)).not.toEqual([]);
  });
});

describe('an operation of the app API is brought to life by the list:', () => {
  const { app } = synthesise();

  test('the folder of handlers has exactly the files that the list names', () => {
    expect(namesIn('functions/http')).toEqual(sorted(operationIds));
  });

  test.each(operationIds)('%s has a handler, a route behind the authorizer, rights, and a test that names it', (id) => {
    const { method, path } = routes[id];

    expect(source(`functions/http/${id}.ts`)).toMatch(
      new RegExp(`^export const handler = httpHandler\\(\\s*'${id}',\\s*routes\\.${id},\\s`, 'm'),
    );
    expect(routeOf(app, `${method} ${path}`)).toMatchObject({ AuthorizationType: 'JWT' });
    expect(access[id].tables).toBeDefined();
    expect(testsThatName(id)).not.toEqual([]);
  });
});

describe('nobody talks the compiler out of its doubts:', () => {
  test('there is no any and no non-null assertion', () => {
    const biome = join(root, 'node_modules/.bin/biome');
    const rules = ['suspicious/noExplicitAny', 'style/noNonNullAssertion'].map((rule) => `--only=${rule}`);

    const lint = () => execFileSync(biome, ['lint', ...rules, '.'], { cwd: root, stdio: 'pipe' });

    expect(lint).not.toThrow();
  });

  test('no comment silences the compiler, and none silences those rules', () => {
    const silencers = /@ts-(ignore|expect-error|nocheck)\b|biome-ignore.*(noExplicitAny|noNonNull)/;

    const silenced = files.filter((file) => file !== 'test/architecture.test.ts' && silencers.test(source(file)));

    expect(silenced).toEqual([]);
  });
});

/** Files with code below a folder, as paths from the root. */
function codeIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|js|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

function source(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** What a file imports or exports from, also types, also at run time: paths from the root, and packages as they are. */
function importsOf(file: string): string[] {
  const specifiers = source(file).matchAll(/(?:^|[\s;}])(?:from|import)\s*\(?\s*'([^'\n]+)'/g);
  return [...specifiers].map(([, specifier = '']) => {
    if (specifier.startsWith('#')) return specifier.slice(1);
    return specifier.startsWith('.') ? normalize(join(parse(file).dir, specifier)) : specifier;
  });
}

const slashed = (target: string) => (/[/:]$/.test(target) ? target : `${target}/`);

const sorted = (names: readonly string[]) => [...names].sort();

function namesIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .map((name) => parse(name).name)
    .sort();
}

function routeOf(part: Part, key: string) {
  const found = part.ofType('AWS::ApiGatewayV2::Route').find(({ Properties }) => Properties.RouteKey === key);
  return found?.Properties;
}

/** Tests of behaviour: those that go through a list name everything on it. */
function testsThatName(name: string): string[] {
  return files
    .filter((file) => /^test\/(functions|journeys)\/.*\.test\.ts$/.test(file))
    .filter((file) => new RegExp(`\\b${name}\\b`).test(source(file)));
}

/** The lists, what they are lists of, and the tables. */
function listsAndTables(): string[] {
  return [
    'shared/ocpp/v16/index.ts',
    'shared/ocpp/errors.ts',
    'shared/http/index.ts',
    'shared/http/route.ts',
    'shared/store/tables.ts',
  ];
}
