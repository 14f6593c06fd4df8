import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { synthesise } from '#local/assembly/synth.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

/** A repository whose app writes an assembly with as many stacks as it was run. */
function repository(app = `writeFileSync(join(out, 'runs'), String(runs + 1))`) {
  const root = temporaryDirectory();
  writeFileSync(join(root, 'cdk.json'), JSON.stringify({ app: 'node app.mjs', output: 'cdk.out' }));
  writeFileSync(
    join(root, 'app.mjs'),
    `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
    import { join } from 'node:path';
    const out = process.env.CDK_OUTDIR;
    const runs = existsSync(join(out, 'runs')) ? Number(readFileSync(join(out, 'runs'), 'utf8')) : 0;
    const stack = { type: 'aws:cloudformation:stack', environment: 'aws://unknown-account/unknown-region', properties: { templateFile: 't.json' } };
    writeFileSync(join(out, 't.json'), '{}');
    writeFileSync(join(out, 'manifest.json'), JSON.stringify({ version: '36.0.0', artifacts: { stack } }));
    ${app}`,
  );
  const log: string[] = [];
  return {
    root,
    log,
    synthesise: () => synthesise(root, (line) => log.push(line)),
    runs: () => readFileSync(join(root, 'cdk.out', 'runs'), 'utf8'),
  };
}

test('the cloud is synthesised once while nothing changes', async () => {
  const { synthesise, runs, root } = repository();

  const outputs = [await synthesise(), await synthesise()];

  expect(outputs).toEqual([join(root, 'cdk.out'), join(root, 'cdk.out')]);
  expect(runs()).toBe('1');
});

test('a change of an input synthesises it again', async () => {
  const { synthesise, runs, root } = repository();
  await synthesise();

  writeFileSync(join(root, 'package.json'), '{"version":"2"}');
  await synthesise();

  expect(runs()).toBe('2');
});

test('somebody else who synthesised in between is noticed', async () => {
  const { synthesise, runs, root } = repository();
  await synthesise();

  writeFileSync(join(root, 'cdk.out', 'manifest.json'), '{"version":"36.0.0","artifacts":{}}');
  await synthesise();

  expect(runs()).toBe('2');
});

test('an app that fails is told with what it said', async () => {
  const { synthesise } = repository(`throw new Error('the table has no key')`);

  await expect(synthesise()).rejects.toThrow(/cannot be synthesised:\n(.*\n)*.*the table has no key/);
});
