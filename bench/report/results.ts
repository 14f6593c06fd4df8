import type { HandlersResult } from '#bench/handlers/result.ts';
import type { Machine } from '#bench/machine.ts';
import type { CommandsResult } from '#bench/scenarios/commands.ts';
import type { ConnectedResult } from '#bench/scenarios/connected.ts';
import type { InitResult } from '#bench/scenarios/init.ts';
import type { OutageResult } from '#bench/scenarios/outage.ts';
import type { SessionsResult } from '#bench/scenarios/sessions.ts';
import type { StartResult } from '#bench/scenarios/start.ts';
import { handlersReport } from './handlers.ts';
import { commandsReport, connectedReport, initReport, outageReport, startReport } from './others.ts';
import type { Section } from './section.ts';
import { sessionsReport } from './sessions.ts';

/** What one run measured: of each scenario that was run. */
export interface Results {
  machine: Machine;
  sessions?: SessionsResult;
  connected?: ConnectedResult;
  outage?: OutageResult;
  commands?: CommandsResult;
  start?: StartResult;
  init?: InitResult;
  handlers?: HandlersResult;
}

export function report(results: Results): Section[] {
  const { sessions, handlers, connected, outage, commands, start, init } = results;
  return [
    ...(sessions ? sessionsReport(sessions) : []),
    ...(handlers ? handlersReport(handlers) : []),
    ...(connected ? connectedReport(connected) : []),
    ...(outage ? outageReport(outage) : []),
    ...(commands ? commandsReport(commands) : []),
    ...(start ? startReport(start) : []),
    ...(init ? initReport(init) : []),
  ];
}

/** Every number that both have, side by side. */
export function comparison(a: Results, b: Results): Section {
  const later = new Map(numbersOf({ ...b, machine: undefined }));
  const rows = numbersOf({ ...a, machine: undefined }).flatMap(([path, was]) => {
    const is = later.get(path);
    return is === undefined ? [] : [[path, was, is, was === 0 ? undefined : is / was]];
  });
  return { title: `${a.machine.commit} and ${b.machine.commit}`, heads: ['', 'first', 'second', 'ratio'], rows };
}

/** The leaves of a value with the way to them; entries of lists go by what they are called. */
function numbersOf(value: unknown, path = ''): [string, number][] {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => {
    const name = Array.isArray(value) ? (nameOf(entry) ?? key) : key;
    return numbersOf(entry, path === '' ? name : `${path} ${name}`);
  });
}

function nameOf(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const name: unknown = Reflect.get(entry, 'action') ?? Reflect.get(entry, 'functionId') ?? Reflect.get(entry, 'name');
  return typeof name === 'string' ? name : undefined;
}
