import type * as z from 'zod';
import { energyOf, type Reading } from '#shared/domain/reading.ts';
import type { meterReading } from '#shared/http/session.ts';

export const readingAnswer = ({
  at,
  reportedAt,
  receivedAt,
  connector,
  protocolTransactionId,
  samples,
}: Reading): z.input<typeof meterReading> => ({
  at,
  reportedAt: reportedAt ?? null,
  receivedAt,
  connectorId: connector?.evse ?? null,
  protocolTransactionId: protocolTransactionId ?? null,
  sampledValues: samples.map(({ phase, ...sample }) => ({
    ...sample,
    phase: phase ?? null,
    energyWh: energyOf({ phase, ...sample }) ?? null,
  })),
});
