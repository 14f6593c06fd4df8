import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outboundNames } from '#shared/ocpp/v16/index.ts';
import { localCloud } from '#test/support/local-cloud.ts';
import { until } from '#test/support/until.ts';

/** What docs/commands.md shows is what happens, with the simulated charger as it is shipped. */

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/commands.md'), 'utf8');

const setup = /<!-- setup -->\n```sh\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
const block = (kind: string) => `\`\`\`${kind}\\n((?:(?!\`\`\`)[\\s\\S])*)\`\`\``;
const examples = page.split(/^(?=##)/m).flatMap((section) => {
  const [, script, answer] = new RegExp(`${block('sh')}\\n${block('json')}`).exec(section) ?? [];
  const title = /^#+ (.*)/.exec(section)?.[1] ?? '';
  return script === undefined || answer === undefined ? [] : [{ title, script, answer: JSON.parse(answer) }];
});

const cloud = localCloud({ variables: { BOOT_GRACE_S: '1' } });
const password = 'as the page says';
let stop = () => {};

beforeAll(async () => {
  const charger = await cloud.charger({ id: 'CP001', password, connectors: connectors(2) });
  const url = `${cloud.url.replace(/^http/, 'ws')}/ocpp`;
  const program = spawn(
    process.execPath,
    [
      'local/charger/main.ts',
      '--id',
      'CP001',
      '--password',
      password,
      '--url',
      url,
      '--sessions',
      '0',
      '--connectors',
      '2',
    ],
    { cwd: root, stdio: 'ignore' },
  );
  stop = () => program.kill('SIGKILL');
  await until('the charger shows its connectors', async () => {
    const { connectors: shown } = await charger.read();
    return shown.filter(({ status }) => status === 'Available').length >= 2;
  });
}, 60_000);

afterAll(() => stop());

test('every operation has an example', () => {
  const shown = examples.map(({ title }) => title);

  expect(shown).toEqual(expect.arrayContaining(outboundNames));
});

test.each(examples)('$title is as the page shows it', { timeout: 60_000 }, async ({ script, answer }) => {
  const here = setup.replace(/^URL=.*$/m, `URL=${cloud.url}`);

  const { stdout } = await promisify(execFile)('bash', ['-c', `${here}\n${script}`], { timeout: 50_000 });

  expect(JSON.parse(stdout)).toMatchObject(answer);
});

function connectors(count: number) {
  return Array.from({ length: count }, (_, index) => ({ id: index + 1, type: 'Type2', maxPowerW: 11_000 }));
}
