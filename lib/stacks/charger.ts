import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { ChargerChanges } from '#lib/constructs/charger-changes.ts';
import { ChargerEntrance } from '#lib/constructs/charger-entrance.ts';
import { ChargerGateway } from '#lib/constructs/charger-gateway.ts';
import { CommandSender } from '#lib/constructs/command-sender.ts';
import { CommandTimers } from '#lib/constructs/command-timers.ts';
import type { Ground } from '#lib/constructs/service-function.ts';
import { SessionWatch } from '#lib/constructs/session-watch.ts';
import type { FilesStack } from '#lib/stacks/files.ts';

interface ChargerStackProps extends StackProps, Ground {
  /** Where chargers are told to fetch and upload files. */
  files: FilesStack;
}

/** Everything between a charger and the tables. Deploying it anew costs the chargers a reconnect and nothing else. */
export class ChargerStack extends Stack {
  readonly stage: WebSocketStage;
  readonly unread: Queue;
  readonly timers: CommandTimers;
  /** Absent where chargers come to the gateway itself. */
  readonly entrance: Distribution | undefined;

  constructor(scope: Construct, id: string, { settings, bundles, data, files, ...props }: ChargerStackProps) {
    super(scope, id, props);
    const ground = { settings, bundles, data };

    this.timers = new CommandTimers(this, 'CommandTimers');
    const { stage } = new ChargerGateway(this, 'Ocpp16', { ...ground, timers: this.timers });
    this.stage = stage;
    this.unread = new ChargerChanges(this, 'ChargerChanges', { ...ground, connections: stage }).unread;
    new CommandSender(this, 'Commands', {
      ...ground,
      connections: stage,
      timers: this.timers,
      filesUrl: files.url,
    });
    new SessionWatch(this, 'SessionWatch', ground);

    if (settings.entrance !== 'direct') {
      const entrance = new ChargerEntrance(this, 'Entrance', {
        stage,
        originKeys: data.secrets.originKeys,
        originKeyVersion: settings.originKeyVersion,
      });
      this.entrance = entrance.distribution;
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
