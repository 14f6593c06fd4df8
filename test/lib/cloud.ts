import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import * as z from 'zod';
import { readSettings } from '#lib/settings.ts';
import { AppStack } from '#lib/stacks/app.ts';
import { ChargerStack } from '#lib/stacks/charger.ts';
import { DataStack } from '#lib/stacks/data.ts';
import { FilesStack } from '#lib/stacks/files.ts';
import { OpsStack } from '#lib/stacks/ops.ts';

const resourceShape = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  Condition: z.string().optional(),
});
const templateShape = z.object({
  Resources: z.record(z.string(), resourceShape),
  Outputs: z
    .record(z.string(), z.object({ Value: z.unknown(), Export: z.object({ Name: z.unknown() }).optional() }))
    .default({}),
});

export type Resource = z.output<typeof resourceShape> & { logicalId: string };

/** A stack's template, with its references to other stacks followed. */
export interface Part {
  template: Template;
  resources: Resource[];
  ofType(type: string): Resource[];
  /** What an output says, as text. */
  output(name: string): string | undefined;
  /** A value as text: references as `logicalId` or `logicalId.Attribute`, without the hash where they lead to the data stack. */
  text(value: unknown): string;
}

export interface Cloud {
  data: Part;
  charger: Part;
  files: Part;
  app: Part;
  ops: Part;
  parts: Part[];
}

const placeholder = () => Code.fromInline('export const handler = async () => {};');

/** The stacks as bin/csms.ts makes them, except that no function is bundled. */
export function build(app: App) {
  const settings = readSettings(app.node);
  const data = new DataStack(app, 'Data', { settings });
  const ground = { settings, bundles: placeholder, data };
  const files = new FilesStack(app, 'Files', ground);
  const charger = new ChargerStack(app, 'Charger', { ...ground, files });
  const appStack = new AppStack(app, 'App', { ...ground, charger, files });
  const ops = new OpsStack(app, 'Ops', { settings, data, charger, files, app: appStack });
  return { Data: data, Charger: charger, Files: files, App: appStack, Ops: ops };
}

export function synthesise(context: Record<string, string> = {}): Cloud {
  const stacks = build(new App({ analyticsReporting: false, context: { environment: 'dev', ...context } }));
  const data = Template.fromStack(stacks.Data);
  const charger = Template.fromStack(stacks.Charger);
  const files = Template.fromStack(stacks.Files);
  const app = Template.fromStack(stacks.App);
  const exported = exportsOf({ Data: data, Charger: charger, Files: files, App: app });
  const parts = {
    data: part(data, exported),
    charger: part(charger, exported),
    files: part(files, exported),
    app: part(app, exported),
    ops: part(Template.fromStack(stacks.Ops), exported),
  };
  return { ...parts, parts: Object.values(parts) };
}

function part(template: Template, exported: ReadonlyMap<string, string>): Part {
  const { Resources, Outputs } = templateShape.parse(template.toJSON());
  const resources = Object.entries(Resources).map(([logicalId, resource]) => ({ logicalId, ...resource }));
  const text = (value: unknown) => render(value, exported);
  return {
    template,
    resources,
    text,
    ofType: (type) => resources.filter((resource) => resource.Type === type),
    output: (name) => Outputs[name] && text(Outputs[name].Value),
  };
}

/** What other stacks may import, by the name of the export, or read, by `stack.output`. */
function exportsOf(templates: Record<string, Template>): Map<string, string> {
  return new Map(
    Object.entries(templates).flatMap(([stack, template]) =>
      Object.entries(templateShape.parse(template.toJSON()).Outputs).flatMap(([name, { Value, Export }]) => {
        const value = stack === 'Data' ? render(Value).replace(/[0-9A-F]{8}(?=$|\.)/, '') : render(Value);
        return [...(Export ? [[String(Export.Name), value] as const] : []), [`${stack}.${name}`, value] as const];
      }),
    ),
  );
}

const intrinsic = z.union([
  z.strictObject({ Ref: z.string() }).transform(({ Ref }) => ({ kind: 'reference' as const, name: Ref })),
  z
    .strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) })
    .transform((value) => ({ kind: 'reference' as const, name: value['Fn::GetAtt'].join('.') })),
  z
    .strictObject({ 'Fn::ImportValue': z.string() })
    .transform((value) => ({ kind: 'import' as const, name: value['Fn::ImportValue'] })),
  z
    .strictObject({ 'Fn::GetStackOutput': z.object({ StackName: z.string(), OutputName: z.string() }) })
    .transform(({ 'Fn::GetStackOutput': { StackName, OutputName } }) => ({
      kind: 'import' as const,
      name: `${StackName}.${OutputName}`,
    })),
  z
    .strictObject({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) })
    .transform((value) => ({ kind: 'join' as const, by: value['Fn::Join'][0], items: value['Fn::Join'][1] })),
]);

function render(value: unknown, exported: ReadonlyMap<string, string> = new Map()): string {
  if (typeof value === 'string') return value;
  const known = intrinsic.parse(value);
  switch (known.kind) {
    case 'reference':
      return known.name;
    case 'join':
      return known.items.map((item) => render(item, exported)).join(known.by);
    case 'import': {
      const name = exported.get(known.name);
      if (name === undefined) throw new Error(`Nothing is exported as ${known.name}`);
      return name;
    }
  }
}
