import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { variable } from './app.ts';
import { readSecret } from './secrets.ts';

/** Encrypts what may be in a table for a while only. */
export interface Sealing {
  seal(payload: Record<string, unknown>): Promise<string>;
  /** Undefined where it was changed, or sealed under another secret. */
  unseal(sealed: string): Promise<Record<string, unknown> | undefined>;
  /** By which a text is known again, and which tells nothing of it to whoever has not the secret. */
  digest(text: string): Promise<string>;
}

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM under a key made of the secret: nonce, tag and ciphertext in one base64 text. */
export function sealing(secret: (how?: { anew: boolean }) => Promise<string>): Sealing {
  const key = async (how?: { anew: boolean }) =>
    createHash('sha256')
      .update(await secret(how))
      .digest();

  return {
    async seal(payload) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, await key(), iv);
      const text = Buffer.concat([cipher.update(JSON.stringify(payload)), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64');
    },

    async unseal(sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      // It may have been sealed under a secret that took the place of the one that is known here.
      return opened(bytes, await key()) ?? opened(bytes, await key({ anew: true }));
    },

    async digest(text) {
      return createHmac('sha256', await key())
        .update(text)
        .digest('base64url');
    },
  };
}

function opened(bytes: Buffer, key: Buffer): Record<string, unknown> | undefined {
  try {
    const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
    return JSON.parse(text.toString());
  } catch {
    return undefined;
  }
}

export const deployedSealing = sealing((how) => readSecret(variable('COMMAND_KEY_SECRET'), how));
