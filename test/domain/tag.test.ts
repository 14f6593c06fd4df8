import { describe, expect, test } from 'vitest';
import { canonicalTag, statusOf } from '#shared/domain/tag.ts';
import { atSecond, noon, tag } from '#test/support/examples.ts';

describe('row 27: the status of a tag', () => {
  test.each(['Accepted', 'Blocked', 'Expired', 'Invalid'] as const)('is what is kept: %s', (status) => {
    expect(statusOf(tag({ status }), noon)).toBe(status);
    expect(statusOf(tag({ status, expiryDate: atSecond(1) }), noon)).toBe(status);
  });

  test('is Invalid where nobody knows it', () => {
    expect(statusOf(undefined, noon)).toBe('Invalid');
  });

  test('is Expired from its expiry date on', () => {
    const card = tag({ expiryDate: atSecond(0) });

    expect(statusOf(card, noon - 1)).toBe('Accepted');
    expect(statusOf(card, noon)).toBe('Expired');
    expect(statusOf(card, noon + 1)).toBe('Expired');
  });

  test.each(['Blocked', 'Invalid'] as const)('stays %s after the expiry date', (status) => {
    expect(statusOf(tag({ status, expiryDate: atSecond(-1) }), noon)).toBe(status);
  });
});

test('row 19: tags are the same in any case', () => {
  expect(canonicalTag('abcd')).toBe(canonicalTag('ABCD'));
});
