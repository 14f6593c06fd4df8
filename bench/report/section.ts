import { type Cell, markdown, table } from './table.ts';

export interface Section {
  title: string;
  heads: string[];
  rows: Cell[][];
}

export const asText = (sections: readonly Section[]): string =>
  sections.map(({ title, heads, rows }) => `${title}\n\n${table(heads, rows)}\n`).join('\n');

export const asMarkdown = (sections: readonly Section[]): string =>
  sections.map(({ title, heads, rows }) => `${title}\n\n${markdown(heads, rows)}\n`).join('\n');
