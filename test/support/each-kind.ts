import { testDatabase } from './database.ts';
import { memoryStores } from './memory-stores.ts';

const { stores } = await testDatabase();

/** Both kinds of stores, for `describe.each`: what holds for one holds for the other. */
export const eachKind = [
  { kind: 'in memory', stores: memoryStores() },
  { kind: 'in DynamoDB', stores },
];

/** Texts that no page ever gave as its cursor, for `test.each`. */
export const forgedCursors = [
  ['empty', ''],
  ['a word', 'nonsense'],
  ['a path', '../../etc/passwd'],
  ['the last character of Unicode', '\u{10FFFF}'],
  ['2,000 characters', 'x'.repeat(2000)],
] as const;
