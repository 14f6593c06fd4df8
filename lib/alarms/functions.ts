import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { access, type FunctionName, type OtherFunction } from '#lib/access.ts';
import { type Duty, Watched } from '#lib/constructs/watched.ts';
import { timeoutOf } from '#lib/timeouts.ts';
import { operationIds, routes } from '#shared/http/index.ts';
import { type InboundName, inboundNames } from '#shared/ocpp/v16/index.ts';

const actions: Record<InboundName, string> = {
  Authorize: 'Drivers who hold up a card wait, and may be turned away.',
  BootNotification: 'Chargers that start are not accepted and keep their drivers waiting.',
  DataTransfer: 'What chargers say in words of their vendor is lost.',
  DiagnosticsStatusNotification: 'How an upload of diagnostics goes is not seen.',
  FirmwareStatusNotification: 'How an update of firmware goes is not seen.',
  Heartbeat: 'Chargers do not get the time of day and may be shown as offline.',
  MeterValues: 'Readings of running sessions are missing or late.',
  StartTransaction: 'Sessions that drivers start are not recorded: their energy may never be billed.',
  StatusNotification: 'Connectors are shown in a state that is no longer theirs.',
  StopTransaction: 'Sessions that drivers end stay open: drivers and owners see no result.',
};

const others: Record<OtherFunction, string> = {
  authorize: 'Chargers that dial cannot get in: their drivers cannot charge, or charge unrecorded.',
  connect: 'Chargers that dial cannot get in: their drivers cannot charge, or charge unrecorded.',
  disconnect: 'Chargers that went away are shown as connected.',
  answer: 'What chargers answer to commands is lost: each ends as timed out, and holds up the next for a minute.',
  chargerChanges: 'Chargers that lost their trust stay connected.',
  commandTimer: 'Commands that wait are not sent, and one that was not answered holds up all others of its charger.',
  takeUpload: 'What chargers send by POST, diagnostics for the most part, is lost.',
  watchSessions: 'Sessions that nobody stops stay open, and falls of a meter are not found.',
};

const impacts = Object.fromEntries([
  ...inboundNames.map((name) => [name, actions[name]]),
  ...operationIds.map((id) => [id, `People at the console get an error when they ask: ${routes[id].summary}.`]),
  ...Object.entries(others),
]) as Record<FunctionName, string>;

const names = Object.keys(access) as FunctionName[];

/** Of a time-out, before it comes. */
const SLOW = 0.8;

/** Each function by itself, so that the alarm says which; throttling by the account's pool, which all of them share. */
export class FunctionAlarms extends Construct {
  constructor(scope: Construct, id: string, duty: Duty, functions: Readonly<Record<FunctionName, IFunction>>) {
    super(scope, id);
    const period = Duration.minutes(5);
    for (const name of names) {
      new Watched(this, `${name}Fails`, duty, {
        metric: functions[name].metricErrors({ period }),
        threshold: 1,
        impact: impacts[name],
        section: 'a-function-fails',
      });
      new Watched(this, `${name}IsSlow`, duty, {
        metric: functions[name].metricDuration({ period, statistic: 'Maximum' }),
        threshold: SLOW * timeoutOf(name).toMilliseconds(),
        impact: `Before long: ${impacts[name]}`,
        section: 'a-function-is-slow',
      });
    }
    new Watched(this, 'Throttles', duty, {
      // Without a name: whichever function of the account it is, the pool is empty for every other as well.
      metric: new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', statistic: 'Sum', period }),
      threshold: 1,
      impact: 'More is going on than this account may run at once: chargers get no answer, people get errors.',
      section: 'functions-are-throttled',
    });
  }
}
