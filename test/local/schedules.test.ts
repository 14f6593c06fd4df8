import { expect, onTestFinished, test } from 'vitest';
import { throttled } from '#local/lambda/throttling.ts';
import type { Functions, Invocation } from '#local/parts.ts';
import { schedulesOf } from '#local/schedules/schedule.ts';
import { startSchedules } from '#local/schedules/schedules.ts';
import { assemblyOf, functionArn, resource } from '#test/support/gateway.ts';
import { until } from '#test/support/until.ts';

const target = { Arn: functionArn('nightly'), RoleArn: 'arn:aws:iam::111122223333:role/scheduler' };

function assemblyWith(properties: Record<string, unknown> = {}) {
  return assemblyOf(
    resource('AWS::Lambda::Function', 'nightly', {}),
    resource('AWS::Scheduler::Schedule', 'every-minute', {
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: target,
      ...properties,
    }),
  );
}

/** A function that keeps the events it is given, and how many of it run at the same time. */
class Nightly implements Functions {
  readonly events: unknown[] = [];
  most = 0;
  #running = 0;
  answer: (call: number) => Promise<Invocation> = async () => ({ ok: true, payload: null });

  async invoke(_: string, event: unknown): Promise<Invocation> {
    this.most = Math.max(this.most, ++this.#running);
    const outcome = await this.answer(this.events.push(event));
    this.#running--;
    return outcome;
  }
  usage = () => [];
  cpu = async () => [];
  stop = async () => {};
}

function started(nightly: Nightly, { properties = {}, tickMs = 5 as number | undefined } = {}) {
  const log: string[] = [];
  const schedules = startSchedules(assemblyWith(properties), nightly, { tickMs, log: (line) => log.push(line) });
  onTestFinished(() => schedules.stop());
  return { schedules, log };
}

const failure: Invocation = { ok: false, error: { errorType: 'Error', errorMessage: 'broken' } };

test.each([
  ['rate(1 minute)', 60_000],
  ['rate(5 minutes)', 300_000],
  ['rate(2 hours)', 7_200_000],
  ['rate(1 day)', 86_400_000],
])('%s is a period', (ScheduleExpression, periodMs) => {
  expect(schedulesOf(assemblyWith({ ScheduleExpression }))).toMatchObject([{ periodMs, functionName: 'nightly' }]);
});

test('a schedule invokes its function with its input, again and again', async () => {
  const nightly = new Nightly();
  started(nightly, { properties: { Target: { ...target, Input: '{"purge":true}' } } });

  await until('it fired twice', () => nightly.events.length >= 2);

  expect(nightly.events.slice(0, 2)).toEqual([{ purge: true }, { purge: true }]);
});

test('without an input the event is empty', async () => {
  const nightly = new Nightly();
  started(nightly);

  await until('it fired', () => nightly.events.length > 0);

  expect(nightly.events[0]).toEqual({});
});

test('words of the scheduler in the input are replaced by what they stand for', async () => {
  const nightly = new Nightly();
  const Input = '{"by":"<aws.scheduler.schedule-arn>","at":"<aws.scheduler.scheduled-time>"}';
  started(nightly, { properties: { Target: { ...target, Input } } });

  await until('it fired', () => nightly.events.length > 0);

  expect(nightly.events[0]).toEqual({
    by: 'arn:aws:scheduler:eu-central-1:111122223333:schedule/default/every-minute',
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  });
});

test('of one schedule never two run at the same time', async () => {
  const nightly = new Nightly();
  const waiting: (() => void)[] = [];
  nightly.answer = async (call) => {
    if (call === 1) await new Promise<void>((resolve) => waiting.push(resolve));
    return { ok: true, payload: null };
  };
  const { schedules } = started(nightly, { tickMs: 1 });
  const other = new Nightly();
  started(other, { tickMs: 1 });
  await until('the first one runs', () => nightly.events.length === 1);

  await until('it came due several times', () => other.events.length > 5);
  const meanwhile = nightly.events.length;
  waiting[0]?.();
  await until('it fired again', () => nightly.events.length > 1);
  await schedules.stop();

  expect(meanwhile).toBe(1);
  expect(nightly.most).toBe(1);
});

test('an invocation that failed is logged and retried twice', async () => {
  const nightly = new Nightly();
  nightly.answer = async (call) => (call === 1 ? { ok: true, payload: null } : failure);
  const { log, schedules } = started(nightly, {
    properties: { Target: { ...target, Input: '"<aws.scheduler.attempt-number>"' } },
  });

  await until('it was tried three times, and fired again', () => nightly.events.length >= 5);
  await schedules.stop();

  expect(nightly.events.slice(0, 5)).toEqual(['1', '1', '2', '3', '1']);
  expect(log[0]).toBe('The schedule test/every-minute, attempt 1: Error: broken');
});

test('an invocation that Lambda does not take is retried as often as the schedule says', async () => {
  const nightly = new Nightly();
  nightly.answer = async () => throttled;
  const Target = { ...target, Input: '"<aws.scheduler.attempt-number>"', RetryPolicy: { MaximumRetryAttempts: 1 } };
  const { schedules } = started(nightly, { properties: { Target } });

  await until('it fired twice', () => nightly.events.length >= 3);
  await schedules.stop();

  expect(nightly.events.slice(0, 3)).toEqual(['1', '2', '1']);
});

test('a schedule that is disabled does nothing', () => {
  expect(schedulesOf(assemblyWith({ State: 'DISABLED' }))).toEqual([]);
});

test.each([
  ['a cron expression', { ScheduleExpression: 'cron(0 3 * * ? *)' }, /'cron\(0 3 \* \* \? \*\)' is not a rate/],
  ['a rate of nothing', { ScheduleExpression: 'rate(0 minutes)' }, /is not a rate/],
  ['an end', { EndDate: '2027-01-01T00:00:00Z' }, /EndDate/],
  ['a target of another kind', { Target: { ...target, Arn: 'arn:aws:sqs:us-east-1:1:q' } }, /is not a function/],
  ['an input that is no JSON', { Target: { ...target, Input: '{' } }, /Input is not JSON/],
])('a schedule with %s is refused at start', (_, properties, message) => {
  const start = () => started(new Nightly(), { properties });

  expect(start).toThrow(message);
  expect(start).toThrow('test/every-minute (AWS::Scheduler::Schedule)');
});
