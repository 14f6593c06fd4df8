import { CfnOutput, CrossStackReferences, ReferenceStrength, Stack, type StackProps } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { access, type FunctionName } from '#lib/access.ts';
import { CallAlarms } from '#lib/alarms/calls.ts';
import { ChangeAlarms } from '#lib/alarms/changes.ts';
import { CommandAlarms } from '#lib/alarms/commands.ts';
import { DoorAlarms } from '#lib/alarms/door.ts';
import { FunctionAlarms } from '#lib/alarms/functions.ts';
import { GatewayAlarms } from '#lib/alarms/gateways.ts';
import { ScheduleAlarms } from '#lib/alarms/schedules.ts';
import { TableAlarms } from '#lib/alarms/tables.ts';
import { AlarmTopic } from '#lib/constructs/alarm-topic.ts';
import { Overview } from '#lib/constructs/overview.ts';
import { type Data, ServiceFunction } from '#lib/constructs/service-function.ts';
import { schedules } from '#lib/schedules.ts';
import type { Settings } from '#lib/settings.ts';
import type { AppStack } from '#lib/stacks/app.ts';
import type { ChargerStack } from '#lib/stacks/charger.ts';
import type { FilesStack } from '#lib/stacks/files.ts';

interface OpsStackProps extends StackProps {
  settings: Settings;
  data: Data;
  charger: ChargerStack;
  files: FilesStack;
  app: AppStack;
}

/**
 * Who watches: alarms, where they go, and one dashboard. It refers to the other stacks weakly (ADR 0010): whoever is watched can be changed,
 * replaced and removed without asking the watchman first.
 */
export class OpsStack extends Stack {
  constructor(scope: Construct, id: string, props: OpsStackProps) {
    const { settings, data, charger, files, app, ...rest } = props;
    super(scope, id, rest);
    CrossStackReferences.of(this).consume(ReferenceStrength.WEAK);

    const functions = functionsOf(charger, files, app);
    const gateways = { chargers: charger.stage, entrance: charger.entrance, app: app.stage };
    const { topic } = new AlarmTopic(this, 'Alarms', settings);
    const duty = { settings, topic };

    new DoorAlarms(this, 'Door', duty);
    new CallAlarms(this, 'Calls', duty);
    new FunctionAlarms(this, 'Functions', duty, functions);
    new ScheduleAlarms(this, 'Schedules', duty, schedules, functions);
    new TableAlarms(this, 'Tables', duty, data.tables);
    new ChangeAlarms(this, 'Changes', duty, { lambda: functions.chargerChanges, unread: charger.unread });
    new CommandAlarms(this, 'Commands', duty, charger.timers);
    new GatewayAlarms(this, 'Gateways', duty, gateways);
    const { dashboard } = new Overview(this, 'Overview', {
      settings,
      functions,
      tables: data.tables,
      gateways,
      schedules,
    });

    new CfnOutput(this, 'AlarmTopic', { value: topic.topicArn, description: 'Subscribe whoever is on duty' });
    new CfnOutput(this, 'Dashboard', { value: dashboard.dashboardName });
  }
}

/** Every function of the list, wherever it stands. */
function functionsOf(...stacks: Stack[]): Record<FunctionName, IFunction> {
  const found = new Map<string, IFunction>(
    stacks
      .flatMap((stack) => stack.node.findAll())
      .filter((construct) => construct instanceof ServiceFunction)
      .map((each) => [each.node.id, each.lambda] as const),
  );
  const missing = Object.keys(access).filter((name) => !found.has(name));
  if (missing.length > 0)
    throw new Error(`Nobody would watch ${missing.join(', ')}: not in the stacks that are watched`);
  return Object.fromEntries(found) as Record<FunctionName, IFunction>;
}
