import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

interface Example {
  title: string;
  script: string;
  /** What comes back, as JSON, in part; what is none stands in `printed`. */
  shown: string;
}

interface DocPage {
  /** What a reader pastes before the first example. */
  setup: string;
  examples: Example[];
}

/** A page of the docs whose examples can be pasted, one after the other. Throws where one of them does not show what comes back. */
export function docPage(name: string): DocPage {
  const page = readFileSync(join(import.meta.dirname, '../../docs', `${name}.md`), 'utf8');
  const setup = /<!-- setup -->\n```sh\n([\s\S]*?)```/.exec(page);
  if (!setup) throw new Error(`docs/${name}.md has no set-up`);
  const [, ...sections] = page.slice(setup.index + setup[0].length).split(/^(?=#+ )/m);
  const examples = sections.flatMap((section) => {
    const title = /^#+ (.*)/.exec(section)?.[1] ?? '';
    const found = [...section.matchAll(/^```sh\n([\s\S]*?)^```\n(?:```(json|text)\n([\s\S]*?)^```)?/gm)];
    return found.map(([, script = '', kind, answer]) => {
      if (answer === undefined) throw new Error(`docs/${name}.md, ${title}: an example without its answer`);
      return { title, script, shown: kind === 'json' ? answer : JSON.stringify({ printed: answer }) };
    });
  });
  return { setup: setup[1] ?? '', examples };
}

/** To be held against what came back; in its texts … stands for anything. */
export function expected(shown: string): object {
  return JSON.parse(shown, (_, value) =>
    typeof value === 'string' && value.includes('…')
      ? expect.stringMatching(new RegExp(`^${value.split('…').map(literally).join('[^]*')}$`))
      : value,
  );
}

/** What an example has printed, to be held against what it shows. */
export function answered(printed: string): object {
  try {
    return JSON.parse(printed);
  } catch {
    return { printed };
  }
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
