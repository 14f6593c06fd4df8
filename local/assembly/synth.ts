import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { UserError } from '#local/start/user-error.ts';

const inputs = ['bin', 'lib', 'functions', 'shared', 'cdk.json', 'package.json', 'package-lock.json', 'tsconfig.json'];

/** The cloud assembly of this repository, synthesised if anything it is made of has changed. */
export async function synthesise(root: string, log: (line: string) => void): Promise<string> {
  const output = join(root, 'cdk.out');
  const stampFile = join(output, '.local-stamp');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stampOf(root, output)) return output;

  log('Synthesising the cloud …');
  await runCdk(root, output);
  writeFileSync(stampFile, stampOf(root, output));
  return output;
}

/** Of the inputs and of the manifest, which tells whether somebody else synthesised, with other settings, in between. */
function stampOf(root: string, output: string): string {
  const hash = createHash('sha256');
  const manifest = join(output, 'manifest.json');
  for (const path of [...inputs.flatMap((input) => filesOf(join(root, input))), manifest]) {
    if (existsSync(path)) hash.update(`${path}\0`).update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

function filesOf(path: string): string[] {
  if (!existsSync(path)) return [];
  const entries = readdirSyncOrFile(path);
  return entries === 'file' ? [path] : entries.sort().flatMap((name) => filesOf(join(path, name)));
}

function readdirSyncOrFile(path: string): string[] | 'file' {
  try {
    return readdirSync(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOTDIR') return 'file';
    throw cause;
  }
}

async function runCdk(root: string, output: string): Promise<void> {
  const cdk = join(dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json')), 'bin', 'cdk');
  const child = spawn(process.execPath, [cdk, 'synth', '--quiet', '--no-notices', '--output', output], {
    cwd: root,
    env: offline(process.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => lines.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => lines.push(chunk));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new UserError(`The cloud cannot be synthesised:\n${Buffer.concat(lines).toString().trimEnd()}`);
}

/** Nobody's credentials, no look-ups, and our Node for the app command of cdk.json. */
function offline(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith('AWS_') && !name.startsWith('CDK_'));
  return {
    ...Object.fromEntries(kept),
    PATH: [dirname(process.execPath), environment.PATH].join(delimiter),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
}
