import { isDeepStrictEqual } from 'node:util';
import {
  type Charger,
  type ChargerStore,
  type Connection,
  canonicalId,
  type StatusReport,
} from '#shared/domain/charger.ts';
import { connectorText } from '#shared/domain/connector.ts';
import { InvalidCursor } from '#shared/domain/paging.ts';
import { Rows } from './rows.ts';

export function memoryChargerStore(): ChargerStore {
  const chargers = new Rows<Charger>();
  const connections = new Rows<Connection>();
  const statuses = new Rows<StatusReport>();

  return {
    async findCharger(chargerId) {
      return chargers.get(canonicalId(chargerId));
    },

    async findChargers(chargerIds) {
      return chargerIds.map((chargerId) => chargers.get(canonicalId(chargerId)));
    },

    async viewCharger(chargerId) {
      const charger = chargers.get(canonicalId(chargerId));
      if (!charger) return undefined;
      return {
        charger,
        connection: connections.get(canonicalId(chargerId)) ?? {},
        statuses: statuses.startingWith(`${canonicalId(chargerId)}/`).map(([, report]) => report),
      };
    },

    async listChargerIds(organisationId, limit, after) {
      if (after !== undefined && (after === '' || after.length > 1024)) throw new InvalidCursor();
      return chargers
        .startingWith('')
        .filter(([id, charger]) => charger.organisationId === organisationId && (after === undefined || id > after))
        .map(([id]) => id)
        .slice(0, limit);
    },

    async saveCharger(plan, { unlessKept } = { unlessKept: false }) {
      const id = canonicalId(plan.id);
      const before = chargers.get(id);
      if (before && before.organisationId !== plan.organisationId) return 'foreign';
      const { acceptedAt, boot, toldIntervalS, maySay, revision = 0 } = before ?? {};
      const [given, kept] = [plan.credential, before?.credential];
      const credential = unlessKept ? (kept ?? given) : (given ?? kept);
      const nextCredential = given && !unlessKept ? undefined : before?.nextCredential;
      chargers.set(id, {
        ...plan,
        credential,
        nextCredential,
        acceptedAt,
        boot,
        toldIntervalS,
        ...(maySay && { maySay }),
        revision: revision + 1,
      });
      return before ? 'updated' : 'created';
    },

    async stageCredential(chargerId, nextCredential, instead) {
      const charger = chargers.get(canonicalId(chargerId));
      if (!charger?.credential || !isDeepStrictEqual(charger.nextCredential, instead)) return false;
      chargers.set(canonicalId(chargerId), { ...charger, nextCredential, revision: charger.revision + 1 });
      return true;
    },

    async adoptNextCredential(chargerId, known) {
      const charger = chargers.get(canonicalId(chargerId));
      if (!charger?.nextCredential) return false;
      const isKnown =
        'revision' in known
          ? charger.revision === known.revision
          : charger.nextCredential.commandId === known.commandId;
      if (!isKnown) return false;
      const { commandId, ...credential } = charger.nextCredential;
      chargers.set(canonicalId(chargerId), {
        ...charger,
        credential,
        nextCredential: undefined,
      });
      return true;
    },

    async dropNextCredential(chargerId, commandId) {
      const charger = chargers.get(canonicalId(chargerId));
      if (!charger?.nextCredential) return false;
      if (commandId !== undefined && charger.nextCredential.commandId !== commandId) return false;
      chargers.set(canonicalId(chargerId), {
        ...charger,
        nextCredential: undefined,
        revision: charger.revision + 1,
      });
      return true;
    },

    async recordBoot(chargerId, boot, heartbeatLimitS = Number.POSITIVE_INFINITY) {
      const charger = chargers.get(canonicalId(chargerId));
      if (!charger) return undefined;
      const booted = { ...charger, boot, toldIntervalS: Math.min(charger.heartbeatIntervalS, heartbeatLimitS) };
      chargers.set(canonicalId(chargerId), booted);
      return booted;
    },

    async markAccepted(chargerId, at) {
      const charger = chargers.get(canonicalId(chargerId));
      if (charger?.registration !== 'accepted') return false;
      chargers.set(canonicalId(chargerId), { ...charger, acceptedAt: charger.acceptedAt ?? at });
      return true;
    },

    async permit(chargerId, maySay) {
      const charger = chargers.get(canonicalId(chargerId));
      if (charger) chargers.set(canonicalId(chargerId), { ...charger, maySay });
    },

    async connect(chargerId, connectionId, revision, at) {
      const { connectionId: replaced, commandsWait } = connections.get(canonicalId(chargerId)) ?? {};
      connections.set(canonicalId(chargerId), {
        connectionId,
        revision,
        connectedAt: at,
        lastHeardAt: at,
        ...(commandsWait !== undefined && { commandsWait }),
      });
      return {
        ...(replaced !== undefined && replaced !== connectionId && { replaced }),
        commandsWait: commandsWait !== undefined,
      };
    },

    async expectCommands(chargerId, commandId) {
      const before = connections.get(canonicalId(chargerId)) ?? {};
      connections.set(canonicalId(chargerId), { ...before, commandsWait: commandId });
    },

    async expectNoCommands(chargerId, commandId) {
      const { commandsWait, ...rest } = connections.get(canonicalId(chargerId)) ?? {};
      if (commandsWait === commandId) connections.set(canonicalId(chargerId), rest);
    },

    async disconnect(chargerId, connectionId, at) {
      const { connectionId: current, ...rest } = connections.get(canonicalId(chargerId)) ?? {};
      if (current !== connectionId) return false;
      connections.set(canonicalId(chargerId), { ...rest, disconnectedAt: at });
      return true;
    },

    async currentConnection(chargerId) {
      return connections.get(canonicalId(chargerId));
    },

    async recordHeard(chargerId, at) {
      connections.set(canonicalId(chargerId), { ...connections.get(canonicalId(chargerId)), lastHeardAt: at });
    },

    async recordStatusIfNewer(chargerId, report) {
      const key = `${canonicalId(chargerId)}/${connectorText(report.connector)}`;
      const kept = statuses.get(key);
      if (kept && kept.at > report.at) return false;
      statuses.set(key, report);
      return true;
    },
  };
}
