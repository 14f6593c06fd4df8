import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { lazily } from './app.ts';
import { deployedDurations } from './durations.ts';

const durations = deployedDurations();

const client = lazily(() => new SecretsManagerClient({}));

const kept = new Map<string, { value: Promise<string>; until: number }>();

/** Each secret is read once in a while per instance, so that a rotation is seen without a deployment. */
export function readSecret(secretId: string, { anew = false } = {}): Promise<string> {
  const found = kept.get(secretId);
  if (found && found.until > Date.now() && !anew) return found.value;
  const value = fetchSecret(secretId);
  kept.set(secretId, { value, until: Date.now() + durations.secretKeptMs });
  value.catch(() => kept.delete(secretId));
  return value;
}

async function fetchSecret(secretId: string): Promise<string> {
  const { SecretString } = await client().send(new GetSecretValueCommand({ SecretId: secretId }));
  if (SecretString === undefined) throw new Error(`The secret ${secretId} has no text`);
  return SecretString;
}
