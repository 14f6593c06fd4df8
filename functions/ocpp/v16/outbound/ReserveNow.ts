import { toInstant } from '#shared/domain/time.ts';
import { ReserveNow } from '#shared/ocpp/v16/ReserveNow.ts';
import { knownValues } from '#shared/runtime/known-configuration.ts';
import { defineOperation } from '#shared/runtime/operation.ts';
import { statusesSince } from '#shared/runtime/sightings.ts';
import { millisecondsOf } from '#shared/runtime/v16-words.ts';

export const reserveNow = defineOperation<typeof ReserveNow>({
  action: ReserveNow,
  async refuse({ connectorId, expiryDate }, { charger, stores, nowMs }) {
    const values = connectorId === 0 ? await knownValues(stores, charger.id) : undefined;
    const isBarred = values?.get('reserveconnectorzerosupported')?.trim().toLowerCase() === 'false';
    return [
      ...(Date.parse(expiryDate) > nowMs ? [] : [{ field: 'expiryDate', rule: 'in the past' }]),
      ...(isBarred
        ? [
            {
              field: 'connectorId',
              rule: 'above 0: the charger reserves single connectors only (ReserveConnectorZeroSupported)',
            },
          ]
        : []),
    ];
  },
  async answered({ expiryDate, ...request }, { status }, { charger, stores, nowMs, commandId }) {
    if (status !== 'Accepted') return;
    await stores.reservations.recordReservation({
      ...request,
      chargerId: charger.id,
      expiryDate: toInstant(millisecondsOf(expiryDate)),
      state: 'active',
      commandId,
      acceptedAt: toInstant(nowMs),
    });
  },
  watchUntilMs: (_, { status }, { nowMs, durations }) =>
    status === 'Accepted' ? nowMs + durations.effectMs : undefined,
  async look({ connectorId }, caused) {
    const statuses = await statusesSince(caused, connectorId);
    return statuses
      .filter(({ status }) => status === 'Reserved')
      .map(({ status, receivedAt }) => ({ at: receivedAt, what: status }));
  },
});
