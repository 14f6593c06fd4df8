import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Construct } from 'constructs';
import { AppApi } from '#lib/constructs/app-api.ts';
import { People } from '#lib/constructs/people.ts';
import type { Ground } from '#lib/constructs/service-function.ts';
import type { ChargerStack } from '#lib/stacks/charger.ts';
import type { FilesStack } from '#lib/stacks/files.ts';

interface AppStackProps extends StackProps, Ground {
  /** Where commands go. */
  charger: ChargerStack;
  files: FilesStack;
}

/** Everything between a person's browser and the tables. */
export class AppStack extends Stack {
  readonly stage: HttpStage;

  constructor(scope: Construct, id: string, { settings, bundles, data, charger, files, ...props }: AppStackProps) {
    super(scope, id, props);

    const people = new People(this, 'People', settings.lifetime);
    this.stage = new AppApi(this, 'Api', {
      ...{ settings, bundles, data, people },
      connections: charger.stage,
      timers: charger.timers,
      filesUrl: files.url,
    }).stage;

    new CfnOutput(this, 'ApiUrl', { value: this.stage.url });
    new CfnOutput(this, 'UserPoolId', { value: people.pool.userPoolId });
    new CfnOutput(this, 'AppClientId', { value: people.app.userPoolClientId });
  }
}
