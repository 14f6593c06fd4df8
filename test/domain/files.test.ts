import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutLogin } from '#shared/domain/files.ts';

test.each([
  ['ftp://me:secret@example.org/logs/', 'ftp://***@example.org/logs/'],
  ['FTPS://me@example.org:990/fw.bin', 'FTPS://***@example.org:990/fw.bin'],
  ['https://user:p%40ss@[2001:db8::1]:8443/a@b?c=d@e', 'https://***@[2001:db8::1]:8443/a@b?c=d@e'],
  // As people write them.
  ['ftp://me:p@ss@example.org/fw.bin', 'ftp://***@example.org/fw.bin'],
  ['ftp://me:p/ss@example.org/fw.bin', 'ftp://***@example.org/fw.bin'],
  ['ftp://me:12#3@example.org', 'ftp://***@example.org'],
  ['ftp:me:secret@example.org/fw.bin', 'ftp:***@example.org/fw.bin'],
  ['ftp:/me:secret@example.org/fw.bin', 'ftp:/***@example.org/fw.bin'],
])('%s is shown as %s', (location, shown) => {
  expect(withoutLogin(location)).toBe(shown);
});

test.each([
  'https://example.org/a@b',
  'https://example.org:8443/fw.bin?who=a@b',
  'ftp://example.org:/logs/',
  'https://[2001:db8::1]:443/a@b',

  'fw.bin',
])('%s has nothing to hide', (location) => {
  expect(withoutLogin(location)).toBeUndefined();
});

test('no password is left of any login, and what is shown is shown so again', () => {
  const words = fc.stringMatching(/^[a-z]{8,20}$/);
  const odd = fc.array(fc.constantFrom('@', ':', '%', '!', ' ', 'é'), { maxLength: 3 }).map((them) => them.join(''));
  fc.assert(
    fc.property(words, words, odd, words, (user, password, between, path) => {
      const shown = withoutLogin(`ftp://${user}:${between}${password}${between}@h.example/${path}`);

      expect(shown).toBe(`ftp://***@h.example/${path}`);
      expect(withoutLogin(shown ?? '')).toBe(shown);
    }),
  );
});
