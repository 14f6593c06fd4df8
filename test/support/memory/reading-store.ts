import { canonicalId } from '#shared/domain/charger.ts';
import { connectorText } from '#shared/domain/connector.ts';
import { REGISTER_LOOK_BACK, type Reading, type ReadingStore, type SeriesKey } from '#shared/domain/reading.ts';
import { wasPossiblyIssued } from '#shared/domain/transaction-id.ts';
import { pageOfRows, Rows } from './rows.ts';

function transactionOf({ filedUnder, protocolTransactionId: id, connector }: Reading): string | undefined {
  if (filedUnder !== undefined) return filedUnder;
  const issued = id !== undefined && wasPossiblyIssued(id);
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
        const { at, reportedAt, protocolTransactionId, connector, samples } = reading;
        const transaction = transactionOf(reading);
        const place = transaction ?? (connector && connectorText(connector));
        const content = JSON.stringify([place, protocolTransactionId, reportedAt, samples]);
        // A blank sorts before every time.
        const time = reportedAt && transaction !== undefined ? ` ${reportedAt}` : at;
        rows.set(`${canonicalId(chargerId)}/${time}|${content}`, reading);
      }
    },

    async listReadings(series, limit, after) {
      return pageOfRows(seriesOf(series), 'ascending', limit, after);
    },

    async latestReadings(series) {
      const newestFirst = seriesOf(series)
        .map(([, reading]) => reading)
        .reverse();
      const looked = newestFirst.slice(0, REGISTER_LOOK_BACK);
      return { any: newestFirst[0], register: looked.find(({ registerWh }) => registerWh !== undefined) };
    },
  };
}
