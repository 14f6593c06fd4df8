import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import * as z from 'zod';
import { synthesised } from './assembly.ts';

const fields = z.record(z.string(), z.unknown());
const resourceShape = z.looseObject({ Type: z.string(), Properties: fields.default({}) });
const templateShape = z.looseObject({ Resources: z.record(z.string(), resourceShape) });
const manifestShape = z.looseObject({
  artifacts: z.record(z.string(), z.looseObject({ type: z.string(), properties: fields.default({}) })),
});
const assetsShape = z.looseObject({
  files: z.record(z.string(), z.looseObject({ source: z.looseObject({ path: z.string().optional() }) })),
});

/** A resource as the template has it, references and all; what is changed in it is changed in the copy. */
interface EditedResource {
  logicalId: string;
  type: string;
  properties: Record<string, unknown>;
  remove(): void;
}

export interface AssemblyEdit {
  ofType(type: string): EditedResource[];
  /** The function of this name. */
  lambda(name: string): EditedResource;
  variables(name: string): Record<string, unknown>;
  /** With all that belongs to them. Throws when the templates do not have each of them. */
  removeRoutes(keys: readonly string[]): void;
  add(logicalId: string, resource: { Type: string; Properties?: Record<string, unknown> }): void;
  /** Puts this module in the place of a function's bundle. */
  replaceBundle(name: string, source: string): void;
}

/**
 * A copy of our assembly in this empty directory, edited. Templates and manifests are copied; bundles stay where they are, under names that hold
 * wherever the copy is.
 */
export async function editedAssembly(directory: string, edit: (assembly: AssemblyEdit) => void): Promise<string> {
  const origin = await synthesised();
  const manifest = read(join(origin, 'manifest.json'), manifestShape);
  const artifacts = Object.values(manifest.artifacts);
  const files = (type: string, property: string) =>
    artifacts
      .filter((artifact) => artifact.type === type)
      .map(({ properties }) => z.string().parse(properties[property]));

  const templates = files('aws:cloudformation:stack', 'templateFile').map((file) => ({
    file,
    content: read(join(origin, file), templateShape),
  }));
  const assets = files('cdk:asset-manifest', 'file').map((file) => ({
    file,
    content: withAbsolutePaths(read(join(origin, file), assetsShape), origin),
  }));
  edit(
    editor(
      directory,
      templates.map(({ content }) => content),
      assets.map(({ content }) => content),
    ),
  );

  for (const { file, content } of [{ file: 'manifest.json', content: manifest }, ...templates, ...assets]) {
    writeFileSync(join(directory, file), JSON.stringify(content));
  }
  return directory;
}

function editor(
  directory: string,
  templates: z.output<typeof templateShape>[],
  assets: z.output<typeof assetsShape>[],
): AssemblyEdit {
  const ofType = (type: string) =>
    templates.flatMap(({ Resources }) =>
      Object.entries(Resources)
        .filter(([, { Type }]) => Type === type)
        .map(([logicalId, { Type, Properties }]) => ({
          logicalId,
          type: Type,
          properties: Properties,
          remove: () => {
            delete Resources[logicalId];
          },
        })),
    );
  const lambda = (name: string) => {
    const found = ofType('AWS::Lambda::Function').find(({ logicalId }) => logicalId === name);
    if (!found) throw new Error(`no function is called ${name}`);
    return found;
  };
  return {
    ofType,
    lambda,
    variables: (name) =>
      z.object({ Variables: z.custom<Record<string, unknown>>() }).parse(lambda(name).properties.Environment).Variables,
    removeRoutes(keys) {
      const routes = ofType('AWS::ApiGatewayV2::Route').filter(({ properties }) =>
        keys.includes(String(properties.RouteKey)),
      );
      if (routes.length !== keys.length) throw new Error(`the templates do not have each of the routes ${keys}`);
      const ids = routes.map(({ logicalId }) => logicalId);
      const responses = ofType('AWS::ApiGatewayV2::RouteResponse').filter(({ properties }) =>
        ids.includes(z.object({ Ref: z.string() }).parse(properties.RouteId).Ref),
      );
      for (const resource of [...routes, ...responses]) resource.remove();
    },
    add(logicalId, { Type, Properties = {} }) {
      const [template] = templates;
      if (template) template.Resources[logicalId] = { Type, Properties };
    },
    replaceBundle(name, source) {
      const path = join(directory, `bundle-of-${name}`);
      mkdirSync(path);
      writeFileSync(join(path, 'index.mjs'), source);
      const objectKey = `${name}.zip`;
      lambda(name).properties.Code = { S3Bucket: 'edited', S3Key: objectKey };
      const [manifest] = assets;
      if (manifest) {
        manifest.files[name] = { source: { path, packaging: 'zip' }, destinations: { here: { objectKey } } };
      }
    },
  };
}

function withAbsolutePaths(assets: z.output<typeof assetsShape>, origin: string): z.output<typeof assetsShape> {
  for (const { source } of Object.values(assets.files)) {
    if (source.path !== undefined && !isAbsolute(source.path)) source.path = join(origin, source.path);
  }
  return assets;
}

function read<S extends z.ZodType>(path: string, shape: S): z.output<S> {
  return shape.parse(JSON.parse(readFileSync(path, 'utf8')));
}
