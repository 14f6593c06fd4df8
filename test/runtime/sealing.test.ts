import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sealing } from '#shared/runtime/sealing.ts';

const ours = sealing(async () => 'the secret of the installation');

test('what was sealed comes back as it was, and shows nothing of it in between', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (payload) => {
      const json = JSON.parse(JSON.stringify({ ...payload, value: 'a0b1c2d3e4f5a6b7' }));

      const sealed = await ours.seal(json);

      expect(await ours.unseal(sealed)).toEqual(json);
      expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('a0b1c2d3');
    }),
  );
});

test('the same payload is sealed differently each time', async () => {
  expect(await ours.seal({ value: 'x' })).not.toBe(await ours.seal({ value: 'x' }));
});

test('what was changed, cut off, or sealed under another secret does not open', async () => {
  const sealed = await ours.seal({ value: 'x' });
  const bytes = Buffer.from(sealed, 'base64');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;

  expect(await ours.unseal(bytes.toString('base64'))).toBeUndefined();
  expect(await ours.unseal(sealed.slice(0, 20))).toBeUndefined();
  expect(await sealing(async () => 'another').unseal(sealed)).toBeUndefined();
});

test('what was sealed under a secret that took the place of the known one opens once that is read anew', async () => {
  const sealed = await ours.seal({ value: 'x' });
  const behind = sealing(async (how) => (how?.anew ? 'the secret of the installation' : 'the one before'));

  expect(await behind.unseal(sealed)).toEqual({ value: 'x' });
});

test('a secret that cannot be read now says nothing of what was sealed', async () => {
  const unread = sealing(() => Promise.reject(new Error('no answer')));

  await expect(unread.unseal(await ours.seal({ value: 'x' }))).rejects.toThrow('no answer');
});
