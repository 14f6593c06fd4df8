import { App } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { readSettings } from '#lib/settings.ts';

const settings = (context: Record<string, unknown>) => readSettings(new App({ context }).node);

test('chargers come through CloudFront unless somebody says otherwise', () => {
  const { entrance } = settings({ environment: 'dev' });

  expect(entrance).toBe('cloudfront');
});

test.each(['staging', 'Prod', '', undefined])('the environment %o is refused by name', (environment) => {
  expect(() => settings({ environment })).toThrow(/'environment'.*one of dev, prod/);
});

test.each(['cloudFront', 'none', '', 7])('the entrance %o is refused by name', (entrance) => {
  expect(() => settings({ environment: 'dev', entrance })).toThrow(/'entrance'.*one of cloudfront, direct, both/);
});

test.each(['nobody', '', 'a b@c.d', 7])('the alarm address %o is refused by name', (alarmEmail) => {
  expect(() => settings({ environment: 'dev', alarmEmail })).toThrow(/'alarmEmail'.*an e-mail address/);
});

test.each(['http://x.example', 'https://x.example/a#b', '', 7])('the runbook address %o is refused', (runbook) => {
  expect(() => settings({ environment: 'dev', runbook })).toThrow(/'runbook'.*an https address/);
});

test('alarms point to the runbook of this repository unless told where it can be read', () => {
  const runbook = 'https://wiki.example/chargeline';

  expect(settings({ environment: 'dev' }).runbook).toBe('docs/runbook.md');
  expect(settings({ environment: 'dev', runbook }).runbook).toBe(runbook);
});

test.each(['2', '', '}}{{resolve:ssm:a', 7])('the origin key version %o is refused by name', (originKeyVersion) => {
  expect(() => settings({ environment: 'dev', originKeyVersion })).toThrow(/'originKeyVersion'/);
});
