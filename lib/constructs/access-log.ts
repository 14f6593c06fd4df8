import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type IAccessLogSettings, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Lifetime } from '#lib/settings.ts';

/** A stage's access log: JSON lines of the given `$context` variables. Name none that holds a header, a path or a query string. */
export function accessLog(scope: Construct, lifetime: Lifetime, fields: Record<string, string>): IAccessLogSettings {
  const logGroup = new LogGroup(scope, 'AccessLog', {
    retention: lifetime.logs,
    removalPolicy: lifetime.removalPolicy,
  });
  const line = Object.entries(fields).map(([name, variable]) => [name, `$context.${variable}`]);
  return {
    destination: new LogGroupLogDestination(logGroup),
    format: AccessLogFormat.custom(JSON.stringify(Object.fromEntries(line))),
  };
}
