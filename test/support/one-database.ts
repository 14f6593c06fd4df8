import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startDatabase } from '#local/database/database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the DynamoDB of this run of the tests is. */
    dynamoDbEndpoint: string;
  }
}

/** A file on memory is as fast as a database in memory. */
const fastDirectory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** One database process for each run of the tests; AWS_ENDPOINT_URL_DYNAMODB names one that runs already. Vitest's global setup. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(fastDirectory, 'chargeline-test-'));
  const database = await startDatabase({
    endpoint: process.env.AWS_ENDPOINT_URL_DYNAMODB,
    directory,
    region: 'eu-central-1',
  });
  project.provide('dynamoDbEndpoint', database.endpoint);
  return async () => {
    await database.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}
