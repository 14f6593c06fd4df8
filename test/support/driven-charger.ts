import type { Session } from '#shared/domain/session.ts';
import { type StartReport, startSession } from '#shared/domain/start-session.ts';
import { type StopReport, stopSession } from '#shared/domain/stop-session.ts';
import type { Stores } from '#shared/store/stores.ts';
import { anew, connector, noon } from './examples.ts';
import { allPages } from './pages.ts';

/** A charger of an organisation of its own, whose starts and stops are told to the rules of sessions without a protocol. */
export function drivenCharger(stores: Stores, { chargerId = anew('CP'), organisationId = anew('org') } = {}) {
  let drawn = 0;
  const draw = () => String(++drawn);

  return {
    chargerId,
    organisationId,

    /** At noon, with a register of 1000 Wh, of a tag that nobody knows. */
    start: (changes: Partial<StartReport> = {}, drawLocalId: () => string = draw) =>
      startSession(stores, drawLocalId, {
        chargerId,
        organisationId,
        connector: connector(1),
        connectorKnown: true,
        idTag: 'NOBODY',
        meterStartWh: 1000,
        reportedMs: noon,
        receivedMs: noon,
        ...changes,
      }),

    /** An hour after noon, with a register of 8200 Wh. */
    stop: (protocolTransactionId: string, changes: Partial<StopReport> = {}) =>
      stopSession(stores, {
        chargerId,
        organisationId,
        protocolTransactionId,
        meterStopWh: 8200,
        reason: 'Local',
        reportedMs: noon + 3_600_000,
        receivedMs: noon + 3_600_000,
        readings: [],
        ...changes,
      }),

    async session(localId: string): Promise<Session> {
      const found = await stores.sessions.findSession(chargerId, localId);
      if (!found) throw new Error(`There is no session ${localId}`);
      return found;
    },

    /** The sessions that hold connectors. */
    open: async () => (await stores.sessions.listOpen(chargerId)).map(({ localId }) => localId),

    /** Every session, the newest received first. */
    sessions: async (): Promise<Session[]> =>
      (await allPages((after) => stores.sessions.listOfCharger(chargerId, 100, after))).flat(),

    /** Those that await review. */
    review: async (): Promise<string[]> =>
      (await allPages((after) => stores.sessions.listOfOrganisation(organisationId, 'review', 100, after)))
        .flat()
        .map(({ localId }) => localId),
  };
}
