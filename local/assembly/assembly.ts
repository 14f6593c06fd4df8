import { existsSync, readFileSync } from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import * as z from 'zod';
import { replaceReferences } from '#local/assembly/dynamic-references.ts';
import { noValue, resolve, type Scope, Unresolvable } from '#local/assembly/intrinsics.ts';
import { type Identity, resourceTypes } from '#local/assembly/resource-types.ts';
import type { Assembly, Resource } from '#local/parts.ts';
import { UserError } from '#local/start/user-error.ts';

export interface Surroundings {
  region: string;
  account: string;
  /** The text of a secret of the templates: `{{resolve:secretsmanager:…}}` asks for it. */
  secretString(secret: Resource): string;
}

const fields = z.record(z.string(), z.unknown());
const templateShape = z.object({
  Parameters: z.record(z.string(), z.object({ Default: z.unknown().optional() })).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), fields)).default({}),
  Conditions: fields.default({}),
  Resources: z
    .record(
      z.string(),
      z.object({ Type: z.string(), Condition: z.string().optional(), Properties: fields.default({}) }),
    )
    .default({}),
  Outputs: z
    .record(
      z.string(),
      z.object({
        Value: z.unknown().optional(),
        Condition: z.string().optional(),
        Export: z.object({ Name: z.unknown().optional() }).optional(),
      }),
    )
    .default({}),
});
const manifestShape = z.object({
  artifacts: z.record(z.string(), z.object({ type: z.string(), properties: fields.default({}) })).default({}),
});
const assetsShape = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string().optional(), packaging: z.string().optional() }),
        destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
      }),
    )
    .default({}),
});

type Template = z.output<typeof templateShape>;

/** Reads a cloud assembly (`cdk.out`) and resolves its templates for this machine. Throws on what could not run here. */
export function readAssembly(directory: string, surroundings: Surroundings): Assembly {
  const { templates, assets } = readFiles(directory);
  refuseUnknownTypes(templates);

  const published: Published = { exports: new Map(), outputs: new Map() };
  const stacks = [...templates].map(([stack, template]) => new StackReader(stack, template, surroundings, published));
  for (const stack of stacks) stack.publish();
  const unreferenced = stacks.flatMap((stack) => stack.resources());
  const secrets = unreferenced.filter(({ type }) => type === 'AWS::SecretsManager::Secret');
  const secretString = (id: string): string => {
    const secret = secrets.find(({ physicalId, properties }) => physicalId === id || properties.Name === id);
    if (!secret) throw new UserError(`no template has the secret '${id}'`);
    return surroundings.secretString(secret);
  };
  const resources = unreferenced.map((resource) => {
    try {
      return { ...resource, properties: fields.parse(replaceReferences(resource.properties, secretString)) };
    } catch (cause) {
      throw new UserError(`${resource.stack}/${resource.logicalId}: ${cause instanceof Error ? cause.message : cause}`);
    }
  });

  return {
    resources,
    ofType: (type) => resources.filter((resource) => resource.type === type),
    bundleDirectory: ({ stack, logicalId, properties }) => {
      const { S3Key } = z.object({ S3Key: z.string().optional() }).parse(properties.Code);
      const path = S3Key && assets.get(S3Key);
      if (!path) throw new UserError(`${stack}/${logicalId}: its code is not an asset of ${directory}`);
      if (!existsSync(path)) throw new UserError(`${stack}/${logicalId}: its bundle ${path} is missing`);
      return path;
    },
  };
}

/** The templates by stack name, and the directories of assets by object key; stages (nested assemblies) included. */
function readFiles(directory: string): { templates: Map<string, Template>; assets: Map<string, string> } {
  const templates = new Map<string, Template>();
  const assets = new Map<string, string>();
  const { artifacts } = read(join(directory, 'manifest.json'), manifestShape);
  for (const [id, { type, properties }] of Object.entries(artifacts)) {
    if (type === 'aws:cloudformation:stack') {
      const { templateFile, stackName = id } = z
        .object({ templateFile: z.string(), stackName: z.string().optional() })
        .parse(properties);
      templates.set(stackName, read(join(directory, templateFile), templateShape));
    } else if (type === 'cdk:asset-manifest') {
      const { file } = z.object({ file: z.string() }).parse(properties);
      for (const { source, destinations } of Object.values(read(join(directory, file), assetsShape).files)) {
        if (source.packaging !== 'zip' || !source.path) continue;
        for (const { objectKey } of Object.values(destinations)) {
          assets.set(objectKey, resolvePath(directory, source.path));
        }
      }
    } else if (type === 'cdk:cloud-assembly') {
      const { directoryName } = z.object({ directoryName: z.string() }).parse(properties);
      const nested = readFiles(join(directory, directoryName));
      for (const [name, template] of nested.templates) templates.set(name, template);
      for (const [key, path] of nested.assets) assets.set(key, path);
    }
  }
  return { templates, assets };
}

function read<S extends z.ZodType>(path: string, shape: S): z.output<S> {
  const result = shape.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!result.success)
    throw new UserError(`${path} is not what the local cloud reads: ${z.prettifyError(result.error)}`);
  return result.data;
}

function refuseUnknownTypes(templates: Map<string, Template>): void {
  const unknown = [...templates].flatMap(([stack, { Resources }]) =>
    Object.entries(Resources)
      .filter(([, { Type }]) => !(Type in resourceTypes))
      .map(([logicalId, { Type }]) => `  ${stack}/${logicalId}: ${Type}`),
  );
  if (unknown.length > 0) {
    throw new UserError(
      `The local cloud neither emulates nor leaves out (local/assembly/resource-types.ts) these resources:\n${unknown.join('\n')}`,
    );
  }
}

/** What stacks tell each other: by the names of exports, and by `stack.output`. */
interface Published {
  exports: Map<string, () => unknown>;
  outputs: Map<string, () => unknown>;
}

/** One stack's template, and the scope of its intrinsic functions. */
class StackReader implements Scope {
  readonly #stack: string;
  readonly #template: Template;
  readonly #surroundings: Surroundings;
  readonly #published: Published;
  readonly #identities = new Map<string, Identity>();

  constructor(stack: string, template: Template, surroundings: Surroundings, published: Published) {
    this.#stack = stack;
    this.#template = template;
    this.#surroundings = surroundings;
    this.#published = published;
  }

  publish(): void {
    for (const [logicalId, { Value, Condition, Export }] of Object.entries(this.#template.Outputs)) {
      if (Condition && !this.condition(Condition)) continue;
      const value = () => this.#evaluate(Value, logicalId, 'Value');
      this.#published.outputs.set(`${this.#stack}.${logicalId}`, value);
      if (!Export) continue;
      this.#published.exports.set(String(this.#evaluate(Export.Name, logicalId, 'Export.Name')), value);
    }
  }

  resources(): Resource[] {
    return Object.entries(this.#template.Resources)
      .filter(([, { Condition }]) => !Condition || this.condition(Condition))
      .map(([logicalId, { Type, Properties }]) => ({
        stack: this.#stack,
        logicalId,
        type: Type,
        properties: fields.parse(this.#evaluate(Properties, logicalId, 'Properties')),
        physicalId: this.#identity(logicalId).ref,
      }));
  }

  ref(name: string): unknown {
    if (name.startsWith('AWS::')) return this.#pseudoParameter(name);
    const parameter = this.#template.Parameters[name];
    if (!parameter) return this.#identity(name).ref;
    if (parameter.Default === undefined) throw new UserError(`the parameter '${name}' has no default`);
    return parameter.Default;
  }

  attribute(logicalId: string, name: string): unknown {
    const value = this.#identity(logicalId).attributes[name];
    if (value === undefined) throw new UserError(`'${logicalId}' has no attribute '${name}' here`);
    return value;
  }

  importValue(name: string): unknown {
    const exported = this.#published.exports.get(name);
    if (!exported) throw new UserError(`no stack exports '${name}'`);
    return exported();
  }

  stackOutput(stack: string, output: string): unknown {
    const value = this.#published.outputs.get(`${stack}.${output}`);
    if (!value) throw new UserError(`the stack '${stack}' has no output '${output}'`);
    return value();
  }

  condition(name: string): boolean {
    const condition = this.#template.Conditions[name];
    if (condition === undefined) throw new UserError(`there is no condition '${name}'`);
    return this.#evaluate(condition, name, 'Conditions') === true;
  }

  mapping(map: string, topLevelKey: string, secondLevelKey: string): unknown {
    const value = this.#template.Mappings[map]?.[topLevelKey]?.[secondLevelKey];
    if (value === undefined) throw new UserError(`there is no '${map}.${topLevelKey}.${secondLevelKey}'`);
    return value;
  }

  #pseudoParameter(name: string): unknown {
    const values: Record<string, unknown> = {
      'AWS::Region': this.#surroundings.region,
      'AWS::AccountId': this.#surroundings.account,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': this.#stack,
      'AWS::StackId': `arn:aws:cloudformation:${this.#surroundings.region}:${this.#surroundings.account}:stack/${this.#stack}/local`,
      'AWS::NotificationARNs': [],
      'AWS::NoValue': noValue,
    };
    if (!(name in values)) throw new UserError('there is no such pseudo parameter');
    return values[name];
  }

  #identity(logicalId: string): Identity {
    const known = this.#identities.get(logicalId);
    if (known) return known;

    const resource = this.#template.Resources[logicalId];
    const type = resource && resourceTypes[resource.Type];
    if (!type) throw new UserError(`there is no '${logicalId}' in the template`);
    const given = (property: string): string | undefined => {
      const value = this.#evaluate(resource.Properties[property], logicalId, `Properties.${property}`);
      return typeof value === 'string' ? value : undefined;
    };
    const { region, account } = this.#surroundings;
    const identity = type.identify({
      stack: this.#stack,
      logicalId,
      region,
      account,
      given,
      name: (property) => given(property) ?? `${this.#stack}-${logicalId}`,
    });
    this.#identities.set(logicalId, identity);
    return identity;
  }

  #evaluate(value: unknown, logicalId: string, path: string): unknown {
    try {
      return resolve(value, this, path);
    } catch (cause) {
      if (!(cause instanceof Unresolvable)) throw cause;
      throw new UserError(`${this.#stack}/${logicalId}, ${cause.message}`);
    }
  }
}
