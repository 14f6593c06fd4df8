import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '#bench/cloud/local-cloud.ts';
import { type Results, report } from './results.ts';
import { asMarkdown, type Section } from './section.ts';

const latestFile = join(root, 'bench/results/latest.json');
const performancePage = join(root, 'docs/performance.md');

/** Keeps what was measured, over what an earlier run kept of the same scenarios, and writes the tables of the page anew. */
export function save(results: Results): void {
  const earlier: Partial<Results> = existsSync(latestFile) ? JSON.parse(readFileSync(latestFile, 'utf8')) : {};
  const kept: Results = { ...earlier, ...results };
  writeFileSync(latestFile, `${JSON.stringify(kept, undefined, 2)}\n`);
  const { at, commit, node, cores, processor, memoryGiB } = kept.machine;
  const on = `Measured ${at.slice(0, 10)} at ${commit}, Node ${node}, ${cores} cores (${processor}), ${memoryGiB} GiB.`;
  writeTables(performancePage, `${on}\n\n${headed(report(kept))}`);
}

const headed = (sections: readonly Section[]) =>
  asMarkdown(sections.map((section) => ({ ...section, title: `**${section.title}**` })));

/** Replaces what stands between the two marks of a page. */
function writeTables(page: string, tables: string): void {
  writeFileSync(page, withTables(readFileSync(page, 'utf8'), tables));
}

function withTables(text: string, tables: string): string {
  const [before, , after] = text.split(/(?<=<!-- tables -->\n)([\s\S]*)(?=<!-- \/tables -->)/);
  if (before === undefined || after === undefined)
    throw new Error('the page has no <!-- tables --> … <!-- /tables -->');
  return `${before}\n${tables}\n${after}`;
}
