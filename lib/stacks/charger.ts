import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ChargerChanges } from '#lib/constructs/charger-changes.ts';
import { ChargerEntrance } from '#lib/constructs/charger-entrance.ts';
import { ChargerGateway } from '#lib/constructs/charger-gateway.ts';
import type { Ground } from '#lib/constructs/service-function.ts';
import { SessionWatch } from '#lib/constructs/session-watch.ts';

/** Everything between a charger and the tables. Deploying it anew costs the chargers a reconnect and nothing else. */
export class ChargerStack extends Stack {
  constructor(scope: Construct, id: string, { settings, bundles, data, ...props }: StackProps & Ground) {
    super(scope, id, props);
    const ground = { settings, bundles, data };

    const { stage } = new ChargerGateway(this, 'Ocpp16', ground);
    new ChargerChanges(this, 'ChargerChanges', { ...ground, connections: stage });
    new SessionWatch(this, 'SessionWatch', ground);

    if (settings.entrance !== 'direct') {
      const entrance = new ChargerEntrance(this, 'Entrance', {
        stage,
        originKeys: data.secrets.originKeys,
        originKeyVersion: settings.originKeyVersion,
      });
      new CfnOutput(this, 'ChargerUrl', { value: entrance.url, description: 'Chargers append their identity' });
    }
    if (settings.entrance !== 'cloudfront') {
      new CfnOutput(this, 'DirectChargerUrl', {
        value: `${stage.url}?id=`,
        description: 'For chargers whose URL ends in a query string',
      });
    }
  }
}
