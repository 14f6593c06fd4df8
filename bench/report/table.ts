export type Cell = string | number | undefined;

/** Rows under their heads, in columns as wide as they need; numbers stand to the right. */
export function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => row.map(textOf));
  const widths = heads.map((head, column) => Math.max(head.length, ...texts.map((row) => row[column]?.length ?? 0)));
  const right = heads.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const line = (row: readonly string[]) =>
    row
      .map((text, column) => (right[column] ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...texts.map(line)].join('\n');
}

/** The same as a table of Markdown. */
export function markdown(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  const right = heads.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  return [
    line(heads),
    `|${right.map((is) => (is ? '--:' : '---')).join('|')}|`,
    ...rows.map((row) => line(row.map(textOf))),
  ].join('\n');
}

/** Three digits that say something, and no more. */
function textOf(cell: Cell): string {
  if (typeof cell !== 'number') return cell ?? '';
  if (Number.isInteger(cell)) return String(cell);
  const size = Math.abs(cell);
  return cell.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
