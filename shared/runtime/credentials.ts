import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Credential, CredentialKeeper } from '#shared/domain/credential.ts';
import { type App, deployedApp, lazily, variable } from './app.ts';
import { readSecret } from './secrets.ts';

const derive = promisify<string | Buffer, string | Buffer, number, object, Buffer>(scrypt);

/**
 * log2 of scrypt's N for new passwords: 16 CPU-ms and 8 MiB, half of Node's default. A charger dials a dozen times a day, and the
 * pepper, which is not in the table, has to be stolen as well before guessing can begin.
 */
const COST = 13;

/** A key that a charger sends as text instead of as the bytes that the text stands for. */
const HEX_KEY = /^(?:[0-9a-fA-F]{2}){16,20}$/;

/**
 * What a charger may mean by bytes when its secret was chosen as hex digits: some send what the digits stand for. The case of the digits is
 * lost on that way, so that both are tried; digits of mixed case have to come as text.
 */
function textsOf(bytes: Uint8Array): Uint8Array[] {
  const hex = Buffer.from(bytes).toString('hex');
  return HEX_KEY.test(hex) ? [Buffer.from(hex), Buffer.from(hex.toUpperCase())] : [];
}

/** Keeps and checks the secrets of chargers. `pepper` answers the installation's own secret. */
export function credentialKeeper(pepper: () => Promise<string>): CredentialKeeper {
  const keyed = async (salt: string, secret: Uint8Array) =>
    createHmac('sha256', await pepper())
      .update(Buffer.from(salt, 'base64'))
      .update(secret)
      .digest();

  const stretched = async (salt: string, secret: Uint8Array, cost: number) =>
    derive(await keyed(salt, secret), Buffer.from(salt, 'base64'), 32, {
      N: 2 ** cost,
      r: 8,
      p: 1,
      maxmem: 2 ** (cost + 11),
    });

  return {
    async keep(secret): Promise<Credential> {
      const salt = randomBytes(16).toString('base64');
      if ('authorizationKeyHex' in secret) {
        const hash = await keyed(salt, Buffer.from(secret.authorizationKeyHex, 'hex'));
        return { kind: 'key', salt, hash: hash.toString('base64') };
      }
      const hash = await stretched(salt, Buffer.from(secret.password), COST);
      return { kind: 'password', salt, hash: hash.toString('base64'), cost: COST };
    },

    async matches(credential, presented) {
      const kept = Buffer.from(credential.hash, 'base64');
      if (credential.kind === 'password') {
        for (const form of [presented, ...textsOf(presented)]) {
          if (timingSafeEqual(kept, await stretched(credential.salt, form, credential.cost))) return true;
        }
        return false;
      }
      const text = Buffer.from(presented).toString('latin1');
      const forms = [presented, HEX_KEY.test(text) ? Buffer.from(text, 'hex') : presented];
      const hashes = await Promise.all(forms.map((form) => keyed(credential.salt, form)));
      return hashes.map((hash) => timingSafeEqual(kept, hash)).includes(true);
    },
  };
}

/** 20 random bytes: what OCPP-J calls an AuthorizationKey, as hex digits. */
export const makeKey = (): string => randomBytes(20).toString('hex');

export const deployedCredentials = lazily(() => credentialKeeper(() => readSecret(variable('PEPPER_SECRET'))));

/** For the functions that make or change keys. */
export interface KeyApp extends App {
  credentials: CredentialKeeper;
}

export const deployedKeyApp: () => KeyApp = lazily(() => ({ ...deployedApp(), credentials: deployedCredentials() }));
