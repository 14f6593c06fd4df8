import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { credentialKeeper, makeKey } from '#shared/runtime/credentials.ts';

const keeper = credentialKeeper(async () => 'the pepper of this installation');

describe('row 3: a key of a charger', () => {
  const key = randomBytes(20);
  const keyAsText = key.toString('hex');

  test.each([
    ['the bytes themselves, which are no UTF-8', key],
    ['hex digits', Buffer.from(keyAsText)],
    ['upper-case hex digits', Buffer.from(keyAsText.toUpperCase())],
  ])('is recognised as %s', async (_, presented) => {
    const kept = await keeper.keep({ authorizationKeyHex: keyAsText });

    expect(await keeper.matches(kept, presented)).toBe(true);
  });

  test.each([
    ['one bit is another', Buffer.from(key.map((byte, index) => (index === 19 ? byte ^ 1 : byte)))],
    ['a byte is missing', key.subarray(1)],
    ['nothing is given', Buffer.alloc(0)],
  ])('is refused where %s', async (_, presented) => {
    const kept = await keeper.keep({ authorizationKeyHex: keyAsText });

    expect(await keeper.matches(kept, presented)).toBe(false);
  });

  test('that is made here has 160 bits, and is another one each time', () => {
    const keys = new Set(Array.from({ length: 100 }, makeKey));

    expect(keys.size).toBe(100);
    expect([...keys].every((made) => /^[0-9a-f]{40}$/.test(made))).toBe(true);
  });
});

describe('a chosen password', () => {
  test('is stretched, and recognised byte by byte, a colon included', async () => {
    const kept = await keeper.keep({ password: 'a:b c~d!' });

    expect(kept).toMatchObject({ kind: 'password', cost: expect.any(Number) });
    expect(await keeper.matches(kept, Buffer.from('a:b c~d!'))).toBe(true);
    expect(await keeper.matches(kept, Buffer.from('a:b c~D!'))).toBe(false);
  });

  test.each(['lower', 'upper'])(
    'of %s-case hex digits is stretched as well, and recognised as bytes too',
    async (which) => {
      const key = randomBytes(20);
      const password = which === 'lower' ? key.toString('hex') : key.toString('hex').toUpperCase();

      const kept = await keeper.keep({ password });

      expect(kept.kind).toBe('password');
      expect(await keeper.matches(kept, Buffer.from(password))).toBe(true);
      expect(await keeper.matches(kept, key)).toBe(true);
      expect(await keeper.matches(kept, key.subarray(1))).toBe(false);
      expect(await keeper.matches(kept, randomBytes(20))).toBe(false);
    },
  );

  test('of 16 to 20 characters is not recognised by their hex digits', async () => {
    const kept = await keeper.keep({ password: 'correct horse bat' });

    expect(await keeper.matches(kept, Buffer.from('correct horse bat'))).toBe(true);
    expect(await keeper.matches(kept, Buffer.from(Buffer.from('correct horse bat').toString('hex')))).toBe(false);
  });

  test('is checked at the cost that is kept with it, whatever a new one would cost', async () => {
    const kept = await keeper.keep({ password: 'correct horse' });
    const ofAnotherCost = { ...kept, cost: 12 };

    expect(await keeper.matches(kept, Buffer.from('correct horse'))).toBe(true);
    expect(await keeper.matches(ofAnotherCost, Buffer.from('correct horse'))).toBe(false);
  });
});

describe('what is kept', () => {
  test.each([{ password: 'correct horse' }, { authorizationKeyHex: makeKey() }])(
    'of %o does not have it in it, and differs each time',
    async (secret) => {
      const [one, other] = [await keeper.keep(secret), await keeper.keep(secret)];

      expect(JSON.stringify(one)).not.toContain(Object.values(secret)[0]);
      expect(one.salt).not.toBe(other.salt);
      expect(one.hash).not.toBe(other.hash);
    },
  );

  test('is worth nothing to whoever has another pepper', async () => {
    const elsewhere = credentialKeeper(async () => 'the pepper of another installation');
    const secrets = [{ password: 'correct horse' }, { authorizationKeyHex: makeKey() }];

    const matches = await Promise.all(
      secrets.map(async (secret) =>
        elsewhere.matches(await keeper.keep(secret), Buffer.from(`${Object.values(secret)[0]}`)),
      ),
    );

    expect(matches).toEqual([false, false]);
  });
});
