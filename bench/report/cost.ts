import { type Behaviour, behaviours, nothing } from '#bench/cost/behaviours.ts';
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
  sqs: 'SQS',
  cloudFront: 'CloudFront',
  s3: 'S3',
  logs: 'logs',
};

const words: Record<keyof Behaviour, string> = {
  heartbeatsPerHour: 'heartbeats an hour',
  sessionsPerDay: 'sessions a day',
  samplesPerSession: 'MeterValues a session',
  statusesPerSession: 'statuses a session',
  looksPerSession: 'looks of the watch a session',
  dialsPerDay: 'connections a day',
  bootsPerMonth: 'boots a month',
  commandsPerMonth: 'commands a month',
  firmwareUpdatesPerYear: 'firmware updates a year',
  firmwareMib: 'of so many MiB',
  diagnosticsPerYear: 'diagnostics a year',
  diagnosticsMib: 'of so many MiB',
  monthsKept: 'months for which all is kept',
};

/** A thousand in a month, of what operators have chargers do. */
const thousands: Record<string, Partial<Behaviour>> = {
  'remote starts': { commandsPerMonth: 1000, monthsKept: 24 },
  'firmware updates of 64 MiB': { firmwareUpdatesPerYear: 12_000, firmwareMib: 64, monthsKept: 24 },
  'diagnostics of 4 MiB': { diagnosticsPerYear: 12_000, diagnosticsMib: 4, monthsKept: 24 },
};

const fleets = [10, 100, 1000, 10_000];

/** What chargers of these behaviours cost by what was measured. */
export function costReport(result: SessionsResult, kinds: Record<string, Behaviour> = behaviours): Section[] {
  const measured = measuredBy(result);
  const costs = Object.entries(kinds).map(([name, behaviour]) => ({ name, cost: costOf(measured, behaviour) }));
  const connected = costOf(measured, nothing);
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
      title: 'What each of them does, or is made to do',
      heads: ['', ...Object.keys(kinds)],
      rows: (Object.keys(words) as (keyof Behaviour)[]).map((each) => [
        words[each],
        ...Object.values(kinds).map((kind) => kind[each]),
      ]),
    },
    {
      title: 'A thousand in one month, whatever the number of chargers',
      heads: ['', ...columns.map((column) => heads[column]), 'in all'],
      rows: Object.entries(thousands).map(([name, more]) => {
        const cost = costOf(measured, { ...nothing, ...more });
        return [
          name,
          ...columns.map((each) => dollars(cost[each] - connected[each])),
          dollars(totalOf(cost) - totalOf(connected)),
        ];
      }),
    },
    {
      title: `The installation (${fixed.alarms} alarms, ${metricSeries} custom metrics, four secrets, a key, a queue that is polled, ${fixed.firmwareMib} MiB of firmware: ${dollars(installation)} a month) shared by so many chargers, and with it one charger`,
      heads: ['chargers', 'share', ...costs.map(({ name }) => name)],
      rows: fleets.map((chargers) => {
        const share = installation / BigInt(chargers);
        return [String(chargers), dollars(share), ...costs.map(({ cost }) => dollars(totalOf(cost) + share))];
      }),
    },
  ];
}
