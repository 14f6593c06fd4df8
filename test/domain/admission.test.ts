import { describe, expect, test } from 'vitest';
import { admit } from '#shared/domain/admission.ts';

const credentials = {
  keep: () => Promise.reject(new Error('nothing is kept at the door')),
  matches: async () => true,
};

describe('an identity that no charger can have', () => {
  test.each([
    ['49 characters', 'x'.repeat(49)],
    ['more bytes than a key may have', 'ä'.repeat(2000)],
    ['nothing', ''],
  ])('of %s is unknown without a look', async (_, identity) => {
    const looks: string[] = [];
    const find = async (id: string) => {
      looks.push(id);
      return undefined;
    };

    const byPath = await admit({ identities: [identity], offered: ['ocpp1.6'] }, ['ocpp1.6'], find, credentials);
    const basic = { user: identity, password: Buffer.from('x') };
    const byUser = await admit({ identities: [], basic, offered: ['ocpp1.6'] }, ['ocpp1.6'], find, credentials);

    expect([byPath, byUser]).toEqual([1, 2].map(() => ({ status: 404, reason: 'unknown identity' })));
    expect(looks).toEqual([]);
  });

  test('of 48 characters is looked for', async () => {
    const looks: string[] = [];

    await admit(
      { identities: ['x'.repeat(48)], offered: [] },
      [],
      async (id) => {
        looks.push(id);
        return undefined;
      },
      credentials,
    );

    expect(looks).toEqual(['x'.repeat(48)]);
  });
});
