import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '#bench/cloud/local-cloud.ts';
import type { SessionsResult } from '#bench/scenarios/sessions.ts';
import { costReport } from './cost.ts';
import { type Results, report } from './results.ts';
import { asMarkdown, type Section } from './section.ts';

const latestFile = join(root, 'bench/results/latest.json');
const performancePage = join(root, 'docs/performance.md');
export const costPage = join(root, 'docs/cost.md');

/** What was saved last. */
export function latest(): Partial<Results> {
  return existsSync(latestFile) ? JSON.parse(readFileSync(latestFile, 'utf8')) : {};
}

/** Keeps what was measured, over what an earlier run kept of the same scenarios, and writes the tables of the page anew. */
export function save(results: Results): void {
  const kept: Results = { ...latest(), ...results };
  writeFileSync(latestFile, `${JSON.stringify(kept, undefined, 2)}\n`);
  const { at, commit, node, cores, processor, memoryGiB } = kept.machine;
  const on = `Measured ${at.slice(0, 10)} at ${commit}, Node ${node}, ${cores} cores (${processor}), ${memoryGiB} GiB.`;
  writeTables(performancePage, `${on}\n\n${headed(report(kept))}`);
  if (kept.sessions) saveCost(kept.sessions);
}

export function saveCost(measured: SessionsResult): void {
  writeTables(costPage, costTables(measured));
}

/** What docs/cost.md shows. */
export const costTables = (measured: SessionsResult): string => headed(costReport(measured));

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
