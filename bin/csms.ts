import { App } from 'aws-cdk-lib';
import { bundleFunctions } from '#lib/bundles.ts';
import { readSettings } from '#lib/settings.ts';
import { AppStack } from '#lib/stacks/app.ts';
import { ChargerStack } from '#lib/stacks/charger.ts';
import { DataStack } from '#lib/stacks/data.ts';
import { FilesStack } from '#lib/stacks/files.ts';
import { OpsStack } from '#lib/stacks/ops.ts';

const app = new App();
const settings = readSettings(app.node);
const name = `Chargeline-${settings.environment}`;
const tags = { application: 'chargeline', environment: settings.environment };

const data = new DataStack(app, `${name}-Data`, { settings, tags });
const ground = { settings, bundles: await bundleFunctions(), data, tags };
const files = new FilesStack(app, `${name}-Files`, ground);
const charger = new ChargerStack(app, `${name}-Charger`, { ...ground, files });
const appStack = new AppStack(app, `${name}-App`, { ...ground, charger, files });
new OpsStack(app, `${name}-Ops`, { settings, data, charger, files, app: appStack, tags });
