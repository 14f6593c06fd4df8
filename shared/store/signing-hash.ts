import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** The SDK keeps the signing key of a day, and hands the same bytes over for each signature. */
const keys = new WeakMap<Uint8Array, KeyObject>();

function keyOf(bytes: Uint8Array): KeyObject {
  const known = keys.get(bytes);
  if (known) return known;
  const key = createSecretKey(bytes);
  keys.set(bytes, key);
  return key;
}

type Data = string | ArrayBuffer | ArrayBufferView;

function plain(data: Data): string | Uint8Array {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/**
 * SHA-256, or HMAC-SHA-256 where there is a secret: what the SDK signs requests with (`HashConstructor` of its types). With bytes for a secret, Node
 * takes six times as long as with a key that was made of them.
 */
export class SigningHash {
  readonly #hash;

  constructor(secret?: Data) {
    const key = secret === undefined ? undefined : plain(secret);
    if (key === undefined) this.#hash = createHash('sha256');
    else this.#hash = createHmac('sha256', typeof key === 'string' ? key : keyOf(key));
  }

  update(data: Data): void {
    this.#hash.update(plain(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}
