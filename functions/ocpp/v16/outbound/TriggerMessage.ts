import type { RequestOf } from '#shared/ocpp/action.ts';
import { TriggerMessage } from '#shared/ocpp/v16/TriggerMessage.ts';
import { type Caused, defineOperation, type Sighting } from '#shared/runtime/operation.ts';
import { bootSince, heardSince, readingsSince, reportsSince, statusesSince } from '#shared/runtime/sightings.ts';

type Look = (caused: Caused, connectorId: number | undefined) => Promise<Sighting[]>;

const looks: Record<RequestOf<typeof TriggerMessage>['requestedMessage'], Look> = {
  BootNotification: async (caused) => bootSince(caused),
  DiagnosticsStatusNotification: (caused) => reportsSince(caused, 'diagnosticsStatus'),
  FirmwareStatusNotification: (caused) => reportsSince(caused, 'firmwareStatus'),
  Heartbeat: heardSince,
  MeterValues: readingsSince,
  async StatusNotification(caused, connectorId) {
    const statuses = await statusesSince(caused, connectorId ?? 0);
    return statuses.map(({ status, receivedAt }) => ({ at: receivedAt, what: `StatusNotification ${status}` }));
  },
};

/** Its answer comes before the message that it asks for (OCPP-S 5.17). */
export const triggerMessage = defineOperation<typeof TriggerMessage>({
  action: TriggerMessage,
  async refuse({ requestedMessage }, { charger }) {
    const isAccepted = charger.registration === 'accepted' && charger.acceptedAt !== undefined;
    if (requestedMessage !== 'BootNotification' || !isAccepted) return [];
    return [{ field: 'requestedMessage', rule: 'a charger that is accepted is not asked for a BootNotification' }];
  },
  watchUntilMs: (_, { status }, { nowMs, durations }) =>
    status === 'Accepted' ? nowMs + durations.effectMs : undefined,
  look: ({ requestedMessage, connectorId }, caused) => looks[requestedMessage](caused, connectorId),
});
