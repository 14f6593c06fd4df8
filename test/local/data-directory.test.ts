import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takeDataDirectory } from '#local/start/data-directory.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

test('a data directory belongs to one local cloud, until it is released', () => {
  const directory = temporaryDirectory();
  const first = takeDataDirectory(directory);

  expect(() => takeDataDirectory(directory)).toThrow(
    `Another local cloud (process ${process.pid}) runs on the data directory ${directory}`,
  );

  first.release();
  expect(takeDataDirectory(directory).path).toBe(directory);
});

test.each([
  ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, identity: '1 node' })],
  ['of an earlier process with the id of another one', JSON.stringify({ pid: process.pid, identity: '1 node' })],
  ['that was half written', '{"pid":'],
])('a lock %s is taken over', (_, lock) => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'lock'), lock);

  expect(takeDataDirectory(directory).path).toBe(directory);
});

test('a data directory in memory is removed when it is released', () => {
  const { path, release } = takeDataDirectory(undefined);
  writeFileSync(join(path, 'something'), '');

  release();

  expect(existsSync(path)).toBe(false);
});
