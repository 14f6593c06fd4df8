import { Duration } from 'aws-cdk-lib';
import {
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  MathExpression,
  Metric,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { FunctionName } from '#lib/access.ts';
import type { Gateways } from '#lib/alarms/gateways.ts';
import { chargerMetric, entranceMetric } from '#lib/gateway-metrics.ts';
import { journalMetric, journalNamespace, serviceName } from '#lib/metrics.ts';
import type { Schedule, Schedules } from '#lib/schedules.ts';
import type { Settings } from '#lib/settings.ts';
import { type TableName, tableNames } from '#shared/store/tables.ts';

interface OverviewProps {
  settings: Settings;
  functions: Readonly<Record<FunctionName, IFunction>>;
  tables: Readonly<Record<TableName, ITable>>;
  gateways: Gateways;
  schedules: Schedules;
}

const period = Duration.minutes(5);

/** One page of what goes on: from the chargers' door inwards. */
export class Overview extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { settings, functions, tables, gateways, schedules }: OverviewProps) {
    super(scope, id);
    const { chargers, entrance, app } = gateways;
    const journal = (metricName: string, statistic: string) => search(settings, metricName, statistic);

    this.dashboard = new Dashboard(this, 'Dashboard', { periodOverride: undefined });
    this.dashboard.addWidgets(
      new TextWidget({
        width: 24,
        height: 3,
        markdown: [
          `# Chargeline, ${settings.environment}`,
          `When an alarm is raised: [the runbook](${settings.runbook}). Every alarm's description names its section.`,
          'How many chargers are connected is no metric: connects and heartbeats stand in for it.',
        ].join('\n\n'),
      }),
    );
    this.row(
      graph('Chargers: connects and messages', [
        chargerMetric(chargers, 'ConnectCount', 'Sum'),
        chargerMetric(chargers, 'MessageCount', 'Sum'),
        journalMetric(settings, 'Heartbeat', 'Count', { statistic: 'Sum' }),
      ]),
      graph('Chargers: failures before a function', [
        chargerMetric(chargers, 'ClientError', 'Sum'),
        chargerMetric(chargers, 'IntegrationError', 'Sum'),
        chargerMetric(chargers, 'ExecutionError', 'Sum'),
      ]),
      graph('App API', [
        app.metricCount({ statistic: 'Sum', period }),
        app.metricClientError({ statistic: 'Sum', period }),
        app.metricServerError({ statistic: 'Sum', period }),
      ]),
    );
    this.row(
      graph('Messages, by action', [journal('Count', 'Sum')]),
      graph('Refusals, by action and code', [journal('Refused', 'Sum')]),
      ...(entrance ? [entranceGraph(entrance)] : []),
    );
    this.row(...['p50', 'p95', 'p99'].map((each) => graph(`Latency ${each}, ms`, [journal('Latency', each)])));
    this.row(
      graph(
        'Functions: errors',
        each(functions, (lambda) => lambda.metricErrors({ period })),
      ),
      graph(
        'Functions: longest, ms',
        each(functions, (lambda) => lambda.metricDuration({ period, statistic: 'Maximum' })),
      ),
      graph('Functions of the account: at once, and throttled', [
        account('ConcurrentExecutions', 'Maximum'),
        account('Throttles', 'Sum'),
      ]),
    );
    this.row(
      graph(
        'Tables: units read',
        tableNames.map((name) => tables[name].metricConsumedReadCapacityUnits({ period, label: name })),
      ),
      graph(
        'Tables: units written',
        tableNames.map((name) => tables[name].metricConsumedWriteCapacityUnits({ period, label: name })),
      ),
      graph(
        'Tables: throttled',
        tableNames.flatMap((name) => throttled(tables[name], name)),
      ),
    );
    this.row(
      graph('Changes of chargers: age of the oldest, ms', [
        functions.chargerChanges.metric('IteratorAge', { statistic: 'Maximum', period }),
      ]),
      ...gaugesOf(settings, schedules),
    );
  }

  private row(...widgets: IWidget[]): void {
    this.dashboard.addWidgets(...widgets);
  }
}

function graph(title: string, left: IMetric[], region?: string): GraphWidget {
  return new GraphWidget({ title, left, width: 8, height: 6, ...(region && { region }) });
}

/** One line for each action that has such a metric. A graph may search, an alarm may not. */
function search(settings: Settings, metricName: string, statistic: string): IMetric {
  const exact = metricName === 'Refused' ? 'Refused' : `MetricName="${metricName}"`;
  const where = `{${journalNamespace},action,service} ${exact} service="${serviceName(settings)}"`;
  return new MathExpression({
    expression: `SEARCH('${where}', '${statistic}', 300)`,
    label: '',
    usingMetrics: {},
    period,
  });
}

function each(functions: OverviewProps['functions'], metric: (lambda: IFunction) => Metric): IMetric[] {
  return Object.entries(functions).map(([label, lambda]) => metric(lambda).with({ label }));
}

function account(metricName: string, statistic: string): IMetric {
  return new Metric({ namespace: 'AWS/Lambda', metricName, statistic, period });
}

function throttled({ tableName }: ITable, name: TableName): IMetric[] {
  return ['ReadThrottleEvents', 'WriteThrottleEvents'].map(
    (metricName) =>
      new Metric({
        namespace: 'AWS/DynamoDB',
        metricName,
        dimensionsMap: { TableName: tableName },
        statistic: 'Sum',
        label: `${name} ${metricName}`,
        period,
      }),
  );
}

function entranceGraph(entrance: NonNullable<Gateways['entrance']>): GraphWidget {
  const metrics = [entranceMetric(entrance, 'Requests', 'Sum'), entranceMetric(entrance, '5xxErrorRate', 'Average')];
  return graph(
    'Entrance: requests, and failures in percent',
    metrics.map((each) => each.with({ region: 'us-east-1' })),
  );
}

function gaugesOf(settings: Settings, schedules: Schedules): GraphWidget[] {
  return (Object.entries(schedules) as [FunctionName, Schedule][]).flatMap(([name, { publishes = [] }]) =>
    publishes.map((gauge) => graph(gauge, [journalMetric(settings, name, gauge, { statistic: 'Maximum' })])),
  );
}
