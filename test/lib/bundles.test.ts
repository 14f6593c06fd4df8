import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { access, type OtherFunction } from '#lib/access.ts';
import { bundleFunctions } from '#lib/bundles.ts';
import { operationIds } from '#shared/http/index.ts';
import { inboundNames } from '#shared/ocpp/v16/index.ts';

const run = promisify(execFile);

const others: Record<OtherFunction, string> = {
  authorize: 'ocpp/authorize',
  connect: 'ocpp/connect',
  disconnect: 'ocpp/disconnect',
  answer: 'ocpp/v16/answer',
  chargerChanges: 'jobs/chargerChanges',
  commandTimer: 'jobs/commandTimer',
  takeUpload: 'files/takeUpload',
  watchSessions: 'jobs/watchSessions',
};
const files = [
  ...inboundNames.map((name) => `ocpp/v16/inbound/${name}`),
  ...operationIds.map((id) => `http/${id}`),
  ...Object.values(others),
];

const temporary = mkdtempSync(join(tmpdir(), 'chargeline-bundles-'));
afterAll(() => rmSync(temporary, { recursive: true }));

test('every function becomes a module of its own, with a source map beside it and no source in it', async () => {
  const directories = directoriesWith('all', files);

  await bundleFunctions(directories);

  expect(files).toHaveLength(Object.keys(access).length);
  for (const file of files) {
    expect(readdirSync(join(directories.build, file)).sort()).toEqual(['index.mjs', 'index.mjs.map']);
    expect(read(directories.build, file, 'index.mjs')).toContain(`"${file}"`);
    expect(read(directories.build, file, 'index.mjs.map')).not.toContain('sourcesContent');
  }
});

test('the same sources give the same bytes, so that nothing is deployed anew without need', async () => {
  const directories = directoriesWith('twice', files);
  const before = join(temporary, 'before');

  await bundleFunctions(directories);
  cpSync(directories.build, before, { recursive: true });
  await bundleFunctions(directories);

  for (const file of files) {
    for (const name of ['index.mjs', 'index.mjs.map']) {
      expect(read(directories.build, file, name)).toBe(read(before, file, name));
    }
  }
});

test('what the SDK loads only where there are no credentials in the environment, or for streams of events, is left out', async () => {
  const build = join(temporary, 'lean');
  await bundleFunctions({ functions: join(import.meta.dirname, '../../functions'), build });

  for (const file of files) {
    const text = read(build, file, 'index.mjs');
    const packages = (imports: RegExp) =>
      [...text.matchAll(imports)].map(([, name = '']) => name).filter((name) => !isBuiltin(name));

    expect(packages(/\b(?:from|import)\s*"([\w@./:-]+)"/g)).toEqual([]);
    for (const name of packages(/\bimport\("([^"]+)"\)/g))
      expect(name).toMatch(/\/credential-provider-|\/event-streams$/);
  }
});

test('a function without code is named, with the file that is due', async () => {
  const directories = directoriesWith(
    'incomplete',
    files.filter((file) => file !== 'ocpp/v16/inbound/Heartbeat' && file !== 'http/getSession'),
  );

  await expect(bundleFunctions(directories)).rejects.toThrow(
    /Heartbeat \(.*inbound\/Heartbeat\.ts\), getSession \(.*http\/getSession\.ts\)/,
  );
});

test('every real function loads as Lambda loads it: as a module of at most 500 kB, with nothing beside it', async () => {
  const build = join(temporary, 'real');
  await bundleFunctions({ functions: join(import.meta.dirname, '../../functions'), build });
  const sizes = files.map((file) => statSync(join(build, file, 'index.mjs')).size);
  const modules = JSON.stringify(files.map((file) => join(build, file, 'index.mjs')));
  const script = `for (const path of ${modules}) console.log(typeof (await import(path)).handler)`;

  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { env: {}, cwd: build });

  expect(stdout.trim().split('\n')).toEqual(files.map(() => 'function'));
  expect(Math.max(...sizes)).toBeLessThanOrEqual(500_000);
}, 120_000);

function directoriesWith(name: string, present: string[]) {
  const functions = join(temporary, name, 'functions');
  for (const file of present) {
    const path = join(functions, `${file}.ts`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `export const handler = async () => '${file}';\n`);
  }
  return { functions, build: join(temporary, name, 'build') };
}

function read(...path: string[]): string {
  return readFileSync(join(...path), 'utf8');
}
