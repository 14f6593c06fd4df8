import { statSync } from 'node:fs';
import { join } from 'node:path';
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { expect, onTestFinished, test } from 'vitest';
import { Secrets, serveSecrets } from '#local/lambda/secrets.ts';
import type { Resource } from '#local/parts.ts';
import { assemblyOf } from '#test/support/gateway.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

function secret(properties: Record<string, unknown>, name = 'pepper'): Resource {
  const physicalId = `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-a1b2c3`;
  return { stack: 'data', logicalId: name, type: 'AWS::SecretsManager::Secret', properties, physicalId };
}

function generated(GenerateSecretString: Record<string, unknown>): string {
  return new Secrets(join(temporaryDirectory(), 'secrets.json')).textOf(secret({ GenerateSecretString }));
}

test('a generated string has 32 characters, of each kind at least one', () => {
  const text = generated({});

  expect(text).toHaveLength(32);
  for (const kind of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9 ]/]) expect(text).toMatch(kind);
});

test('what is excluded is not in a generated string', () => {
  const text = generated({
    PasswordLength: 500,
    ExcludePunctuation: true,
    ExcludeUppercase: true,
    ExcludeCharacters: 'abc1',
  });

  expect(text).toMatch(/^[d-z02-9]{500}$/);
});

test('a generated string is put into its template', () => {
  const text = generated({ SecretStringTemplate: '{"previous":""}', GenerateStringKey: 'current', PasswordLength: 10 });

  expect(JSON.parse(text)).toEqual({ previous: '', current: expect.stringMatching(/^.{10}$/) });
});

test('a string from which everything is excluded is refused', () => {
  const nothing = { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true };

  expect(() => generated(nothing)).toThrow('data/pepper (AWS::SecretsManager::Secret)');
});

test('a secret is the same after a restart, in a file that only its owner reads', () => {
  const file = join(temporaryDirectory(), 'secrets.json');
  const resource = secret({ GenerateSecretString: {} });

  const before = new Secrets(file).textOf(resource);
  const after = new Secrets(file).textOf(resource);

  expect(after).toBe(before);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

async function client(...resources: Resource[]): Promise<SecretsManagerClient> {
  const secrets = new Secrets(join(temporaryDirectory(), 'secrets.json'));
  const endpoint = await serveSecrets(assemblyOf(...resources), secrets);
  onTestFinished(() => endpoint.stop());
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new SecretsManagerClient({ endpoint: endpoint.url, region: 'us-east-1', credentials });
}

test.each(['pepper', 'arn:aws:secretsmanager:us-east-1:000000000000:secret:pepper-a1b2c3'])(
  'the AWS SDK reads a secret by %s',
  async (SecretId) => {
    const manager = await client(secret({ SecretString: 'hot' }));

    const value = await manager.send(new GetSecretValueCommand({ SecretId }));

    expect(value).toMatchObject({ SecretString: 'hot', Name: 'pepper', VersionStages: ['AWSCURRENT'] });
  },
);

test('a secret that no template has is not found', async () => {
  const manager = await client(secret({ SecretString: 'hot' }));

  const answer = manager.send(new GetSecretValueCommand({ SecretId: 'salt' }));

  await expect(answer).rejects.toBeInstanceOf(ResourceNotFoundException);
});
