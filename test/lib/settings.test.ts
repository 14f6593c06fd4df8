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

test.each(['2', '', '}}{{resolve:ssm:a', 7])('the origin key version %o is refused by name', (originKeyVersion) => {
  expect(() => settings({ environment: 'dev', originKeyVersion })).toThrow(/'originKeyVersion'/);
});
