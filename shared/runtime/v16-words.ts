import type { Connector } from '#shared/domain/connector.ts';
import { type Reading, registerOf, type Sample } from '#shared/domain/reading.ts';
import type { Tag, TagStatus } from '#shared/domain/tag.ts';
import { believe, toInstant } from '#shared/domain/time.ts';
import { parseDateTime } from '#shared/ocpp/date-time.ts';
import type { IdTagInfo, MeterValue, SampledValue } from '#shared/ocpp/v16/types.ts';

/** Between the words of OCPP 1.6 and those of the domain. */

/** 1.6 knows connectors only: each stands for an EVSE with one connector, and 0 for the charger as a whole. */
export const connectorOf = (connectorId: number): Connector => ({
  evse: connectorId,
  connector: connectorId === 0 ? 0 : 1,
});

/** The contract has checked that it can be read. */
export function millisecondsOf(dateTime: string): number {
  const read = parseDateTime(dateTime);
  if (!read) throw new Error('a date and time that the contract let through cannot be read');
  return read.epochMs;
}

/** What is unknown is absent (S 7.8). */
export function idTagInfoOf(status: TagStatus, tag: Tag | undefined): IdTagInfo {
  return {
    status,
    ...(tag?.expiryDate !== undefined && { expiryDate: tag.expiryDate }),
    ...(tag?.parentIdTag !== undefined && { parentIdTag: tag.parentIdTag }),
  };
}

/** The defaults are those of S 7.43; the text of the value stays as it came. */
const sampleOf = ({ value, context, format, measurand, phase, location, unit }: SampledValue): Sample => ({
  value,
  context: context ?? 'Sample.Periodic',
  format: format ?? 'Raw',
  measurand: measurand ?? 'Energy.Active.Import.Register',
  phase,
  location: location ?? 'Outlet',
  unit: unit ?? defaultUnit(measurand),
});

/** The specification's default unit is Wh; for what is no energy, none was told. */
const defaultUnit = (measurand: string | undefined) =>
  measurand === undefined || measurand.startsWith('Energy.Active') ? 'Wh' : '';

export function readingsOf(
  meterValues: MeterValue[],
  of: { connectorId?: number; transactionId?: number | bigint },
  receivedMs: number,
): Reading[] {
  return meterValues.map(({ timestamp, sampledValue }) => {
    const samples = sampledValue.map(sampleOf);
    const { at, plausible } = believe(millisecondsOf(timestamp), receivedMs);
    return {
      connector: of.connectorId === undefined ? undefined : connectorOf(of.connectorId),
      protocolTransactionId: of.transactionId?.toString(),
      at,
      reportedAt: plausible ? undefined : timestamp,
      receivedAt: toInstant(receivedMs),
      samples,
      registerWh: registerOf(samples),
    };
  });
}
