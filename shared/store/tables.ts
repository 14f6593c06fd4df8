/**
 * Every table, every key. The cloud's templates and the tests' databases are made from this page.
 *
 * chargers  | <CHARGER> / config, connection, connector#…              | one partition a charger: GetItem config (connect), Query (console)
 * tags      | <ID TAG> / tag#<issuer>, slot#<issuer>#…                 | Query by tag (Authorize, StartTransaction)
 * sessions  | <CHARGER> / session#…, start#…, open#…, stop#…           | GetItem by transaction id, by natural key of a start, by connector; Query watch
 * readings  | <CHARGER>#t<transaction> or #c<connector> / time#hash    | Query by session, newest first or oldest first
 * evidence  | <CHARGER> / report#…, violation#…, frame#…; /traces / traced | Query newest first
 * commands  | <CHARGER> / command#…, outstanding, queue#…, …           | Query the queue with what is outstanding; history newest first
 *           | <CHARGER> / configuration                                | GetItem: what the charger told of its keys
 *           | organisation:<id> / template#…                           | Query: how chargers of a make ought to be configured
 *           | /campaign#<id> / campaign, target#…                      | Query a wave; /campaigns#<organisation> lists them
 *           | firmware:<organisation> / firmware#…                      | Query newest first
 */
export interface TableDesign {
  partitionKey: string;
  sortKey: string;
  /** All of them hold keys only: nothing that heartbeats, status or readings change is projected. */
  indexes: Readonly<Record<string, { partitionKey: string; sortKey: string }>>;
  stream: boolean;
  /** The attribute with the epoch second after which an item may go. */
  timeToLive?: string;
}

export const tables = {
  chargers: {
    partitionKey: 'pk',
    sortKey: 'sk',
    indexes: { byOrganisation: { partitionKey: 'organisationKey', sortKey: 'chargerKey' } },
    stream: true,
  },
  tags: { partitionKey: 'pk', sortKey: 'sk', indexes: {}, stream: false },
  sessions: {
    partitionKey: 'pk',
    sortKey: 'sk',
    indexes: {
      byCharger: { partitionKey: 'chargerKey', sortKey: 'receivedKey' },
      open: { partitionKey: 'openKey', sortKey: 'receivedKey' },
      review: { partitionKey: 'reviewKey', sortKey: 'reviewedKey' },
      watch: { partitionKey: 'watchKey', sortKey: 'watchedAt' },
    },
    stream: false,
  },
  readings: { partitionKey: 'pk', sortKey: 'sk', indexes: {}, stream: false },
  evidence: { partitionKey: 'pk', sortKey: 'sk', indexes: {}, stream: false, timeToLive: 'goneAt' },
  commands: { partitionKey: 'pk', sortKey: 'sk', indexes: {}, stream: false, timeToLive: 'goneAt' },
} as const satisfies Record<string, TableDesign>;

export type TableName = keyof typeof tables;

export const tableNames = Object.keys(tables) as TableName[];

/** The environment variable that tells a function the name of a table. */
export const tableVariable = (table: TableName) => `${table.toUpperCase()}_TABLE`;
