import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outboundNames } from '#shared/ocpp/v16/index.ts';
import { answered, docPage, expected } from '#test/support/doc-page.ts';
import { localCloud } from '#test/support/local-cloud.ts';
import { PastedShell } from '#test/support/pasted-shell.ts';
import { simulatedCharger } from '#test/support/simulated-charger.ts';

/** What the pages show is what happens, example after example, with the simulated charger as it is shipped. */

const pages = ['campaigns', 'charging-profiles', 'commands', 'configuration', 'files', 'local-lists', 'trace'];

const cloud = localCloud({ variables: { BOOT_GRACE_S: '1', TRACE_LOOK_S: '1' } });

describe.each(pages)('docs/%s.md', (name) => {
  const { setup, examples } = docPage(name);
  const id = `CP-${name}`;
  const shell = new PastedShell();
  let stop = () => {};

  const here = (text: string) => text.replaceAll('http://127.0.0.1:8080', cloud.url).replaceAll('CP001', id);

  beforeAll(async () => {
    ({ stop } = await simulatedCharger(cloud, { id }));
    await shell.paste(here(setup));
  }, 60_000);

  afterAll(() => {
    shell.close();
    stop();
  });

  test.each(examples)('$title: as the page shows it', { timeout: 60_000 }, async ({ script, shown }) => {
    const answer = await shell.paste(here(script));

    expect(answered(answer)).toMatchObject(expected(here(shown)));
  });
});

test('every operation has an example', () => {
  const shown = docPage('commands').examples.map(({ title }) => title);

  expect(shown).toEqual(expect.arrayContaining(outboundNames));
});
