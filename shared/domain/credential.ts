/** How a charger's secret is kept. Salt and hash are base64. */
export type Credential =
  /** A random key of 128 bits or more: salted HMAC-SHA-256 with the installation's pepper. */
  | { kind: 'key'; salt: string; hash: string }
  /** A chosen password: scrypt over the peppered password, with the costs it was made with. */
  | { kind: 'password'; salt: string; hash: string; cost: number };

/** A credential that is on its way to a charger. */
export type NextCredential = Credential & {
  /** The command that brings it: it goes out only while it does, and takes the credential back where the charger does not take it. */
  commandId?: string;
};

/** Makes and checks credentials; knows the pepper. */
export interface CredentialKeeper {
  keep(secret: { password: string } | { authorizationKeyHex: string }): Promise<Credential>;
  /** `presented` are the bytes after the colon of Basic authentication. Compares in constant time. */
  matches(credential: Credential, presented: Uint8Array): Promise<boolean>;
}
