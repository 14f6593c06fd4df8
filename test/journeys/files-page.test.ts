import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { localCloud } from '#test/support/local-cloud.ts';
import { until } from '#test/support/until.ts';

/** What docs/files.md shows is what happens, step after step, with the simulated charger as it is shipped. */

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/files.md'), 'utf8');

const setup = /<!-- setup -->\n```sh\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
const steps = [...page.matchAll(/^### (.*)\n(?:(?!```)[\s\S])*?```sh\n([\s\S]*?)```\n```json\n([\s\S]*?)```/gm)].map(
  ([, title = '', script = '', answer = '']) => ({ title, script, answer: JSON.parse(answer) }),
);

const mark = '--- the next step';
const cloud = localCloud({ variables: { BOOT_GRACE_S: '1' } });
const password = 'as the page says';
let answers: string[] = [];
let stop = () => {};

beforeAll(async () => {
  const charger = await cloud.charger({ id: 'CP001', password });
  const options = { id: 'CP001', password, url: `${cloud.url.replace(/^http/, 'ws')}/ocpp`, sessions: '0' };
  const program = spawn(
    process.execPath,
    ['local/charger/main.ts', ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])],
    { cwd: root, stdio: 'ignore' },
  );
  stop = () => program.kill('SIGKILL');
  await until('the charger has booted', async () => (await charger.read()).bootedAt !== null);

  const script = steps.map((step) => step.script).join(`\necho; echo '${mark}'\n`);
  const here = setup.replace(/^URL=.*$/m, `URL=${cloud.url}`);
  const { stdout } = await promisify(execFile)('bash', ['-c', `${here}\n${script}`], { timeout: 60_000 });
  answers = stdout.split(mark);
}, 120_000);

afterAll(() => stop());

test('the page has its steps', () => {
  expect(steps).toHaveLength(6);
});

test.each(steps.map((step, index) => ({ ...step, index })))('$title: as the page shows it', ({ answer, index }) => {
  expect(JSON.parse(answers[index] ?? '')).toMatchObject(answer);
});
