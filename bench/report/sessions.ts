import type { SessionsResult } from '#bench/scenarios/sessions.ts';
import type { Section } from './section.ts';

export function sessionsReport(result: SessionsResult): Section[] {
  const { cpuMsPerMessage: cpu, baseline } = result;
  const ratios = result.ratiosToBaseline.map((ratio) => ratio.toFixed(2)).join(', ');
  const baselineTotal = baseline.clientMsPerMessage + baseline.databaseMsPerMessage;
  return [
    {
      title: `sessions: ${result.chargers} chargers in a closed loop, ${result.rounds} windows, ${result.messages} messages, ${result.messagesPerSecond.toFixed(0)} per second`,
      heads: ['action', 'messages', 'p50 ms', 'p95 ms', 'p99 ms'],
      rows: result.latencies.map(({ action, count, p50, p95, p99 }) => [action, count, p50, p95, p99]),
    },
    {
      title: 'CPU per message, in milliseconds, and the same requests through the bare AWS SDK',
      heads: ['', 'gateway', 'handlers', 'runtime', 'database', 'in all'],
      rows: [
        ['ours', cpu.gateway, cpu.handlers, cpu.runtime, cpu.database, cpu.total],
        ['bare SDK', undefined, baseline.clientMsPerMessage, undefined, baseline.databaseMsPerMessage, baselineTotal],
        [
          `ratio (of the windows: ${ratios})`,
          undefined,
          undefined,
          undefined,
          cpu.database / baseline.databaseMsPerMessage,
          result.ratioToBaseline,
        ],
      ],
    },
    {
      title: 'Requests to DynamoDB, and the units that they consume',
      heads: ['message', 'requests', 'read units', 'write units', 'bytes sent', 'answered'],
      rows: Object.entries(result.consumption).map(([name, each]) => [
        name,
        each.requests,
        each.readUnits,
        each.writeUnits,
        each.sentBytes,
        each.receivedBytes,
      ]),
    },
    {
      title: 'Functions, in milliseconds of CPU',
      heads: ['function', 'invocations', 'CPU each', 'initialisation', 'bundle kB', 'log bytes each'],
      rows: result.functions.map((each) => [
        each.functionId,
        each.invocations,
        each.invocations === 0 ? undefined : each.cpuMsPerInvocation,
        each.initCpuMs,
        each.bundleBytes / 1000,
        each.logBytesPerInvocation,
      ]),
    },
    {
      title: 'Resident memory of the local cloud and its database, in MiB',
      heads: ['at the end', 'at most'],
      rows: [[result.memory.endMiB, result.memory.peakMiB]],
    },
  ];
}
