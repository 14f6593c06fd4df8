import { canonicalId } from '#shared/domain/charger.ts';
import { connectorText } from '#shared/domain/connector.ts';
import type { Reading, ReadingStore, SeriesKey } from '#shared/domain/reading.ts';
import { pageOfRows, Rows } from './rows.ts';

const INT32_MAX = 2n ** 31n - 1n;

/** OCPP 1.6 issues positive 32-bit integers; every other id is a charger's own invention. */
function transactionOf({ filedUnder, protocolTransactionId: id, connector }: Reading): string | undefined {
  if (filedUnder !== undefined) return filedUnder;
  const issued = id !== undefined && /^[1-9]\d*$/.test(id) && BigInt(id) <= INT32_MAX;
  return issued || !connector ? (id ?? '') : undefined;
}

function belongsTo(reading: Reading, { protocolTransactionId, connector, from = '', to }: SeriesKey): boolean {
  const transaction = transactionOf(reading);
  if (transaction !== undefined) return transaction === protocolTransactionId;
  const sameConnector = connector && reading.connector && connectorText(connector) === connectorText(reading.connector);
  return sameConnector === true && reading.at >= from && (to === undefined || reading.at <= to);
}

export function memoryReadingStore(): ReadingStore {
  const rows = new Rows<Reading>();

  const seriesOf = (series: SeriesKey): [string, Reading][] =>
    rows.startingWith(`${canonicalId(series.chargerId)}/`).filter(([, reading]) => belongsTo(reading, series));

  return {
    async record(chargerId, readings) {
      for (const reading of readings) {
        const { at, protocolTransactionId, connector, samples } = reading;
        const place = transactionOf(reading) ?? (connector && connectorText(connector));
        const content = JSON.stringify([place, protocolTransactionId, samples]);
        rows.set(`${canonicalId(chargerId)}/${at}|${content}`, reading);
      }
    },

    async listReadings(series, limit, after) {
      return pageOfRows(seriesOf(series), 'ascending', limit, after);
    },

    async latestReadings(series) {
      const newestFirst = seriesOf(series)
        .map(([, reading]) => reading)
        .reverse();
      return { any: newestFirst[0], register: newestFirst.find(({ registerWh }) => registerWh !== undefined) };
    },
  };
}
