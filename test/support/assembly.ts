import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until.ts';

const root = join(import.meta.dirname, '../..');
const cache = join(root, 'node_modules/.cache/chargeline-assemblies');
const inputs = ['bin', 'lib', 'functions', 'shared', 'cdk.json', 'package.json', 'package-lock.json', 'tsconfig.json'];

/** How long an assembly of other sources is left alone: a cloud may still run on it. */
const KEPT_MS = 20 * 60_000;

/**
 * The directory of this checkout's cloud assembly, as `cdk synth -c name=value …` makes it. Made once for all test files and for as long as
 * the sources stay the same; not in cdk.out, which a developer may be using, and one at a time, since all of them bundle into build/.
 */
export async function synthesised(context: Record<string, string> = {}): Promise<string> {
  const key = keyOf(context);
  const directory = join(cache, key);
  const lock = join(cache, 'lock');
  mkdirSync(cache, { recursive: true });
  await until('no other test file synthesises', () => existsSync(directory) || takes(lock), 150_000);
  if (existsSync(directory)) return directory;
  try {
    removeOld();
    await cdkSynth(context, `${directory}.partial`);
    // Unless somebody has gone on writing: it is an assembly of who knows which sources.
    if (keyOf(context) === key) renameSync(`${directory}.partial`, directory);
  } finally {
    rmSync(lock, { force: true });
  }
  return existsSync(directory) ? directory : synthesised(context);
}

function keyOf(context: Record<string, string>): string {
  const hash = createHash('sha256').update(JSON.stringify(context));
  for (const file of inputs.flatMap(filesOf)) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 20);
}

function filesOf(input: string): string[] {
  if (!statSync(join(root, input)).isDirectory()) return [input];
  const entries = readdirSync(join(root, input), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

function takes(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (!isHeld(lock)) rmSync(lock, { force: true });
    return false;
  }
}

/** Not by a process that was killed before it could give it back. */
function isHeld(lock: string): boolean {
  try {
    const holder = Number(readFileSync(lock, 'utf8'));
    // Empty: just created.
    return holder === 0 || process.kill(holder, 0);
  } catch {
    return false;
  }
}

function removeOld(): void {
  for (const entry of readdirSync(cache, { withFileTypes: true })) {
    const path = join(cache, entry.name);
    if (entry.isDirectory() && statSync(path).mtimeMs < Date.now() - KEPT_MS) rmSync(path, { recursive: true });
  }
}

async function cdkSynth(context: Record<string, string>, output: string): Promise<void> {
  const cdk = join(dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json')), 'bin', 'cdk');
  const settings = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = [cdk, 'synth', '--quiet', '--no-notices', ...settings, '--output', output];
  const kept = Object.entries(process.env).filter(([name]) => !/^(AWS|CDK)_/.test(name));
  const env = {
    ...Object.fromEntries(kept),
    // The app command of cdk.json says `node`.
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
  await promisify(execFile)(process.execPath, args, { cwd: root, env });
}
