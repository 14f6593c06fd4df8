import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { costPage, costTables, latest } from '#bench/report/save.ts';

test('the tables of docs/cost.md are those of the model and the measurement that was saved', () => {
  const { sessions } = latest();
  if (!sessions) throw new Error('no measurement was saved');

  expect(readFileSync(costPage, 'utf8')).toContain(costTables(sessions));
});
