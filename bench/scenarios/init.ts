import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { root } from '#bench/cloud/local-cloud.ts';
import { median } from '#bench/load/latencies.ts';

export interface InitSetting {
  runs: number;
  log(line: string): void;
}

interface BundleCost {
  name: string;
  bytes: number;
  /** Median of fresh processes, in milliseconds of CPU. */
  initCpuMs: number;
}

export interface InitResult {
  runs: number;
  /** With the SDK in the bundle, as it is deployed. */
  inside: BundleCost[];
  /** Without it: loaded from node_modules, as from the runtime. */
  outside: BundleCost[];
}

/** Loads each function's bundle in a fresh process, once with the AWS SDK in it and once beside it; one after the other, so that both meet the same noise. */
export async function init({ runs, log }: InitSetting): Promise<InitResult> {
  const directory = mkdtempSync(join(tmpdir(), 'chargeline-bench-'));
  try {
    // Where Node looks from the bundles: it stands for the runtime's.
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    const [inside, outside] = [join(directory, 'inside'), join(directory, 'outside')];
    const names = functionFiles();
    await bundle(names, inside, neverLoaded);
    await bundle(names, outside, ['@aws-sdk/*']);
    const result: InitResult = { runs, inside: [], outside: [] };
    for (const name of names) {
      log(`${basename(name)} …`);
      const files = [inside, outside].map((each) => join(each, name, 'index.mjs'));
      const times: number[][] = [[], []];
      for (let run = 0; run < runs; run++) {
        for (const [index, file] of files.entries()) times[index]?.push(await importing(file));
      }
      const cost = (index: number) => ({
        name: basename(name),
        bytes: statSync(files[index] ?? '').size,
        initCpuMs: median(times[index] ?? []) / 1000,
      });
      result.inside.push(cost(0));
      result.outside.push(cost(1));
    }
    return result;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Every file of functions/ is one. */
function functionFiles(): string[] {
  const functions = join(root, 'functions');
  return readdirSync(functions, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(functions.length + 1, -'.ts'.length))
    .sort();
}

/** What lib/bundles.ts leaves out of the bundles: it is loaded where the environment has no credentials, which never happens on Lambda. */
const neverLoaded = [
  ...['http', 'ini', 'process', 'sso', 'web-identity'].map((kind) => `@aws-sdk/credential-provider-${kind}`),
  '@smithy/credential-provider-imds',
];

/** As lib/bundles.ts does it. */
async function bundle(names: readonly string[], outdir: string, external: string[]): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: names.map((name) => ({ in: join(root, 'functions', `${name}.ts`), out: `${name}/index` })),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    external,
    logLevel: 'warning',
  });
}

async function importing(file: string): Promise<number> {
  const probe = join(import.meta.dirname, 'init-probe.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [probe, file], { timeout: 60_000 });
  return Number(stdout);
}
