import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalId } from '#shared/domain/charger.ts';
import { parseSessionId, sessionIdOf } from '#shared/domain/session-id.ts';

const identities = fc.string({ unit: 'binary', minLength: 1, maxLength: 48 });
const localIds = fc.oneof(
  fc.integer({ min: 1, max: 2 ** 31 - 1 }).map(String),
  fc.base64String({ minLength: 4, maxLength: 24 }).map((key) => `stop-${Buffer.from(key).toString('base64url')}`),
);

test('a session id names its charger and the session there, whatever the identity', () => {
  fc.assert(
    fc.property(identities, localIds, (chargerId, localId) => {
      const id = sessionIdOf(chargerId, localId);

      expect(parseSessionId(id)).toEqual({ chargerId: canonicalId(chargerId), localId });
      expect(encodeURIComponent(id)).toBe(id);
    }),
    { numRuns: 300 },
  );
});

test('a session id is the same for the identity in any case', () => {
  expect(sessionIdOf('garage nord', '7')).toBe(sessionIdOf('GARAGE NORD', '7'));
});

test.each([
  ['', 'nothing'],
  ['.', 'neither charger nor session'],
  ['.7', 'no charger'],
  ['Q1A', 'no session'],
  ['Q1A.', 'an empty session'],
  ['Q1A.7.8', 'more than two parts'],
  ['Y3A.7', 'an identity in lower case'],
  ['Q1A=.7', 'padding'],
  ['Q1B.7', 'bits that encode nothing'],
  ['Q1 A.7', 'a blank within'],
  ['!!!.7', 'no base64url'],
  ['gICA.7', 'bytes that are no text'],
])('%j is no session id: %s', (id) => {
  expect(parseSessionId(id)).toBeUndefined();
});

test('no text makes it throw, and what it reads is written the same way', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'Q1Aabz09-_.=% é') }), (text) => {
      const parsed = parseSessionId(text);

      expect(parsed === undefined || sessionIdOf(parsed.chargerId, parsed.localId) === text).toBe(true);
    }),
    { numRuns: 300 },
  );
});
