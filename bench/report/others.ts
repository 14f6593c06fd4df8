import type { CommandsResult } from '#bench/scenarios/commands.ts';
import type { ConnectedResult } from '#bench/scenarios/connected.ts';
import type { InitResult } from '#bench/scenarios/init.ts';
import { cloudConnectionsPerSecond, type OutageResult } from '#bench/scenarios/outage.ts';
import type { StartResult } from '#bench/scenarios/start.ts';
import type { Section } from './section.ts';

export function connectedReport(result: ConnectedResult): Section[] {
  const { latency, memory } = result;
  return [
    {
      title: `connected: ${result.chargers} chargers, a heartbeat every ${result.heartbeatS} s from each`,
      heads: ['', 'measured', 'aim'],
      rows: [
        ['heartbeats answered', `${latency.count} of ${latency.count + result.unanswered}`, 'all'],
        ['p50, ms', latency.p50, undefined],
        ['p95, ms', latency.p95, undefined],
        ['p99, ms', latency.p99, '< 250'],
        ['resident memory at most, MiB', memory.peakMiB, '< 600'],
        ['resident memory at the end, MiB', memory.endMiB, undefined],
        ['resident memory at most before, while each is loaded and boots, MiB', memory.bootingMiB, undefined],
        ['CPU per heartbeat, ms', result.cpuMsPerHeartbeat, undefined],
        ['connecting all of them, s', result.connectingSeconds, undefined],
      ],
    },
  ];
}

export function outageReport(result: OutageResult): Section[] {
  const refusals = Object.entries(result.refusals).map(([why, count]) => `${count} × ${why}`);
  return [
    {
      title: `outage: ${result.chargers} chargers dial at once, and again until they are booted`,
      heads: ['', 'measured', 'the cloud'],
      rows: [
        ['booted', `${result.booted} of ${result.chargers}`, 'all'],
        ['half of them booted after, s', result.seconds.half, undefined],
        ['all of them after, s', result.seconds.all, result.chargers / cloudConnectionsPerSecond],
        ['connections per second', result.connectionsPerSecond, cloudConnectionsPerSecond],
        ['dials', result.dials, undefined],
        ['refused or failed', refusals.join(', ') || 'none', undefined],
        ['answers to nobody', result.strays, 0],
        ['boots served twice', result.servedTwice, 0],
        ['CPU per connection with its boot, ms', result.cpuMsPerConnection, undefined],
        ['resident memory at most, MiB', result.memory.peakMiB, undefined],
      ],
    },
  ];
}

export function commandsReport(result: CommandsResult): Section[] {
  const { consumption, idle } = result;
  return [
    {
      title: `commands: ${result.commands} to ${result.chargers} connected chargers, each waited for`,
      heads: ['', 'measured'],
      rows: [
        ['commands per second', result.commandsPerSecond],
        ['from the API call to the frame at the charger, p50 ms', result.toCharger.p50],
        ['p99 ms', result.toCharger.p99],
        ["from the charger's answer to the caller, p50 ms", result.toCaller.p50],
        ['p99 ms', result.toCaller.p99],
        ['requests to DynamoDB per command', consumption.requests],
        ['read units per command', consumption.readUnits],
        ['write units per command', consumption.writeUnits],
        ['requests to the table of commands by a charger that gets none', idle.requests],
      ],
    },
  ];
}

export function startReport(result: StartResult): Section[] {
  return [
    {
      title: `start: until ready, median of ${result.runs}`,
      heads: ['', 'seconds', 'aim'],
      rows: [
        ['synthesising first', result.synthesisingMs / 1000, undefined],
        ['with what was synthesised before', result.cachedMs / 1000, '< 5'],
      ],
    },
  ];
}

export function initReport(result: InitResult): Section[] {
  const rows = result.inside.map((inside, index) => {
    const outside = result.outside[index];
    return [
      inside.name,
      inside.bytes / 1000,
      inside.initCpuMs,
      outside && outside.bytes / 1000,
      outside?.initCpuMs,
      outside && outside.initCpuMs / inside.initCpuMs,
    ];
  });
  return [
    {
      title: `init: loading a bundle in a fresh process, with the SDK inside and outside; median of ${result.runs}`,
      heads: ['function', 'inside kB', 'CPU ms', 'outside kB', 'CPU ms', 'outside/inside'],
      rows,
    },
  ];
}
