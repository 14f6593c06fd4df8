import * as z from 'zod';
import { functionHome, readProperties, refuse } from '#local/assembly/template-resource.ts';
import type { Assembly, Resource } from '#local/parts.ts';

/** When a function is invoked, and with what. */
export interface Schedule {
  id: string;
  name: string;
  arn: string;
  periodMs: number;
  functionName: string;
  /** JSON, in which `<aws.scheduler.…>` stands for what is known only when it fires. */
  input: string;
  /** Of an invocation that Lambda did not take. */
  retries: number;
}

// Strict: a setting that changes when or what is invoked must not be passed over in silence.
const shape = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  GroupName: z.string().default('default'),
  ScheduleExpression: z.string(),
  // A rate is the same everywhere.
  ScheduleExpressionTimezone: z.string().optional(),
  // The window is a leeway: the beginning of it is always allowed.
  FlexibleTimeWindow: z.object({ Mode: z.enum(['OFF', 'FLEXIBLE']) }),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Target: z.strictObject({
    Arn: z.string(),
    RoleArn: z.string(),
    Input: z.string().default('{}'),
    RetryPolicy: z
      .strictObject({
        MaximumRetryAttempts: z.coerce.number().optional(),
        MaximumEventAgeInSeconds: z.coerce.number().optional(),
      })
      .optional(),
  }),
});

/** The schedules of the templates that are enabled. Throws on what is not emulated. */
export function schedulesOf(assembly: Assembly): Schedule[] {
  return assembly.ofType('AWS::Scheduler::Schedule').flatMap((resource) => {
    const { GroupName, ScheduleExpression, State, Target } = readProperties(resource, shape);
    const periodMs = periodOf(ScheduleExpression) ?? refuse(resource, `'${ScheduleExpression}' is not a rate(…)`);
    const functionName = functionOf(assembly, resource, Target.Arn);
    if (!isJson(Target.Input)) refuse(resource, 'its Input is not JSON');
    if (State === 'DISABLED') return [];
    const { region, account } = functionHome(Target.Arn);
    return [
      {
        id: `${resource.stack}/${resource.logicalId}`,
        name: resource.physicalId,
        arn: `arn:aws:scheduler:${region}:${account}:schedule/${GroupName}/${resource.physicalId}`,
        periodMs,
        functionName,
        input: Target.Input,
        retries: Target.RetryPolicy?.MaximumRetryAttempts ?? 185,
      },
    ];
  });
}

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function periodOf(expression: string): number | undefined {
  const [, value, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const count = Number(value);
  return count > 0 && (unit === 'minute' || unit === 'hour' || unit === 'day') ? count * unitMs[unit] : undefined;
}

function functionOf(assembly: Assembly, schedule: Resource, arn: string): string {
  const [, name] = /^arn:[^:]+:lambda:[^:]*:[^:]*:function:([^:]+)$/.exec(arn) ?? [];
  const target = assembly.ofType('AWS::Lambda::Function').find(({ physicalId }) => physicalId === name);
  return target?.physicalId ?? refuse(schedule, `its target ${arn} is not a function of the templates`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
