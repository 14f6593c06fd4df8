import * as z from 'zod';
import {
  type Charger,
  type ChargerStore,
  type ChargerView,
  type Connection,
  canonicalId,
  connectorStatuses,
  quirks,
  type StatusReport,
} from '#shared/domain/charger.ts';
import { InvalidCursor } from '#shared/domain/paging.ts';
import type { Database, Item } from './database.ts';
import { chargerKeys, isKey } from './keys.ts';

const credential = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('key'), salt: z.string(), hash: z.string() }),
  z.object({ kind: z.literal('password'), salt: z.string(), hash: z.string(), cost: z.int() }),
]);

const nextCredential = z.intersection(credential, z.object({ commandId: z.string().optional() }));

const configItem = z.object({
  id: z.string(),
  organisationId: z.string(),
  securityProfile: z.int(),
  registration: z.enum(['accepted', 'pending', 'rejected']),
  strictness: z.enum(['tolerant', 'strict']),
  heartbeatIntervalS: z.int(),
  assumeProtocol: z.string().optional(),
  quirks: z.array(z.enum(quirks)),
  connectors: z.array(z.object({ id: z.int(), type: z.string(), maxPowerW: z.int() })),
  credential: credential.optional(),
  nextCredential: nextCredential.optional(),
  acceptedAt: z.string().optional(),
  toldIntervalS: z.int().optional(),
  revision: z.int().default(0),
  maySay: z.object({ action: z.string(), until: z.string() }).optional(),
  boot: z
    .object({
      at: z.string(),
      vendor: z.string(),
      model: z.string(),
      serialNumber: z.string().optional(),
      firmwareVersion: z.string().optional(),
    })
    .optional(),
});

const connectionItem = z.object({
  connectionId: z.string().optional(),
  revision: z.int().optional(),
  connectedAt: z.string().optional(),
  disconnectedAt: z.string().optional(),
  lastHeardAt: z.string().optional(),
  commandsWait: z.string().optional(),
});

const statusItem = z.object({
  evse: z.int(),
  connector: z.int(),
  status: z.enum(connectorStatuses),
  errorCode: z.string(),
  info: z.string().optional(),
  vendorId: z.string().optional(),
  vendorErrorCode: z.string().optional(),
  at: z.string(),
  receivedAt: z.string(),
});

const toStatus = (item: Item): StatusReport => {
  const { evse, connector, ...rest } = statusItem.parse(item);
  return { connector: { evse, connector }, ...rest };
};

export function dynamoChargerStore(database: Database, table: string): ChargerStore {
  const key = (chargerId: string, sk: string) => ({ pk: chargerKeys.partition(chargerId), sk });

  return {
    async findCharger(chargerId) {
      const item = await database.get(table, key(chargerId, chargerKeys.config));
      return item && configItem.parse(item);
    },

    async findChargers(chargerIds) {
      if (chargerIds.length === 0) return [];
      const keys = chargerIds.map((chargerId) => key(chargerId, chargerKeys.config));
      const items = new Map((await database.getMany(table, keys)).map((item) => [item.pk, item]));
      return keys.map(({ pk }) => {
        const item = items.get(pk);
        return item && configItem.parse(item);
      });
    },

    async viewCharger(chargerId): Promise<ChargerView | undefined> {
      const items = await database.query(table, {
        condition: 'pk = :pk',
        values: { pk: chargerKeys.partition(chargerId) },
      });
      const config = items.find((item) => item.sk === chargerKeys.config);
      if (!config) return undefined;
      const connection = items.find((item) => item.sk === chargerKeys.connection);
      return {
        charger: configItem.parse(config),
        connection: connectionItem.parse(connection ?? {}),
        statuses: items.filter((item) => String(item.sk).startsWith(chargerKeys.connectorPrefix)).map(toStatus),
      };
    },

    async listChargerIds(organisationId, limit, after) {
      if (after !== undefined && !isKey(after)) throw new InvalidCursor();
      const items = await database.query(table, {
        index: 'byOrganisation',
        condition:
          after === undefined
            ? '#organisationKey = :organisation'
            : '#organisationKey = :organisation AND #chargerKey > :after',
        values: { organisation: organisationId, ...(after !== undefined && { after }) },
        limit,
      });
      return items.slice(0, limit).map((item) => String(item.chargerKey));
    },

    async saveCharger(plan, { unlessKept } = { unlessKept: false }) {
      const canonical = canonicalId(plan.id);
      const { credential: given, assumeProtocol, ...rest } = plan;
      const sets = [
        ...Object.keys(rest),
        ...(given ? ['credential'] : []),
        ...(assumeProtocol ? ['assumeProtocol'] : []),
      ];
      const removals = [
        ...(assumeProtocol ? [] : ['assumeProtocol']),
        ...(given && !unlessKept ? ['nextCredential'] : []),
      ];
      const setting = (name: string) =>
        name === 'credential' && unlessKept
          ? '#credential = if_not_exists(#credential, :credential)'
          : `#${name} = :${name}`;
      const before = await database.update(
        table,
        key(plan.id, chargerKeys.config),
        {
          update: [
            `SET ${sets.map(setting).join(', ')}, #organisationKey = :organisationId, #chargerKey = :chargerKey`,
            removals.length > 0 ? `REMOVE ${removals.map((name) => `#${name}`).join(', ')}` : '',
            'ADD #revision :one',
          ].join(' '),
          values: {
            ...rest,
            ...(given && { credential: given }),
            ...(assumeProtocol && { assumeProtocol }),
            chargerKey: canonical,
            one: 1,
          },
          condition: 'attribute_not_exists(pk) OR #organisationId = :organisationId',
        },
        'before',
      );
      if (before === undefined) return 'foreign';
      // Told by the identity as written: some DynamoDBs answer the bare key of an item that was not there.
      return before.id === undefined ? 'created' : 'updated';
    },

    async stageCredential(chargerId, nextCredential, instead) {
      const after = await database.update(
        table,
        key(chargerId, chargerKeys.config),
        {
          update: 'SET #nextCredential = :nextCredential ADD #revision :one',
          values: { nextCredential, one: 1, ...(instead && { instead }) },
          condition: `attribute_exists(#credential) AND ${instead ? '#nextCredential = :instead' : 'attribute_not_exists(#nextCredential)'}`,
        },
        'nothing',
      );
      return after !== undefined;
    },

    async adoptNextCredential(chargerId, known) {
      const after = await database.update(
        table,
        key(chargerId, chargerKeys.config),
        {
          update: 'SET #credential = #nextCredential REMOVE #nextCredential',
          values: known,
          condition:
            'revision' in known
              ? '#revision = :revision AND attribute_exists(#nextCredential)'
              : '#nextCredential.#commandId = :commandId',
        },
        'nothing',
      );
      return after !== undefined;
    },

    async dropNextCredential(chargerId, commandId) {
      const after = await database.update(
        table,
        key(chargerId, chargerKeys.config),
        {
          update: 'REMOVE #nextCredential ADD #revision :one',
          values: { one: 1, ...(commandId !== undefined && { commandId }) },
          condition:
            commandId === undefined ? 'attribute_exists(#nextCredential)' : '#nextCredential.#commandId = :commandId',
        },
        'nothing',
      );
      return after !== undefined;
    },

    async recordBoot(chargerId, boot, heartbeatLimitS) {
      const config = key(chargerId, chargerKeys.config);
      const limited =
        heartbeatLimitS !== undefined &&
        (await database.update(
          table,
          config,
          {
            update: 'SET #boot = :boot, #toldIntervalS = :limit',
            values: { boot, limit: heartbeatLimitS },
            condition: '#heartbeatIntervalS > :limit',
          },
          'after',
        ));
      const after =
        limited ||
        (await database.update(
          table,
          config,
          {
            update: 'SET #boot = :boot, #toldIntervalS = #heartbeatIntervalS',
            values: { boot },
            condition: 'attribute_exists(pk)',
          },
          'after',
        ));
      return after && (configItem.parse(after) satisfies Charger);
    },

    async markAccepted(chargerId, at) {
      const after = await database.update(
        table,
        key(chargerId, chargerKeys.config),
        {
          update: 'SET #acceptedAt = if_not_exists(#acceptedAt, :at)',
          values: { at, accepted: 'accepted' },
          condition: '#registration = :accepted',
        },
        'nothing',
      );
      return after !== undefined;
    },

    async permit(chargerId, maySay) {
      await database.update(
        table,
        key(chargerId, chargerKeys.config),
        { update: 'SET #maySay = :maySay', values: { maySay }, condition: 'attribute_exists(pk)' },
        'nothing',
      );
    },

    async connect(chargerId, connectionId, revision, at) {
      const before = await database.update(
        table,
        key(chargerId, chargerKeys.connection),
        {
          update:
            'SET #connectionId = :connectionId, #revision = :revision, #connectedAt = :at, #lastHeardAt = :at REMOVE #disconnectedAt',
          values: { connectionId, revision, at },
        },
        'before',
      );
      const { connectionId: replaced, commandsWait } = connectionItem.parse(before ?? {});
      return {
        ...(replaced !== undefined && replaced !== connectionId && { replaced }),
        commandsWait: commandsWait !== undefined,
      };
    },

    async expectCommands(chargerId, commandId) {
      await database.update(
        table,
        key(chargerId, chargerKeys.connection),
        { update: 'SET #commandsWait = :commandId', values: { commandId } },
        'nothing',
      );
    },

    async expectNoCommands(chargerId, commandId) {
      await database.update(
        table,
        key(chargerId, chargerKeys.connection),
        { update: 'REMOVE #commandsWait', values: { commandId }, condition: '#commandsWait = :commandId' },
        'nothing',
      );
    },

    async disconnect(chargerId, connectionId, at) {
      const after = await database.update(
        table,
        key(chargerId, chargerKeys.connection),
        {
          update: 'SET #disconnectedAt = :at REMOVE #connectionId',
          values: { connectionId, at },
          condition: '#connectionId = :connectionId',
        },
        'nothing',
      );
      return after !== undefined;
    },

    async currentConnection(chargerId): Promise<Connection | undefined> {
      const item = await database.get(table, key(chargerId, chargerKeys.connection));
      return item && connectionItem.parse(item);
    },

    async recordHeard(chargerId, at) {
      await database.update(
        table,
        key(chargerId, chargerKeys.connection),
        { update: 'SET #lastHeardAt = :at', values: { at } },
        'nothing',
      );
    },

    async recordStatusIfNewer(chargerId, report) {
      const { connector, ...rest } = report;
      const fields = { evse: connector.evse, connector: connector.connector, ...rest };
      const given = Object.entries(fields).filter(([, value]) => value !== undefined);
      const absent = ['info', 'vendorId', 'vendorErrorCode'].filter((name) => !given.some(([given]) => given === name));
      const after = await database.update(
        table,
        key(chargerId, chargerKeys.connector(connector)),
        {
          update: [
            `SET ${given.map(([name]) => `#${name} = :${name}`).join(', ')}`,
            absent.length > 0 ? `REMOVE ${absent.map((name) => `#${name}`).join(', ')}` : '',
          ].join(' '),
          values: Object.fromEntries(given),
          condition: 'attribute_not_exists(#at) OR #at <= :at',
        },
        'nothing',
      );
      return after !== undefined;
    },
  };
}
