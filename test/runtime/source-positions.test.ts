import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { afterAll, expect, test } from 'vitest';
import * as z from 'zod';

const directory = mkdtempSync(join(tmpdir(), 'chargeline-positions-'));
afterAll(() => rmSync(directory, { recursive: true }));

const stacks = z.object({ before: z.string(), after: z.string(), cause: z.string() });

test('what failed in a bundle is told with the positions of its sources, and so is its cause', async () => {
  const { before, after, cause } = await stacksOf('mapped', { sourcemap: true });

  expect(before).toContain('index.mjs:');
  expect(after).toContain('mapped.ts:5:9');
  expect(after).not.toContain('index.mjs:');
  expect(cause).toContain('mapped.ts:4:17');
});

test('without a map the stack stays as it is', async () => {
  const { before, after } = await stacksOf('unmapped', { sourcemap: false });

  expect(after).toBe(before);
});

/** Bundles a module that fails at known places, as functions are bundled, and asks it for its stacks. */
async function stacksOf(name: string, { sourcemap }: { sourcemap: boolean }) {
  const source = join(directory, `${name}.ts`);
  const file = join(directory, name, 'index.mjs');
  writeFileSync(
    source,
    `import { withSourcePositions } from '${join(import.meta.dirname, '../../shared/runtime/source-positions.ts')}';

function fail(): never {
  const cause = new Error('below');
  throw new Error('above', { cause });
}

try {
  fail();
} catch (error) {
  const before = error.stack;
  withSourcePositions(error);
  console.log(JSON.stringify({ before, after: error.stack, cause: error.cause.stack }));
}
`,
  );
  buildSync({
    entryPoints: [source],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    minify: true,
    sourcemap: sourcemap && 'linked',
    sourcesContent: false,
  });
  // In a process of its own: a test runner reads source maps itself.
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  return stacks.parse(JSON.parse(stdout));
}
