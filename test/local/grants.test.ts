import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { access, type FunctionName } from '#lib/access.ts';
import { readAssembly } from '#local/assembly/assembly.ts';
import type { Assembly, Resource, Usage } from '#local/parts.ts';
import { inboundNames } from '#shared/ocpp/v16/index.ts';
import { synthesised } from '#test/support/assembly.ts';
import { testDatabase } from '#test/support/database.ts';
import { editedAssembly } from '#test/support/edited-assembly.ts';
import { LocalCloud } from '#test/support/local-cloud.ts';
import type { RawCharger } from '#test/support/raw-charger.ts';
import type { TestCharger } from '#test/support/test-charger.ts';
import { until } from '#test/support/until.ts';

/**
 * Every function is made to do all that it can through the public doors. What it used is what the templates grant it: no more, or AWS would
 * refuse it; no less, or it could do harm.
 */

const directory = mkdtempSync(join(tmpdir(), 'chargeline-grants-'));
const database = await testDatabase();
const cloud = new LocalCloud();
/** The same, but that everything a charger says is delivered to the complete router. */
const router = new LocalCloud();

let granted: Rights;
let used: Rights;

beforeAll(async () => {
  const assembly = read(await synthesised());
  await Promise.all([
    cloud.start({
      databaseEndpoint: database.endpoint,
      // The watch looks at once, and half an hour is long.
      variables: { ...{ LOOK_EVERY_S: '0', SETTLE_S: '0', GONE_GRACE_S: '1800' }, ...soonGivenUp, TRACE_LOOK_S: '0' },
      tickS: 0.5,
    }),
    editedAssembly(directory, ({ removeRoutes }) => removeRoutes(inboundNames)).then((edited) =>
      router.start({ assembly: edited, variables: { ...soonGivenUp, TRACE_LOOK_S: '0' } }),
    ),
  ]);
  await Promise.all([
    chargersSayEverything(router).then(() => Promise.all([commandEverything(router), configureEverything(router)])),
    chargersSayEverything(cloud)
      .then(() => Promise.all([peopleAskEverything(assembly), leaveToTheWatch(assembly)]))
      .then(() => Promise.all([commandEverything(cloud), configureEverything(cloud), filesComeAndGo()])),
  ]);
  granted = grantsOf(assembly);
  // What a function used is known when it has ended, which may be after a charger saw its work. What is missing then is told by a test.
  const everythingIsUsed = async () => {
    used = usesOf(assembly, [...(await cloud.usage()), ...(await router.usage())]);
    return [...granted].every(([name, rights]) => [...rights].every((right) => used.get(name)?.has(right)));
  };
  await until('every grant is used', everythingIsUsed, 5000).catch(() => {});
}, 180_000);

afterAll(async () => {
  await Promise.all([cloud.stop(), router.stop()]);
  rmSync(directory, { recursive: true, force: true });
}, 30_000);

test.each(Object.keys(access) as FunctionName[])('%s uses exactly what it is granted', (name) => {
  expect({ used: sorted(used.get(name)) }).toEqual({ used: sorted(granted.get(name)) });
});

const soonGivenUp = { BOOT_GRACE_S: '1', COMMAND_ANSWER_S: '2', EFFECT_S: '3' };

/** Commands that are answered, late or not at all, that wait, expire, and meet a connection that is gone; and each effect that is looked for. */
async function commandEverything(where: LocalCloud): Promise<void> {
  const [charger, away, idTag] = await Promise.all([
    where.charger({ connectors: connectors(1) }),
    where.charger(),
    where.tag(),
  ]);
  for (const { id } of [charger, away])
    await where.api.ask('putTrace', { params: { chargerId: id }, body: { hours: 1 } });
  await (await away.boot()).close();
  await until('it is offline', async () => !(await away.read()).online);
  await away.command('Reset', { type: 'Soft' }, { whenOffline: 'wait', expiresInS: 1 });
  const { body: waiting } = await away.command('ClearCache', {}, { whenOffline: 'wait' });

  const socket = await charger.boot();
  const { body: silent } = await charger.command('Reset', { type: 'Soft' });
  const { body: next } = await charger.command('RemoteStartTransaction', { idTag });
  const late = await socket.nextCall();
  socket.answer(await socket.nextCall(), { status: 'Accepted' });
  socket.answer(late, { status: 'Accepted' });
  const seen = async (id: string) => (await charger.commandOf(id)).observed !== null;
  await until('the late answer is kept', async () => (await charger.commandOf(silent.commandId)).lateAnswer !== null);
  const { transactionId } = await socket.call('StartTransaction', {
    ...{ connectorId: 1, idTag, meterStart: 1, timestamp: new Date().toISOString() },
  });
  await until('the start is seen', () => seen(next.commandId));
  await charger.command('RemoteStopTransaction', { transactionId });
  socket.answer(await socket.nextCall(), { status: 'Accepted' });
  for (const requestedMessage of ['MeterValues', 'FirmwareStatusNotification', 'StatusNotification']) {
    await charger.command('TriggerMessage', { requestedMessage });
    socket.answer(await socket.nextCall(), { status: 'Accepted' });
  }
  await until('nothing is looked for any more', async () =>
    (await charger.commands()).every(({ observed, reason }) => observed !== null || reason !== null),
  );

  const back = await away.boot();
  back.answer(await back.nextCall(), { status: 'Accepted' });
  await until('what waited is answered', async () => (await away.commandOf(waiting.commandId)).state === 'answered');
}

/** A charger is given a new key, read, and given a setting, all while it is away; a template comes and goes. */
async function configureEverything(where: LocalCloud): Promise<void> {
  const { api } = where;
  const charger = await where.charger();
  const params = { chargerId: charger.id, templateId: 'mine' };
  await (await charger.boot()).close();
  await until('it is offline', async () => !(await charger.read()).online);

  const query = { whenOffline: 'wait' };
  await charger.command('ChangeConfiguration', { key: 'AuthorizationKey', value: 'ab'.repeat(20) }, query);
  await api.ask('readChargerConfiguration', { params, query, body: {} });
  await api.ask('applyConfigurationTemplate', { params, query, body: { keys: ['HeartbeatInterval'] } });
  const socket = await charger.boot();
  socket.answer(await socket.nextCall(), { status: 'Rejected' });
  socket.answer(await socket.nextCall(), { configurationKey: [{ key: 'Light', readonly: false, value: '1' }] });
  socket.answer(await socket.nextCall(), { status: 'Accepted' });
  await until('all is answered', async () => (await charger.commands()).every(({ state }) => state === 'answered'));
  await api.ask('getChargerConfiguration', { params });

  await api.ask('putConfigurationTemplate', { params, body: { name: 'Mine', settings: [] } });
  await api.ask('getConfigurationTemplate', { params });
  await api.ask('listConfigurationTemplates');
  await api.ask('deleteConfigurationTemplate', { params });
}

/** Ten actions, with all their odd branches. */
async function chargersSayEverything(where: LocalCloud): Promise<void> {
  const [plain, limited] = await Promise.all([where.tag(), where.tag({ maxOpenSessions: 1 })]);
  const charger = await where.charger({ connectors: connectors(2) });
  // There is one for a first boot, though not of this make: somebody has to look.
  await where.api.ask('putConfigurationTemplate', {
    params: { templateId: 'first' },
    body: { name: 'First', matches: { vendor: 'Nobody' }, settings: [], applyAfterFirstBoot: true },
  });
  await where.api.ask('putTrace', { params: { chargerId: charger.id }, body: { hours: 1 } });
  // The connection was made before the charger was accepted, so each message costs a look at the charger.
  const socket = await charger.dial();
  await socket.refusal('Heartbeat', {});
  await socket.boot({ unheardOf: 'a violation' });
  await sayWhatIsShort(socket, plain);
  await sayTransactions(socket, plain, limited);

  const replacing = await charger.dial();
  await socket.closed();
  await charger.put({ registration: 'rejected' });
  await replacing.closed();
}

async function sayWhatIsShort(socket: RawCharger, idTag: string): Promise<void> {
  const unheardOf = 'a violation';
  const status = { connectorId: 1, errorCode: 'NoError', status: 'Available' };
  await socket.call('Heartbeat', { unheardOf });
  await socket.call('Authorize', { idTag, unheardOf });
  await socket.call('DataTransfer', { vendorId: 'maker', unheardOf });
  await socket.call('FirmwareStatusNotification', { status: 'Installed', unheardOf });
  await socket.call('DiagnosticsStatusNotification', { status: 'Uploaded', unheardOf });
  await socket.call('StatusNotification', { ...status, timestamp: at(10), unheardOf });
  await socket.call('StatusNotification', { ...status, timestamp: at(9) });
  await socket.refusal('NoSuchAction', {});
}

async function sayTransactions(socket: RawCharger, plain: string, limited: string): Promise<void> {
  const unheardOf = 'a violation';
  const starting = { connectorId: 1, meterStart: 1000, timestamp: at(0) };
  const stopping = { meterStop: 2000, timestamp: at(60) };
  const start = async (more: object) => (await socket.call('StartTransaction', { ...starting, ...more })).transactionId;
  const stop = (more: object) => socket.call('StopTransaction', { ...stopping, ...more });

  for (const action of ['StartTransaction', 'StopTransaction', 'MeterValues']) await socket.refusal(action, {});

  // A limited tag's place is taken by the start and given back by the stop, or by the start that supersedes it.
  const superseded = await start({ idTag: limited, unheardOf });
  const second = await start({ idTag: plain });
  await stop({ transactionId: superseded });
  await stop({ transactionId: second, transactionData: readings(1), unheardOf });
  await stop({ transactionId: second, meterStop: 2001, transactionData: readings(2) });
  const third = await start({ idTag: limited, meterStart: 3000 });
  await socket.call('MeterValues', { connectorId: 1, transactionId: third, meterValue: readings(1), unheardOf });
  await socket.call('MeterValues', { connectorId: 1, transactionId: third, meterValue: readings(30) });
  await stop({ transactionId: third, meterStop: 4000, idTag: limited });

  // An id that was never issued: kept for review first, as no session is open, then matched with the only one that is.
  await stop({ transactionId: -1 });
  await start({ idTag: plain, meterStart: 5000 });
  await stop({ transactionId: -1, meterStop: 6000 });
}

/** Every operation, about a charger that is at work and has said nothing for so long that its traces are looked for. */
async function peopleAskEverything(assembly: Assembly): Promise<void> {
  const { api } = cloud;
  const idTag = await cloud.tag();
  const charger = await cloud.charger({ connectors: connectors(1) });
  const socket = await charger.boot();
  const { transactionId } = await socket.call('StartTransaction', {
    connectorId: 1,
    idTag,
    meterStart: 1000,
    timestamp: at(0),
  });
  await fallSilent(assembly, charger, transactionId);

  const params = { chargerId: charger.id };
  await api.ask('listChargers');
  await api.ask('getCharger', { params });
  await charger.put();
  const { id: sessionId } = await charger.session(transactionId);
  await api.ask('listChargerViolations', { params });
  await api.ask('listChargerEvidence', { params });
  await api.ask('listChargerMeterValues', { params, query: { connectorId: 1 } });
  await api.ask('listSessions', { query: { state: 'active' } });
  await api.ask('listSessions', { query: { review: 'true' } });
  await api.ask('getSession', { params: { sessionId } });
  await decideSomething();
  await api.ask('putNextCredential', { params, body: {} });
  await api.ask('deleteNextCredential', { params });
  await api.ask('putTrace', { params, body: { hours: 1 } });
  await api.ask('getTrace', { params });
  await api.ask('deleteTrace', { params });
  await api.ask('listTraceFrames', { params });
  await api.ask('exportTrace', { params });
  await runCampaign(socket);
  await api.ask('listSessionMeterValues', { params: { sessionId } });
  const { commandId } = (await charger.command('ClearCache', {})).body;
  await api.ask('listCommands', { params });
  await api.ask('getCommand', { params: { ...params, commandId } });
  await api.ask('getIdTag', { params: { idTag } });
  await chargerTakesCommands();
}

/** Profiles, a reservation and a local list, which a charger accepts, and what the API tells of them. */
async function chargerTakesCommands(): Promise<void> {
  const { api } = cloud;
  const [charger, idTag] = await Promise.all([cloud.charger({ connectors: connectors(1) }), cloud.tag()]);
  const params = { chargerId: charger.id };
  const socket = await charger.boot();
  const take = async (action: string, payload: object, answer: object) => {
    const asked = charger.command(action, payload, { wait: 20 });
    socket.answer(await socket.nextCall(), answer);
    await asked;
  };
  const schedule = { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }] };
  const csChargingProfiles = {
    chargingProfileId: 1,
    stackLevel: 0,
    chargingProfilePurpose: 'TxDefaultProfile',
    chargingProfileKind: 'Relative',
    chargingSchedule: schedule,
  };
  const reservation = { connectorId: 1, idTag, reservationId: 7, expiryDate: '2100-01-01T00:00:00Z' };
  await take('SetChargingProfile', { connectorId: 1, csChargingProfiles }, { status: 'Accepted' });
  await take(
    'GetCompositeSchedule',
    { connectorId: 1, duration: 60 },
    { status: 'Accepted', chargingSchedule: schedule },
  );
  await take('ReserveNow', reservation, { status: 'Accepted' });
  const start = { connectorId: 1, idTag, meterStart: 1000, timestamp: at(0), reservationId: 7 };
  await socket.call('StartTransaction', start);
  await api.ask('listChargingProfiles', { params });
  await api.ask('getCompositeSchedule', { params, query: { connectorId: 1 } });
  await api.ask('listReservations', { params });

  const chargingProfile = { ...csChargingProfiles, chargingProfileId: 2, chargingProfilePurpose: 'TxProfile' };
  await take('RemoteStartTransaction', { connectorId: 1, idTag, chargingProfile }, { status: 'Accepted' });
  await socket.call('StartTransaction', { ...start, timestamp: new Date().toISOString() });
  await until('the profile is that of the session', async () => {
    const { items } = await api.ask('listChargingProfiles', { params });
    return items.some(({ purpose }) => purpose === 'TxProfile');
  });

  const list = { params, body: { entries: [{ idTag, status: 'Accepted' }] } };
  await api.ask('putLocalList', list);
  await api.ask('syncLocalList', { params, body: {} });
  const update = await socket.nextCall();
  await api.ask('putLocalList', list);
  await api.ask('syncLocalList', { params, body: {} });
  await api.ask('getLocalList', { params });
  socket.answer(update, { status: 'Accepted' });
  await socket.call('StatusNotification', { connectorId: 0, errorCode: 'LocalListConflict', status: 'Available' });
}

/** Of all the chargers that there are at the moment: only this one hears of it. */
async function runCampaign(socket: RawCharger): Promise<void> {
  const { api } = cloud;
  const body = { name: 'all', command: { action: 'ClearCache', payload: {} }, chargers: {}, stopAtFailureRate: null };
  const { campaignId } = await api.ask('createCampaign', { body, headers: { 'idempotency-key': 'once' } });
  const params = { campaignId };
  const call = await socket.nextCall();
  await api.ask('putCampaignState', { params, body: { state: 'paused' } });
  await api.ask('putCampaignState', { params, body: { state: 'running' } });
  socket.answer(call, { status: 'Accepted' });
  await api.ask('getCampaign', { params });
  await api.ask('listCampaigns');
  await api.ask('listCampaignCommands', { params });
}

/** A session that a stranger stops is approved. */
async function decideSomething(): Promise<void> {
  const [charger, idTag, stranger] = await Promise.all([cloud.charger(), cloud.tag(), cloud.tag()]);
  const socket = await charger.boot();
  const start = { connectorId: 1, idTag, meterStart: 1000, timestamp: at(0) };
  const { transactionId } = await socket.call('StartTransaction', start);
  await socket.call('StopTransaction', { transactionId, idTag: stranger, meterStop: 2000, timestamp: at(60) });
  const { id: sessionId, reviewReasons: reasons } = await charger.session(transactionId);
  await cloud.api.ask('decideSession', {
    params: { sessionId },
    body: { outcome: 'approve', reasons, note: 'the owner' },
  });
}

/** Firmware is put and sent, and diagnostics are asked for: of a charger that hears it, and of one that is away. */
async function filesComeAndGo(): Promise<void> {
  const { api } = cloud;
  const body = { name: 'fw.bin', version: '2', vendor: 'Acme', model: 'One' };
  const { firmwareFileId, upload } = await api.ask('addFirmwareFile', { body });
  await fetch(upload.url, { method: 'PUT', body: 'firmware' });
  await api.ask('getFirmwareFile', { params: { firmwareFileId } });
  await api.ask('listFirmwareFiles');
  const charger = await cloud.charger();
  const params = { chargerId: charger.id };
  const socket = await charger.boot();
  // The first one waits for the end of the boot exchange, and is sent by the timer; the next ones are not.
  await charger.command('ClearCache', {});
  socket.answer(await socket.nextCall(), { status: 'Accepted' });
  const asked = [
    ['updateFirmware', { firmwareFileId }],
    ['askDiagnostics', {}],
  ] as const;
  for (const [id, wanted] of asked) {
    const { commandId } = await api.ask(id, { params, body: wanted });
    const call = await socket.nextCall();
    socket.answer(call, {});
    await api.ask('getCommandTimeline', { params: { ...params, commandId } });
    await until('it is answered', async () => (await charger.commandOf(commandId)).state === 'answered');
  }
  const campaign = { name: 'firmware', firmware: { firmwareFileId }, chargers: { chargerIds: [charger.id] } };
  await api.ask('createCampaign', { body: campaign });
  socket.answer(await socket.nextCall(), {});
  await api.ask('listChargerFiles', { params });
  await socket.close();
  await until('it is offline', async () => !(await charger.read()).online);
  for (const [id, wanted] of asked) {
    await api.ask(id, { params, body: wanted, query: { whenOffline: 'wait' } });
  }
}

/** A charger goes away in the midst of the session of a limited tag; the watch ends it, and looks it over. */
async function leaveToTheWatch(assembly: Assembly): Promise<void> {
  const [charger, idTag] = await Promise.all([cloud.charger(), cloud.tag({ maxOpenSessions: 1 })]);
  const socket = await charger.boot();
  const start = { connectorId: 1, idTag, meterStart: 1000, timestamp: at(0) };
  const { transactionId } = await socket.call('StartTransaction', start);
  await socket.close();
  await until('it is offline', async () => !(await charger.read()).online);
  await fallSilent(assembly, charger, transactionId);
  await until('the watch has ended it', async () => (await charger.session(transactionId)).state === 'ended', 60_000);
}

/** As if an hour had passed since it connected, booted and started. */
async function fallSilent(assembly: Assembly, { id }: TestCharger, transactionId: number): Promise<void> {
  const tableOf = (name: string) =>
    assembly.ofType('AWS::DynamoDB::Table').find((table) => nameOf(table) === name)?.physicalId;
  const hourAgo = { ':then': { S: new Date(Date.now() - 3_600_000).toISOString() } };
  const pk = { S: id.toUpperCase() };
  const change = (table: string, sk: string, UpdateExpression: string) =>
    database.client.send(
      new UpdateItemCommand({
        TableName: tableOf(table),
        Key: { pk, sk: { S: sk } },
        UpdateExpression,
        ...(UpdateExpression.includes('#at') && { ExpressionAttributeNames: { '#at': 'at' } }),
        ExpressionAttributeValues: hourAgo,
        ConditionExpression: 'attribute_exists(pk)',
      }),
    );
  await change('chargers', 'connection', 'SET connectedAt = :then, lastHeardAt = :then');
  await change('chargers', 'config', 'SET boot.#at = :then');
  await change('sessions', `session#${transactionId}`, 'SET receivedAt = :then');
}

const at = (minute: number) => new Date(Date.UTC(2026, 5, 1, 12, minute)).toISOString();

const readings = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ timestamp: at(index), sampledValue: [{ value: `${1000 + index}` }] }));

const connectors = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, type: 'Type2', maxPowerW: 22_000 }));

/** `<action> <resource>` by function. */
type Rights = Map<string, Set<string>>;

const sorted = (rights: Iterable<string> = []) => [...rights].sort();

function read(directory: string): Assembly {
  return readAssembly(directory, {
    region: 'us-east-1',
    account: '000000000000',
    secretString: () => '{"current":""}',
  });
}

/** Its name in the code, which is its logical id without the hash that CDK appends. */
const nameOf = ({ logicalId }: Resource) => logicalId.replace(/[0-9A-F]{8}$/, '');

function usesOf(assembly: Assembly, usage: readonly Usage[]): Rights {
  const rights: Rights = new Map();
  for (const { functionId, action, resource } of usage) {
    add(rights, functionId, `${action} ${named(assembly, resource)}`);
  }
  return rights;
}

const roleShape = z.object({
  Policies: z.array(
    z.object({
      PolicyDocument: z.object({ Statement: z.array(z.object({ Action: oneOrMore(), Resource: oneOrMore() })) }),
    }),
  ),
});

function grantsOf(assembly: Assembly): Rights {
  const roles = new Map(assembly.ofType('AWS::IAM::Role').map((role) => [role.physicalId, role]));
  const deadLetters = deadLettersOf(assembly);
  const rights: Rights = new Map();
  for (const { logicalId, properties } of assembly.ofType('AWS::Lambda::Function')) {
    const role = roles.get(String(properties.Role).replace(/^.*:role\//, ''));
    const statements = roleShape
      .parse(role?.properties)
      .Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    for (const { Action, Resource } of statements) {
      for (const action of Action) {
        for (const arn of Resource) {
          if (!isOfTheService(action, arn) && !deadLetters.has(arn))
            add(rights, logicalId, `${action} ${named(assembly, withoutArn(arn))}`);
        }
      }
    }
  }
  return rights;
}

/** What Lambda itself does in a function's name: it writes logs, and reads streams and queues. */
const isOfTheService = (action: string, arn: string) =>
  action.startsWith('logs:') || /^sqs:(?!SendMessage$)/.test(action) || arn.includes('/stream/');

const mappingShape = z.object({
  DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.string() }) }).optional(),
});

/** The queues to which Lambda puts aside what could not be handled. */
function deadLettersOf(assembly: Assembly): Set<string | undefined> {
  const mappings = assembly.ofType('AWS::Lambda::EventSourceMapping');
  return new Set(
    mappings.map(({ properties }) => mappingShape.parse(properties).DestinationConfig?.OnFailure.Destination),
  );
}

/** As the local cloud names what was used. */
const withoutArn = (arn: string) =>
  arn
    .replace(/^arn:aws:dynamodb:.*:table\//, '')
    .replace(/^(arn:aws:sqs:[^:]*:[^:]*:|https:\/\/sqs\.[^/]+\/\d+\/)/, '')
    .replace(/^arn:aws:secretsmanager:.*:secret:(.*)-.{6}$/, '$1')
    .replace(/^arn:aws:execute-api:[^:]*:[^:]*:(.*)\/@connections\/\*$/, '$1');

/** The physical name, generated or not, as the name in the code. */
function named(assembly: Assembly, resource: string): string {
  const whole = assembly.resources
    .filter(({ type }) => /::(Table|Secret|Api|Queue)$/.test(type))
    .map((each) => ({ physicalName: withoutArn(each.physicalId), name: nameOf(each) }))
    .find(({ physicalName }) => resource === physicalName || resource.startsWith(`${physicalName}/`));
  if (!whole) throw new Error(`nothing in the templates is called ${resource}`);
  return resource.replace(whole.physicalName, whole.name);
}

function add(rights: Rights, functionId: string, right: string): void {
  rights.set(functionId, (rights.get(functionId) ?? new Set()).add(right));
}

function oneOrMore() {
  return z.union([z.array(z.string()), z.string().transform((one) => [one])]);
}
