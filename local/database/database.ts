import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { dynamoDb } from '#local/database/dynamodb.ts';
import { endProcess, processIdentity } from '#local/start/processes.ts';
import { UserError } from '#local/start/user-error.ts';

export interface Database {
  endpoint: string;
  stop(): Promise<void>;
}

export interface DatabaseOptions {
  /** A DynamoDB that runs already; none is started then. */
  endpoint?: string | undefined;
  /** Where the database file is kept. */
  directory: string;
  region: string;
  /** Called when the process ended unasked. */
  onLoss?(why: string): void;
}

const fileName = 'dynamodb.sqlite';
const pidName = 'dynamodb.pid';

/**
 * DynamoDB on this machine: dynoxide (SQLite) as a process of its own. One that survived the end of the last local cloud is ended first: two must
 * not have the same file.
 */
export async function startDatabase({ endpoint, directory, region, onLoss }: DatabaseOptions): Promise<Database> {
  if (endpoint) return { endpoint, stop: async () => {} };

  const binary = findBinary();
  mkdirSync(directory, { recursive: true });
  const file = join(directory, fileName);
  const pidFile = join(directory, pidName);
  const survivor = databaseProcess(directory);
  if (survivor !== undefined) await endProcess(survivor);

  const { child, ended, url } = await launch(binary, file, { pidFile, logFile: join(directory, 'dynamodb.log') });

  let stopping = false;
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const stop = async () => {
    stopping = true;
    process.off('exit', endWithUs);
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(killer);
    rmSync(pidFile, { force: true });
  };
  try {
    await accepts(url, region);
    prepare(file);
  } catch (cause) {
    await stop();
    throw cause;
  }
  ended.then((why) => stopping || onLoss?.(`The database (${binary}) is gone: ${why}`));
  return { endpoint: url, stop };
}

interface Launched {
  child: ChildProcess;
  /** Resolves with how it ended. */
  ended: Promise<string>;
  url: string;
}

/** Until it says that it listens: whoever answers on the port might be another one, which was quicker to take it. */
async function launch(
  binary: string,
  file: string,
  { pidFile, logFile }: { pidFile: string; logFile: string },
): Promise<Launched> {
  for (let triesLeft = 5; ; triesLeft--) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const log = openSync(logFile, 'w');
    const child = spawn(binary, ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', file], {
      stdio: ['ignore', log, log],
      // Out of the terminal's process group: Ctrl-C is for us, who stop it last.
      detached: true,
    });
    closeSync(log);
    if (child.pid !== undefined) writeFileSync(pidFile, String(child.pid));
    let how: string | undefined;
    const ended = new Promise<string>((resolve) => {
      child.once('error', ({ message }) => resolve(message));
      child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? code}`));
    });
    ended.then((why) => {
      how = why;
    });
    while (how === undefined) {
      if (readFileSync(logFile, 'utf8').includes(`listening on ${url}`)) return { child, ended, url };
      await pause(5);
    }
    const said = readFileSync(logFile, 'utf8').trim();
    if (triesLeft === 0 || !said.includes('already in use')) {
      throw new UserError(`The database (${binary}) does not start: ${how}. ${said}`);
    }
  }
}

/** In the platform's package: where the wrapper package `dynoxide` has it, or as a dependency of our own. */
function findBinary(): string {
  const platform = `@dynoxide/${process.platform}-${process.arch}`;
  const ours = createRequire(import.meta.url);
  const wrapper = packageFile(ours, 'dynoxide');
  const packaged = (wrapper && packageFile(createRequire(wrapper), platform)) ?? packageFile(ours, platform);
  const name = process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide';
  const binary = packaged && join(dirname(packaged), name);
  if (binary && existsSync(binary)) return binary;
  throw new UserError(
    `There is no local DynamoDB for ${process.platform}-${process.arch}. Either install one (npm install --no-save dynoxide), ` +
      'or start any DynamoDB-compatible server and name it: AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000 npm start',
  );
}

function packageFile(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(`${name}/package.json`);
  } catch {
    return undefined;
  }
}

/** The process that still works on the database in this directory, whoever started it. */
export function databaseProcess(directory: string): number | undefined {
  const pidFile = join(directory, pidName);
  if (!existsSync(pidFile)) return undefined;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  const works =
    Number.isInteger(pid) && pid > 0 && processIdentity(pid)?.endsWith(`--db-path ${join(directory, fileName)}`);
  return works ? pid : undefined;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address) resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });
}

async function accepts(url: string, region: string): Promise<void> {
  const call = dynamoDb(url, region);
  for (let triesLeft = 500; ; triesLeft--) {
    try {
      await call('ListTables', {});
      return;
    } catch (cause) {
      if (triesLeft === 0) throw cause;
      await pause(10);
    }
  }
}

/**
 * dynoxide looks for a stream's last sequence number without an index: 0.3 ms per write, 8 ms after 16,000 records. With this index it stays at
 * the 0.3 ms. Stream records are kept for a day, as on AWS, but not more than 100,000 per table; the newest always stays, because the next
 * sequence number is drawn from it.
 */
const preparation = `
  CREATE INDEX IF NOT EXISTS chargeline_stream_sequence
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
  CREATE TRIGGER IF NOT EXISTS chargeline_trim_stream AFTER INSERT ON _stream_records BEGIN
    DELETE FROM _stream_records
    WHERE id IN (
        SELECT id FROM _stream_records WHERE table_name = NEW.table_name
        ORDER BY CAST(sequence_number AS INTEGER) LIMIT 2
      )
      AND id <> NEW.id
      AND (created_at < NEW.created_at - 86400
        OR CAST(sequence_number AS INTEGER) <= CAST(NEW.sequence_number AS INTEGER) - 100000);
  END;`;

/** Beside the running process: SQLite tells its other connections that the schema has changed. */
function prepare(file: string): void {
  const database = new DatabaseSync(file, { timeout: 5000 });
  try {
    database.exec(preparation);
  } finally {
    database.close();
  }
}
