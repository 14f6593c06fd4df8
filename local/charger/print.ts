import * as z from 'zod';
import type { Observer } from './charger.ts';
import type { ChargerReport } from './charger-report.ts';
import type { Traffic } from './link.ts';

export interface PrinterOptions {
  quiet: boolean;
  verbose: boolean;
  /** The width of the widest identity. */
  idWidth: number;
  write(line: string): void;
  /** Real milliseconds. */
  now(): number;
}

/** Samples that come faster than a person reads share a line: one per so many real milliseconds and charger. */
const readableMs = 900;

/** What happens, a line each: the charger's time, the charger, the direction, the action, the essential. */
export function printer({ quiet, verbose, idWidth, write, now }: PrinterOptions): (id: string) => Observer {
  const line = (at: number, id: string, arrow: string, text: string): void => {
    if (!quiet) write(`${new Date(at).toISOString().slice(11, 19)}  ${id.padEnd(idWidth)}  ${arrow} ${text}`);
  };

  return (id) => {
    let lastSampleAt = Number.NEGATIVE_INFINITY;
    let unprinted = 0;
    return {
      note: (at, text) => line(at, id, '·', text),
      traffic: (at, message) => {
        const { action, direction, kind } = message;
        let essential = essentialOf(message);
        if (!verbose && essential === undefined) return;
        if (!verbose && action === 'MeterValues' && kind === 'call') {
          if (now() - lastSampleAt < readableMs) {
            unprinted += 1;
            return;
          }
          lastSampleAt = now();
          if (unprinted > 0) essential += `  (and ${unprinted} before it)`;
          unprinted = 0;
        }
        const json = verbose ? `  ${JSON.stringify(message.payload)}` : '';
        line(at, id, direction === 'out' ? '→' : '←', `${action.padEnd(22)} ${essential ?? ''}${json}`.trimEnd());
      },
    };
  };
}

/** The one line under which a charger's run is remembered. */
export function summary({ id, sessions, delivered, problems }: ChargerReport): string {
  const completed = sessions.filter(({ outcome }) => outcome === 'completed').length;
  const energyWh = sessions.reduce((sum, session) => sum + session.energyWh, 0);
  const counted = `${completed} ${completed === 1 ? 'session' : 'sessions'} completed`;
  const ending = problems.length === 0 ? 'all acknowledged' : 'with problems';
  return `${id}: ${counted}, ${(energyWh / 1000).toFixed(3)} kWh, ${delivered} transaction messages, ${ending}`;
}

const some = z.looseObject({}).catch({});
const sampled = z.object({ value: z.string(), measurand: z.string().optional(), unit: z.string().optional() });
const meterValues = z.object({ meterValue: z.array(z.object({ sampledValue: z.array(sampled) })) });

/** Undefined for an answer that says nothing but 'received'. */
function essentialOf({ kind, action, payload }: Traffic): string | undefined {
  const fields = some.parse(payload);
  const text = (name: string): string => (fields[name] === undefined ? '' : String(fields[name]));
  if (kind === 'error') return `CALLERROR ${text('code')}${text('description') && `: ${text('description')}`}`;
  const essential = (kind === 'call' ? calls : answers)[action]?.(text, fields);
  if (essential !== undefined) return essential;
  if (kind === 'answer') return Object.keys(fields).length === 0 ? undefined : text('status');
  return Object.entries(fields)
    .filter(([, value]) => typeof value !== 'object')
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

type Describe = (text: (name: string) => string, fields: Record<string, unknown>) => string;

const tagStatus: Describe = (_, { idTagInfo }) => String(some.parse(idTagInfo).status ?? 'acknowledged');
const transaction = (id: string): string => (id ? `transaction ${id}, ` : '');

const calls: Record<string, Describe> = {
  Authorize: (text) => `tag ${text('idTag')}`,
  BootNotification: (text) => `${text('chargePointVendor')} ${text('chargePointModel')}`,
  Heartbeat: () => '',
  MeterValues: (text, fields) => `connector ${text('connectorId')}  ${readings(fields)}`,
  StartTransaction: (text) =>
    `connector ${text('connectorId')}, tag ${text('idTag')}, meter ${text('meterStart')} Wh, at ${text('timestamp')}`,
  StatusNotification: (text) => `connector ${text('connectorId')} ${text('status')}`,
  StopTransaction: (text) =>
    `${transaction(text('transactionId'))}meter ${text('meterStop')} Wh, ${text('reason')}, at ${text('timestamp')}`,
};

const answers: Record<string, Describe> = {
  Authorize: tagStatus,
  BootNotification: (text) =>
    text('status') === 'Accepted'
      ? `Accepted, heartbeat every ${text('interval')} s`
      : `${text('status')}, boots again in ${text('interval')} s`,
  GetDiagnostics: (text) => text('fileName') || 'nothing to upload',
  GetLocalListVersion: (text) => `version ${text('listVersion')}`,
  GetConfiguration: (_, { configurationKey, unknownKey }) =>
    `${lengthOf(configurationKey)} keys, ${lengthOf(unknownKey)} unknown`,
  Heartbeat: (text) => text('currentTime'),
  StartTransaction: (text, fields) => `${transaction(text('transactionId'))}${tagStatus(text, fields)}`,
  StopTransaction: tagStatus,
};

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

const units: Record<string, string> = { Percent: '%' };

/** Register, power and state of charge of the newest sample, in columns. */
function readings(fields: Record<string, unknown>): string {
  const read = meterValues.safeParse(fields);
  const newest = read.success ? (read.data.meterValue.at(-1)?.sampledValue ?? []) : [];
  const reading = (measurand: string, width: number): string => {
    const found = newest.find((value) => value.measurand === measurand);
    return found ? `${found.value.padStart(width)} ${units[found.unit ?? ''] ?? found.unit ?? ''}` : '';
  };
  return [reading('Energy.Active.Import.Register', 7), reading('Power.Active.Import', 6), reading('SoC', 5)]
    .filter((text) => text !== '')
    .join('  ');
}
