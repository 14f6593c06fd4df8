import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidCursor } from '#shared/domain/paging.ts';
import { withReadNext, withSafeNext } from '#shared/runtime/cursor.ts';

test('where the next page begins needs no escaping in an address, and is read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (next) => {
      const sent = withSafeNext({ items: [], next });

      expect(sent).toMatchObject({ next: expect.stringMatching(/^[\w-]+$/) });
      expect(withReadNext(sent)).toEqual({ items: [], next });
    }),
  );
});

test('the end of a list stays the end', () => {
  const end = { items: [], next: null };

  expect(withSafeNext(end)).toBe(end);
});

test.each(['', '#', 'CP001', 'Q1Aw=', 'a b'])('what no page gave is refused: %j', (next) => {
  expect(() => withReadNext({ next })).toThrow(InvalidCursor);
});
