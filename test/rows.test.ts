import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * The rules of a central system for OCPP 1.6-J that this version claims to keep, by the numbers that test titles give them. A rule is claimed
 * when a test names it.
 */

const LAST_ROW = 53;

/** What is not claimed, and why. */
const unclaimed: Record<number, string> = {
  5: 'security profiles are not raised over the line yet',
  52: 'certificates, signed firmware and logs of the security extension are not there yet',
};

const rows = Array.from({ length: LAST_ROW }, (_, index) => index + 1);
const claimed = rows.filter((row) => unclaimed[row] === undefined);
const titles = ['test/journeys', 'test/domain'].flatMap(titlesIn);
const named = new Set(titles.flatMap(rowsOf));

describe('the rows of the behaviour', () => {
  test.each(claimed)('%i is named by a test', (row) => {
    expect(named).toContain(row);
  });

  test('that are not claimed are named by none but as part of a range: a test that names one claims it', () => {
    const singled = new Set(titles.filter((title) => !title.includes(' to ')).flatMap(rowsOf));

    expect(rows.filter((row) => unclaimed[row] !== undefined && singled.has(row))).toEqual([]);
  });

  test('are all that titles name, but for those of commands and of extensions', () => {
    expect([...named].filter((row) => row < 1 || row > 53)).toEqual([]);
  });
});

/** The beginnings of the texts that name rows, of all test files in a folder: `row 9`, `rows 1 to 3`. */
function titlesIn(folder: string): string[] {
  const path = join(import.meta.dirname, '..', folder);
  return readdirSync(path)
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap(
      (name) => readFileSync(join(path, name), 'utf8').match(/(?<=['"`])rows? \d+(?: (?:to|and) \d+)?(?=: )/g) ?? [],
    );
}

function rowsOf(title: string): number[] {
  const [first = 0, last = first] = (title.match(/\d+/g) ?? []).map(Number);
  return title.includes(' and ') ? [first, last] : rows.filter((row) => row >= first && row <= last);
}
