import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { type Duty, Watched } from '#lib/constructs/watched.ts';
import { tableSum } from '#lib/metrics.ts';
import { type TableName, tableNames } from '#shared/store/tables.ts';

/** Who is told to wait when a table is. */
const impacts: Record<TableName, string> = {
  chargers: 'Chargers get in late or not at all, and are shown in a state that is no longer theirs.',
  tags: 'Drivers who hold up a card wait, and may be turned away.',
  sessions: 'Sessions that drivers start and stop are recorded late, or not until the charger tries again.',
  readings: 'Readings of running sessions are late, or missing where a charger does not repeat them.',
  commands: 'Operators cannot command chargers, or do not see what became of it.',
  evidence: 'What chargers said beside the state may not be kept; a refused start or stop may be lost.',
};

/** DynamoDB itself: told to slow down, or failing. */
export class TableAlarms extends Construct {
  constructor(scope: Construct, id: string, duty: Duty, tables: Readonly<Record<TableName, ITable>>) {
    super(scope, id);
    for (const name of tableNames) {
      const { tableName } = tables[name];
      const impact = impacts[name];
      for (const side of ['Read', 'Write']) {
        const metric = tableSum(tableName, `${side}ThrottleEvents`);
        new Watched(this, `${name}${side}sThrottled`, duty, {
          metric,
          threshold: 1,
          impact,
          section: 'a-table-throttles',
        });
      }
      const metric = tableSum(tableName, 'SystemErrors');
      new Watched(this, `${name}Fails`, duty, { metric, threshold: 1, impact, section: 'a-table-fails' });
    }
  }
}
