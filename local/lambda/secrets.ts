import { randomInt } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { readProperties, refuse } from '#local/assembly/template-resource.ts';
import type { Assembly, Resource } from '#local/parts.ts';

const generatorShape = z.strictObject({
  PasswordLength: z.coerce.number().int().min(1).max(4096).default(32),
  ExcludeCharacters: z.string().default(''),
  ExcludeLowercase: z.boolean().default(false),
  ExcludeUppercase: z.boolean().default(false),
  ExcludeNumbers: z.boolean().default(false),
  ExcludePunctuation: z.boolean().default(false),
  IncludeSpace: z.boolean().default(false),
  RequireEachIncludedType: z.boolean().default(true),
  SecretStringTemplate: z.string().optional(),
  GenerateStringKey: z.string().optional(),
});
const secretShape = z.object({ SecretString: z.string().optional(), GenerateSecretString: generatorShape.optional() });
const keptShape = z.record(z.string(), z.string());

/** The templates' secrets: generated when first asked for, then kept in a file of the data directory that only its owner can read. */
export class Secrets {
  readonly #file: string;
  readonly #kept: Record<string, string>;

  constructor(file: string) {
    this.#file = file;
    this.#kept = existsSync(file) ? keptShape.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
  }

  textOf(secret: Resource): string {
    const { SecretString, GenerateSecretString } = readProperties(secret, secretShape);
    if (SecretString !== undefined) return SecretString;
    const id = `${secret.stack}/${secret.logicalId}`;
    const kept = this.#kept[id];
    if (kept !== undefined) return kept;

    const generated = generate(secret, GenerateSecretString ?? generatorShape.parse({}));
    this.#kept[id] = generated;
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#kept, undefined, 2), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
    return generated;
  }
}

function generate(secret: Resource, generator: z.output<typeof generatorShape>): string {
  const password = randomText(secret, generator);
  const { SecretStringTemplate, GenerateStringKey } = generator;
  if (SecretStringTemplate === undefined || GenerateStringKey === undefined) return password;
  const template = z.record(z.string(), z.unknown()).parse(JSON.parse(SecretStringTemplate));
  return JSON.stringify({ ...template, [GenerateStringKey]: password });
}

function randomText(secret: Resource, generator: z.output<typeof generatorShape>): string {
  const kinds = [
    !generator.ExcludeLowercase && 'abcdefghijklmnopqrstuvwxyz',
    !generator.ExcludeUppercase && 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    !generator.ExcludeNumbers && '0123456789',
    !generator.ExcludePunctuation && '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    generator.IncludeSpace && ' ',
  ]
    .map((kind) => [...(kind || '')].filter((character) => !generator.ExcludeCharacters.includes(character)))
    .filter((kind) => kind.length > 0);
  const length = generator.PasswordLength;
  if (kinds.length === 0 || (generator.RequireEachIncludedType && kinds.length > length)) {
    refuse(secret, 'no characters are left for its generated string');
  }
  for (;;) {
    const characters = Array.from({ length }, () => pick(kinds.flat()));
    const hasAll = kinds.every((kind) => kind.some((character) => characters.includes(character)));
    if (hasAll || !generator.RequireEachIncludedType) return characters.join('');
  }
}

function pick(characters: string[]): string {
  return characters[randomInt(characters.length)] ?? '';
}

export interface SecretsEndpoint {
  url: string;
  stop(): Promise<void>;
}

const getSecretValue = z.object({ SecretId: z.string() });

/** The Secrets Manager API, as far as functions read from it, at a port that only this machine reaches. */
export async function serveSecrets(assembly: Assembly, secrets: Secrets): Promise<SecretsEndpoint> {
  const all = assembly.ofType('AWS::SecretsManager::Secret');
  const answer = (target: string | undefined, body: string): { status: number; output: unknown } => {
    if (target !== 'secretsmanager.GetSecretValue') {
      return failure('UnknownOperationException', `${target} is not emulated`);
    }
    const { SecretId } = getSecretValue.parse(JSON.parse(body));
    const secret = all.find((each) => each.physicalId === SecretId || nameOf(each) === SecretId);
    if (!secret) {
      return failure('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    const value = {
      ARN: secret.physicalId,
      Name: nameOf(secret),
      SecretString: secrets.textOf(secret),
      VersionId: '00000000-0000-4000-8000-000000000000',
      VersionStages: ['AWSCURRENT'],
      CreatedDate: 1_767_225_600,
    };
    return { status: 200, output: value };
  };

  const server = createServer(async (request, response) => {
    const target = request.headers['x-amz-target'];
    const body = await text(request);
    const { status, output } = attempt(() => answer(typeof target === 'string' ? target : undefined, body));
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(output));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the secrets endpoint has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function attempt(answer: () => { status: number; output: unknown }): { status: number; output: unknown } {
  try {
    return answer();
  } catch (cause) {
    return failure('InvalidRequestException', cause instanceof Error ? cause.message : String(cause));
  }
}

function failure(type: string, message: string): { status: number; output: unknown } {
  return { status: 400, output: { __type: type, message } };
}

/** An ARN ends in six characters that are not part of the name. */
function nameOf({ physicalId }: Resource): string {
  return physicalId.replace(/^arn:.*:secret:(.*)-.{6}$/, '$1');
}
