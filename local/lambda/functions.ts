import * as z from 'zod';
import { readProperties } from '#local/assembly/template-resource.ts';
import { withVariables } from '#local/lambda/function-environment.ts';
import { FunctionLogs } from '#local/lambda/function-logs.ts';
import { Pool, type PoolOptions, type PoolSettings } from '#local/lambda/pool.ts';
import type { Use } from '#local/lambda/service-requests.ts';
import type { Assembly, Functions, Resource, Usage } from '#local/parts.ts';

export interface FunctionsOptions extends PoolOptions {
  region: string;
  logsDirectory: string;
  /** In the place of the templates' values; each must be a variable of some function. */
  variables?: Readonly<Record<string, string>>;
  /** Called when an invocation that used something has ended: a write may have woken a stream. */
  onUse?(uses: readonly Use[]): void;
}

/** The Lambda service: each instance of a function is a thread with the deployed bundle, and has one invocation at a time. */
export function startFunctions(assembly: Assembly, options: FunctionsOptions): Functions {
  const logs = new FunctionLogs(options.logsDirectory);
  const usage = new Map<string, Usage>();
  const all = assembly.ofType('AWS::Lambda::Function').map((each) => settingsOf(assembly, each, options.region));
  const given = withVariables(all, options.variables ?? {});
  const pools = new Map(
    given.map((each) => [each.name, new Pool(each, options, logs, (uses) => count(each.id, uses))] as const),
  );

  function count(functionId: string, uses: readonly Use[]): void {
    for (const { action, resource } of uses) {
      const key = `${functionId} ${action} ${resource}`;
      const known = usage.get(key);
      usage.set(key, { functionId, action, resource, count: (known?.count ?? 0) + 1 });
    }
    if (uses.length > 0) options.onUse?.(uses);
  }

  return {
    invoke: async (target, event) => {
      const name = /:function:([^:/]+)/.exec(target)?.[1] ?? target;
      const pool = pools.get(name);
      if (!pool) throw new Error(`there is no function '${name}'`);
      return pool.invoke(JSON.stringify(event));
    },
    usage: () => [...usage.values()],
    cpu: async () => {
      const all = await Promise.all([...pools.values()].map((pool) => pool.cpu()));
      return all.filter(({ initCpuMicros }) => initCpuMicros.length > 0);
    },
    stop: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.stop()));
      logs.close();
    },
  };
}

const functionShape = z.object({
  Runtime: z
    .string()
    .regex(/^nodejs/, 'only Node runs here')
    .optional(),
  Layers: z.array(z.unknown()).max(0, 'layers are not emulated').optional(),
  Handler: z.string(),
  Timeout: z.coerce.number().default(3),
  MemorySize: z.coerce.number().default(128),
  ReservedConcurrentExecutions: z.coerce.number().optional(),
  Environment: z.object({ Variables: z.record(z.string(), z.coerce.string()).default({}) }).optional(),
});

function settingsOf(assembly: Assembly, resource: Resource, region: string): PoolSettings {
  const { Handler, Timeout, MemorySize, ReservedConcurrentExecutions, Environment } = readProperties(
    resource,
    functionShape,
  );
  return {
    id: resource.logicalId,
    name: resource.physicalId,
    arn: `arn:aws:lambda:${region}:000000000000:function:${resource.physicalId}`,
    region,
    handler: Handler,
    memoryMb: MemorySize,
    timeoutMs: Timeout * 1000,
    directory: assembly.bundleDirectory(resource),
    variables: Environment?.Variables ?? {},
    concurrency: ReservedConcurrentExecutions ?? Number.POSITIVE_INFINITY,
  };
}
