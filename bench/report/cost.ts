import { type Behaviour, behaviours } from '#bench/cost/behaviours.ts';
import { installation as fixed, measuredBy, metricSeries } from '#bench/cost/measured.ts';
import { columns, costOf, dollars, installationCost, totalOf } from '#bench/cost/model.ts';
import type { SessionsResult } from '#bench/scenarios/sessions.ts';
import type { Section } from './section.ts';

const heads: Record<(typeof columns)[number], string> = {
  gateway: 'API Gateway',
  lambda: 'Lambda',
  writes: 'DynamoDB writes',
  reads: 'reads',
  storage: 'storage',
  cloudFront: 'CloudFront',
  logs: 'logs',
};

const fleets = [10, 100, 1000, 10_000];

/** What chargers of these behaviours cost by what was measured. */
export function costReport(result: SessionsResult, kinds: Record<string, Behaviour> = behaviours): Section[] {
  const measured = measuredBy(result);
  const costs = Object.entries(kinds).map(([name, behaviour]) => ({ name, cost: costOf(measured, behaviour) }));
  const installation = installationCost({ series: metricSeries, ...fixed });
  return [
    {
      title: 'One charger in one month, by list prices of us-east-1',
      heads: ['', ...columns.map((column) => heads[column]), 'in all'],
      rows: costs.map(({ name, cost }) => [
        name,
        ...columns.map((each) => dollars(cost[each])),
        dollars(totalOf(cost)),
      ]),
    },
    {
      title: `The installation (${fixed.alarms} alarms, ${metricSeries} custom metrics, four secrets, a key: ${dollars(installation)} a month) shared by so many chargers, and with it one charger`,
      heads: ['chargers', 'share', ...costs.map(({ name }) => name)],
      rows: fleets.map((chargers) => {
        const share = installation / BigInt(chargers);
        return [String(chargers), dollars(share), ...costs.map(({ cost }) => dollars(totalOf(cost) + share))];
      }),
    },
  ];
}
