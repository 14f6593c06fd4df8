import { App, Validations } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test, vi } from 'vitest';
import { build } from '#test/lib/cloud.ts';

/** Each check looks at every resource. */
vi.setConfig({ testTimeout: 120_000 });

test.each([
  ['dev', 'direct'],
  ['prod', 'both'],
])(
  'what is deployed to %s with the entrance %s passes the checks, each exception with its reason',
  (environment, entrance) => {
    const app = new App({
      analyticsReporting: false,
      context: { environment, entrance, alarmEmail: 'duty@example.org' },
    });
    build(app);

    expect(findings(app)).toBe('');
  },
  120_000,
);

test('the checks find what is wrong', () => {
  const app = new App({ analyticsReporting: false, context: { environment: 'dev' } });
  const { Charger } = build(app);
  new Queue(Charger, 'Bad');

  expect(findings(app)).toMatch(/Charger\/Bad\/Resource[\s\S]*AwsSolutions-SQS4/);
}, 120_000);

/** What the checks print when the app is synthesised, which they make fail. */
function findings(app: App): string {
  const printed: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  vi.spyOn(console, 'error').mockImplementation((...text) => void printed.push(text.join(' ')));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  try {
    app.synth();
    return printed.join('');
  } catch (error) {
    return `${printed.join('\n')}\n${error}`;
  } finally {
    vi.restoreAllMocks();
  }
}
