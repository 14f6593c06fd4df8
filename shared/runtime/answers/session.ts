import type * as z from 'zod';
import type { ReadingStore } from '#shared/domain/reading.ts';
import { countedOf, energyBetween, type Session, seriesOf } from '#shared/domain/session.ts';
import { sessionIdOf } from '#shared/domain/session-id.ts';
import type { session } from '#shared/http/session.ts';

export async function sessionAnswer(readings: ReadingStore, it: Session): Promise<z.input<typeof session>> {
  return {
    id: sessionIdOf(it.chargerId, it.localId),
    organisationId: it.organisationId,
    chargerId: it.chargerId,
    connectorId: it.connector?.evse ?? null,
    protocolTransactionId: it.protocolTransactionId,
    idTag: it.idTag ?? null,
    state: it.state,
    endedBy: it.endedBy ?? null,
    authorised: it.authorised,
    tagStatus: it.tagStatus ?? null,
    startedAt: it.startedAt ?? null,
    endedAt: it.endedAt ?? null,
    receivedAt: it.receivedAt,
    endReceivedAt: it.endReceivedAt ?? null,
    meterStartWh: it.meterStartWh ?? null,
    meterStopWh: it.meterStopWh ?? null,
    energyWh: (it.state === 'active' ? await liveEnergy(readings, it) : it.energyWh) ?? null,
    stopReason: it.stopReason ?? null,
    reservationId: it.reservationId ?? null,
    reviewReasons: it.reviewReasons,
    decisions: it.decisions.map(({ energyWh, startedAt, endedAt, ...decision }) => ({
      ...decision,
      energyWh: energyWh ?? null,
      startedAt: startedAt ?? null,
      endedAt: endedAt ?? null,
    })),
    counts: countsAnswer(it),
  };
}

function countsAnswer(it: Session): z.input<typeof session>['counts'] {
  const counted = countedOf(it);
  return (
    (counted && {
      energyWh: counted.energyWh ?? null,
      startedAt: counted.startedAt ?? null,
      endedAt: counted.endedAt ?? null,
      waived: counted.waived,
    }) ??
    null
  );
}

/** Live progress is read from the newest register, never written to the session. Readings that tell none leave it unknown. */
async function liveEnergy(readings: ReadingStore, it: Session): Promise<number | undefined> {
  const { any, register } = await readings.latestReadings(seriesOf(it));
  const newestWh = any === undefined ? it.meterStartWh : register?.registerWh;
  return newestWh === undefined ? undefined : energyBetween(it.meterStartWh, newestWh);
}
