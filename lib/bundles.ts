import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { build, type Plugin } from 'esbuild';
import { access, type FunctionName, type OtherFunction } from '#lib/access.ts';
import { operationIds } from '#shared/http/index.ts';
import { inboundNames } from '#shared/ocpp/v16/index.ts';

/** Where the code of a function comes from. */
export type Bundles = (name: FunctionName) => Code;

const root = join(import.meta.dirname, '..');

const otherSources: Record<OtherFunction, string> = {
  authorize: 'ocpp/authorize',
  connect: 'ocpp/connect',
  disconnect: 'ocpp/disconnect',
  answer: 'ocpp/v16/answer',
  chargerChanges: 'jobs/chargerChanges',
  commandTimer: 'jobs/commandTimer',
  takeUpload: 'files/takeUpload',
  watchSessions: 'jobs/watchSessions',
};

/** Each function's file below functions/, without its ending. */
const sources: ReadonlyMap<string, string> = new Map([
  ...inboundNames.map((name) => [name, `ocpp/v16/inbound/${name}`] as const),
  ...operationIds.map((name) => [name, `http/${name}`] as const),
  ...Object.entries(otherSources),
]);

interface Directories {
  functions: string;
  build: string;
}

/** A place of this process alone: two that synthesise at once must not take each other's half-written files. The assembly has copies. */
function scratch(): string {
  const directory = join(root, 'build', String(process.pid));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/**
 * What the SDK loads only when it comes to that, and it never does: where to look for credentials when the environment has none, as Lambda's
 * always has them, and streams of events, which no operation of ours answers with. A quarter of each bundle would be read at every cold start.
 */
const neverLoaded = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
  '@smithy/core/event-streams',
];

/** What packages tie to their core, and no function uses. The compiler cannot know, so that it would be read at every cold start. */
const neverUsed: Plugin = {
  name: 'never-used',
  setup: ({ onLoad }) => {
    // JSON Schemas are written when the OpenAPI document is, from the sources.
    onLoad({ filter: /\/zod\/v4\/core\/to-json-schema\.js$/ }, () => ({ contents: withoutJsonSchema }));
    onLoad({ filter: /\/zod\/v4\/core\/json-schema-processors\.js$/ }, () => ({
      contents: 'export const toJSONSchema = undefined, allProcessors = {};',
    }));
    // A client of the SDK reads its version there.
    onLoad({ filter: /\/@aws-sdk\/client-[\w-]+\/package\.json$/ }, ({ path }) => ({
      contents: JSON.stringify({ version: JSON.parse(readFileSync(path, 'utf8')).version }),
      loader: 'json',
    }));
  },
};

const withoutJsonSchema = `
  const absent = () => { throw new Error('JSON Schemas are left out of the functions'); };
  export const createToJSONSchemaMethod = () => absent, createStandardJSONSchemaMethod = () => absent;
  export const extractDefs = absent, finalize = absent, initializeContext = absent, processSchema = absent;
`;

/**
 * Bundles every function in one pass, which takes a second where one pass each takes a minute. The directories mirror functions/, so that
 * `Authorize` and `authorize` stay apart on file systems that ignore case. The same sources give the same bytes, and so the same asset hashes.
 */
export async function bundleFunctions(
  directories: Directories = { functions: join(root, 'functions'), build: scratch() },
): Promise<Bundles> {
  const names = Object.keys(access);
  const entry = (name: string) => join(directories.functions, `${source(name)}.ts`);
  const missing = names.filter((name) => !existsSync(entry(name)));
  if (missing.length > 0) {
    throw new Error(`No code for ${missing.map((name) => `${name} (${entry(name)})`).join(', ')}`);
  }

  await build({
    absWorkingDir: root,
    entryPoints: names.map((name) => ({ in: entry(name), out: `${source(name)}/index` })),
    outdir: directories.build,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    external: neverLoaded,
    plugins: [neverUsed],
    treeShaking: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
  });
  return (name) => Code.fromAsset(join(directories.build, source(name)));
}

function source(name: string): string {
  const path = sources.get(name);
  if (path === undefined) throw new Error(`No list says where the function ${name} is`);
  return path;
}
