import { expect, test } from 'vitest';
import { compilePattern } from '#local/database/event-pattern.ts';

const record = {
  eventName: 'MODIFY',
  dynamodb: { NewImage: { pk: { S: 'CHARGER#CP001' }, state: { S: 'active' }, tags: { SS: ['a', 'b'] } } },
};
const ofImage = (NewImage: unknown) => ({ dynamodb: { NewImage } });

test.each([
  ['one of the exact values', { eventName: ['INSERT', 'MODIFY'] }],
  ['a nested value', ofImage({ state: { S: ['active'] } })],
  ['a prefix', ofImage({ pk: { S: [{ prefix: 'CHARGER#' }] } })],
  ['a field that exists', ofImage({ state: { S: [{ exists: true }] } })],
  ['a field that does not exist', ofImage({ endedAt: { S: [{ exists: false }] } })],
  ['anything but a value', ofImage({ state: { S: [{ 'anything-but': 'ended' }] } })],
  ['anything but some values', ofImage({ state: { S: [{ 'anything-but': ['ended', 'lost'] }] } })],
  ['anything but a prefix', ofImage({ pk: { S: [{ 'anything-but': { prefix: 'TAG#' } }] } })],
  ['an element of a list', ofImage({ tags: { SS: ['b'] } })],
])('a record matches %s', (_, pattern) => {
  expect(compilePattern(pattern)(record)).toBe(true);
});

test.each([
  ['another value', { eventName: ['REMOVE'] }],
  ['one of two fields only', { eventName: ['MODIFY'], ...ofImage({ state: { S: ['ended'] } }) }],
  ['a value below a field that is absent', { dynamodb: { OldImage: { pk: { S: ['x'] } } } }],
  ['the absence of a field that exists', ofImage({ state: { S: [{ exists: false }] } })],
  ['anything but its value', ofImage({ state: { S: [{ 'anything-but': 'active' }] } })],
  ['anything but a value of a field that is absent', ofImage({ endedAt: { S: [{ 'anything-but': 'x' }] } })],
])('a record does not match %s', (_, pattern) => {
  expect(compilePattern(pattern)(record)).toBe(false);
});

test.each([
  [{ a: [{ numeric: ['>', 1] }] }, /Pattern\.a: \{"numeric"/],
  [{ $or: [{ a: ['b'] }] }, /Pattern\.\$or/],
  [{ a: [{ 'anything-but': { suffix: 'x' } }] }, /Pattern\.a: anything-but/],
  [{ a: 'b' }, /Pattern\.a: expected an object or a list/],
])('the pattern %j is refused, because it is not known here', (pattern, message) => {
  expect(() => compilePattern(pattern)).toThrow(message);
});
