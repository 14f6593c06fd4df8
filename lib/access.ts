import type { DurationName } from '#lib/durations.ts';
import type { OperationId } from '#shared/http/index.ts';
import { type InboundName, inboundNames } from '#shared/ocpp/v16/index.ts';
import type { TableName } from '#shared/store/tables.ts';

type TableAction = 'GetItem' | 'BatchGetItem' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'Query' | 'BatchWriteItem';

export type SecretName = 'pepper' | 'originKeys' | 'commandKey' | 'fileKey';

/** POST or DELETE of the connection management API. */
export type ConnectionAction = 'send' | 'cut';

/** What one function may do. Nothing else is granted to it, and no environment variable names anything else to it. */
export interface Access {
  tables?: Partial<Record<TableName, readonly TableAction[]>>;
  /** Indexes that it may query. */
  indexes?: Partial<Record<TableName, readonly string[]>>;
  secrets?: readonly SecretName[];
  /** Indexes that it may read from end to end: sparse ones. */
  scans?: Partial<Record<TableName, readonly string[]>>;
  /** What it may do with the connections of chargers. */
  connections?: readonly ConnectionAction[];
  /** Whether it may ask to be called back for commands. */
  timers?: true;
  /** Whether it is told where the door of the files is. Only a link opens that. */
  files?: true;
  /** What it waits for. */
  durations?: readonly DurationName[];
}

/** The functions besides those that the lists of actions and routes bring to life. */
export type OtherFunction =
  | 'authorize'
  | 'connect'
  | 'disconnect'
  | 'answer'
  | 'chargerChanges'
  | 'commandTimer'
  | 'takeUpload'
  | 'watchSessions';

export type FunctionName = InboundName | OperationId | OtherFunction;

/** Every action reads a charger that was not accepted yet when it connected, and counts violations. */
const inboundAccess: Record<InboundName, NonNullable<Access['tables']>> = {
  Authorize: { chargers: ['GetItem'], evidence: ['UpdateItem'], tags: ['Query'] },
  BootNotification: { chargers: ['UpdateItem'], evidence: ['UpdateItem', 'PutItem'], commands: ['Query'] },
  DataTransfer: { chargers: ['GetItem'], evidence: ['UpdateItem', 'PutItem'] },
  DiagnosticsStatusNotification: { chargers: ['GetItem'], evidence: ['UpdateItem', 'PutItem'] },
  FirmwareStatusNotification: { chargers: ['GetItem'], evidence: ['UpdateItem', 'PutItem'] },
  Heartbeat: { chargers: ['GetItem', 'UpdateItem'], evidence: ['UpdateItem'] },
  MeterValues: { chargers: ['GetItem'], evidence: ['UpdateItem', 'PutItem'], readings: ['PutItem', 'BatchWriteItem'] },
  StartTransaction: {
    chargers: ['GetItem'],
    evidence: ['UpdateItem', 'PutItem'],
    tags: ['Query', 'PutItem', 'DeleteItem'],
    sessions: ['BatchGetItem', 'PutItem', 'UpdateItem'],
    // Only a start that names a reservation looks for it.
    commands: ['GetItem', 'UpdateItem'],
  },
  StatusNotification: { chargers: ['GetItem', 'UpdateItem'], evidence: ['UpdateItem', 'PutItem'] },
  StopTransaction: {
    chargers: ['GetItem'],
    evidence: ['UpdateItem', 'PutItem'],
    tags: ['Query', 'DeleteItem'],
    sessions: ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'],
    readings: ['Query', 'PutItem', 'BatchWriteItem'],
  },
};

const inboundDurations: Partial<Record<InboundName, readonly DurationName[]>> = { Heartbeat: ['HEARD_SLOT_S'] };

/** Those that ask to be called back for what they hear: a first boot, a list that is at odds. */
const inboundTimers: Partial<Record<InboundName, true>> = { BootNotification: true, StatusNotification: true };

/** Whoever hears or says something looks whether the charger is traced. */
const trace: NonNullable<Access['tables']> = { evidence: ['GetItem', 'PutItem'] };
const traceDurations = ['TRACE_LOOK_S', 'TRACE_KEPT_S'] as const;

const inbound = Object.fromEntries(
  inboundNames.map((name): [InboundName, Access] => [
    name,
    {
      tables: union([inboundAccess[name], trace]),
      durations: [...(inboundDurations[name] ?? []), ...traceDurations],
      timers: inboundTimers[name],
    },
  ]),
) as Record<InboundName, Access>;

/** To send what is due; a connection that turned out to be gone is the charger's no more. */
const sendCommands: NonNullable<Access['tables']> = {
  chargers: ['GetItem', 'UpdateItem'],
  commands: ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'],
};

/** What an answer changes of what is known of the charger. */
const takeAnswer: NonNullable<Access['tables']> = {
  chargers: ['UpdateItem'],
  commands: ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'],
};

/** What a command has caused is seen in what the charger left behind. */
const lookForEffects: NonNullable<Access['tables']> = {
  chargers: ['GetItem', 'Query'],
  // A profile that came with a remote start is that of the session.
  sessions: ['GetItem', 'Query', 'BatchGetItem'],
  evidence: ['Query'],
  readings: ['Query'],
};

const others: Record<OtherFunction, Access> = {
  authorize: { tables: { chargers: ['GetItem'] }, secrets: ['pepper', 'originKeys'], durations: ['SECRET_KEPT_S'] },
  connect: {
    tables: { chargers: ['UpdateItem', 'GetItem'], ...trace },
    connections: ['cut'],
    timers: true,
    durations: ['BOOT_GRACE_S', ...traceDurations],
  },
  disconnect: { tables: { chargers: ['UpdateItem'], ...trace }, durations: traceDurations },
  /** A complete router: it may do what any of the actions may. */
  answer: {
    tables: union([...Object.values(inboundAccess), takeAnswer, trace]),
    connections: ['send'],
    timers: true,
    durations: [...Object.values(inboundDurations).flat(), 'EFFECT_S', ...traceDurations],
  },
  commandTimer: {
    tables: union([sendCommands, lookForEffects, trace]),
    indexes: { sessions: ['byCharger'] },
    // A campaign of firmware gives each charger a link of its own.
    secrets: ['commandKey', 'fileKey'],
    files: true,
    connections: ['send'],
    timers: true,
    durations: ['COMMAND_ANSWER_S', 'BOOT_GRACE_S', 'EFFECT_S', 'SECRET_KEPT_S', ...traceDurations],
  },
  takeUpload: { files: true },
  chargerChanges: { tables: { chargers: ['GetItem'] }, connections: ['cut'] },
  watchSessions: {
    tables: {
      chargers: ['Query'],
      tags: ['DeleteItem'],
      sessions: ['Query', 'BatchGetItem', 'UpdateItem', 'DeleteItem'],
      readings: ['Query'],
      evidence: ['Query'],
    },
    indexes: { sessions: ['watch', 'byCharger'] },
    scans: { sessions: ['review'] },
    durations: ['LOOK_EVERY_S', 'FREE_GRACE_S', 'GONE_GRACE_S', 'SETTLE_S'],
  },
};

/** When a charger was last heard is seen from whatever it left behind. */
const readCharger = {
  tables: {
    chargers: ['Query'],
    sessions: ['Query', 'BatchGetItem'],
    readings: ['Query'],
    evidence: ['Query'],
  },
  indexes: { sessions: ['byCharger'] },
  durations: ['HEARD_SLOT_S', 'OFFLINE_AFTER_S'],
} as const satisfies Access;

/** To make links to files, and to look through them. */
const readFiles = { files: true, secrets: ['fileKey'], durations: ['SECRET_KEPT_S'] } as const satisfies Access;

/** They only ask: the command is sent by the timer. */
const sendFiles = {
  tables: { chargers: ['GetItem', 'UpdateItem'], commands: ['GetItem', 'PutItem'] },
  files: true,
  secrets: ['fileKey'],
  timers: true,
  durations: ['SECRET_KEPT_S'],
} as const satisfies Access;

const operations: Record<OperationId, Access> = {
  listChargers: { ...readCharger, indexes: { ...readCharger.indexes, chargers: ['byOrganisation'] } },
  getCharger: readCharger,
  putCharger: {
    ...readCharger,
    tables: { ...readCharger.tables, chargers: ['GetItem', 'Query', 'UpdateItem'] },
    secrets: ['pepper'],
    durations: [...readCharger.durations, 'SECRET_KEPT_S'],
  },
  putNextCredential: {
    ...readCharger,
    tables: { ...readCharger.tables, chargers: ['GetItem', 'Query', 'UpdateItem'] },
    secrets: ['pepper'],
    durations: [...readCharger.durations, 'SECRET_KEPT_S'],
  },
  deleteNextCredential: {
    ...readCharger,
    tables: { ...readCharger.tables, chargers: ['GetItem', 'Query', 'UpdateItem'] },
  },
  listChargerSessions: {
    tables: { chargers: ['GetItem'], sessions: ['BatchGetItem'], readings: ['Query'] },
    indexes: { sessions: ['byCharger'] },
  },
  listChargerViolations: { tables: { chargers: ['GetItem'], evidence: ['Query'] } },
  listChargerEvidence: { tables: { chargers: ['GetItem'], evidence: ['Query'] } },
  listChargerMeterValues: { tables: { chargers: ['GetItem'], readings: ['Query'] } },
  listSessions: {
    tables: { sessions: ['BatchGetItem'], readings: ['Query'] },
    indexes: { sessions: ['open', 'review'] },
  },
  decideSession: { tables: { sessions: ['GetItem', 'UpdateItem'] } },
  getSession: { tables: { sessions: ['GetItem'], readings: ['Query'] } },
  listSessionMeterValues: { tables: { sessions: ['GetItem'], readings: ['Query'] } },
  listChargingProfiles: { tables: { chargers: ['GetItem'], commands: ['Query'], sessions: ['Query'] } },
  getCompositeSchedule: {
    tables: { chargers: ['GetItem'], commands: ['Query'], sessions: ['Query', 'BatchGetItem'] },
    indexes: { sessions: ['byCharger'] },
  },
  getLocalList: { tables: { chargers: ['GetItem'], commands: ['GetItem', 'Query'] } },
  putLocalList: { tables: { chargers: ['GetItem'], commands: ['GetItem', 'Query', 'UpdateItem'] } },
  syncLocalList: { tables: { chargers: ['GetItem'], commands: ['GetItem', 'Query', 'PutItem'] }, timers: true },
  listReservations: { tables: { chargers: ['GetItem', 'Query'], commands: ['Query'] } },
  sendCommand: {
    // A profile of a session is for one that is running.
    tables: { ...sendCommands, ...trace, sessions: ['Query'] },
    secrets: ['commandKey', 'pepper'],
    connections: ['send'],
    timers: true,
    durations: ['COMMAND_ANSWER_S', 'BOOT_GRACE_S', 'EFFECT_S', 'SECRET_KEPT_S', ...traceDurations],
  },
  listCommands: { tables: { chargers: ['GetItem'], commands: ['Query'] } },
  getCommand: { tables: { chargers: ['GetItem'], commands: ['GetItem'] } },
  getChargerConfiguration: { tables: { chargers: ['GetItem'], commands: ['GetItem', 'Query'] } },
  readChargerConfiguration: {
    tables: { chargers: ['GetItem', 'UpdateItem'], commands: ['GetItem', 'PutItem'] },
    timers: true,
  },
  applyConfigurationTemplate: {
    tables: { chargers: ['GetItem', 'UpdateItem'], commands: ['GetItem', 'Query', 'PutItem'] },
    timers: true,
  },
  listConfigurationTemplates: { tables: { commands: ['Query'] } },
  getConfigurationTemplate: { tables: { commands: ['GetItem'] } },
  putConfigurationTemplate: { tables: { commands: ['Query', 'PutItem'] } },
  deleteConfigurationTemplate: { tables: { commands: ['DeleteItem'] } },
  putTrace: { tables: { chargers: ['GetItem'], evidence: ['GetItem', 'UpdateItem'] }, durations: ['TRACE_LOOK_S'] },
  getTrace: { tables: { chargers: ['GetItem'], evidence: ['GetItem'] }, durations: ['TRACE_LOOK_S'] },
  deleteTrace: { tables: { chargers: ['GetItem'], evidence: ['GetItem', 'UpdateItem'] }, durations: ['TRACE_LOOK_S'] },
  createCampaign: {
    tables: { chargers: ['BatchGetItem'], commands: ['GetItem', 'Query', 'PutItem', 'BatchWriteItem'] },
    indexes: { chargers: ['byOrganisation'] },
    ...readFiles,
    timers: true,
  },
  listCampaigns: { tables: { commands: ['Query', 'BatchGetItem'] } },
  getCampaign: { tables: { commands: ['GetItem', 'Query'] } },
  putCampaignState: { tables: { commands: ['GetItem', 'Query', 'UpdateItem'] }, timers: true },
  listCampaignCommands: { tables: { commands: ['GetItem', 'Query'] } },
  listTraceFrames: { tables: { chargers: ['GetItem'], evidence: ['Query'] }, durations: ['TRACE_KEPT_S'] },
  exportTrace: { tables: { chargers: ['GetItem'], evidence: ['Query'] }, durations: ['TRACE_KEPT_S'] },
  getCommandTimeline: { tables: { chargers: ['GetItem'], commands: ['GetItem', 'Query'], evidence: ['Query'] } },
  updateFirmware: sendFiles,
  askDiagnostics: sendFiles,
  listChargerFiles: { ...readFiles, tables: { chargers: ['GetItem'] } },
  addFirmwareFile: { ...readFiles, tables: { commands: ['PutItem'] } },
  listFirmwareFiles: { ...readFiles, tables: { commands: ['Query'] } },
  getFirmwareFile: { ...readFiles, tables: { commands: ['GetItem'] } },
  getIdTag: { tables: { tags: ['GetItem'] } },
  putIdTag: { tables: { tags: ['PutItem'] } },
};

export const access: Readonly<Record<FunctionName, Access>> = { ...inbound, ...operations, ...others };

function union(all: NonNullable<Access['tables']>[]): NonNullable<Access['tables']> {
  const merged = new Map<TableName, Set<TableAction>>();
  for (const tables of all) {
    for (const [table, actions] of Object.entries(tables) as [TableName, TableAction[]][]) {
      merged.set(table, new Set([...(merged.get(table) ?? []), ...actions]));
    }
  }
  return Object.fromEntries([...merged].map(([table, actions]) => [table, [...actions]]));
}
