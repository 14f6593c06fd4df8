import { createHash } from 'node:crypto';
import { canonicalId } from '#shared/domain/charger.ts';
import { type Connector, connectorText } from '#shared/domain/connector.ts';
import { canonicalTag, type Issuer } from '#shared/domain/tag.ts';

/** Every key of every table is built here and nowhere else. */

/** What DynamoDB takes as a sort key; it refuses a request with anything else, even a read. */
export const isKey = (text: string): boolean => text !== '' && Buffer.byteLength(text) <= 1024;

/** After every key with this prefix, which ends in '#', whatever follows it: '$' is the next character. */
export const endOf = (prefix: `${string}#`): string => `${prefix.slice(0, -1)}$`;

export const chargerKeys = {
  partition: canonicalId,
  config: 'config',
  connection: 'connection',
  connectorPrefix: 'connector#',
  connector: (connector: Connector) => `connector#${connectorText(connector)}`,
};

const issuerText = (issuer: Issuer) =>
  issuer === 'installation' ? 'installation' : `organisation#${issuer.organisationId}`;

export const tagKeys = {
  partition: canonicalTag,
  tag: (issuer: Issuer) => `tag#${issuerText(issuer)}`,
  slotPrefix: (issuer: Issuer) => `slot#${issuerText(issuer)}#`,
  slot: (issuer: Issuer, number: number) => `slot#${issuerText(issuer)}#${number}`,
};

/** Chargers name a transaction by an integer of any length; a key has its limits, and none that was issued is near them. */
const transactionText = (id: string) =>
  id.length <= 100 ? id : `sha256-${createHash('sha256').update(id).digest('base64url')}`;

/** Over how many partitions an organisation's open sessions and reviews are spread. */
const SPREAD = 4;

const spreadOf = (chargerId: string) => (createHash('sha256').update(canonicalId(chargerId)).digest()[0] ?? 0) % SPREAD;

export const sessionKeys = {
  partition: canonicalId,
  session: (localId: string) => `session#${transactionText(localId)}`,
  start: (startKey: string) => `start#${startKey}`,
  stop: (stopKey: string) => `stop#${stopKey}`,
  openPrefix: 'open#',
  open: (connector: Connector) => `open#${connectorText(connector)}`,
  received: (receivedAt: string, chargerId: string, localId: string) =>
    `${receivedAt}#${canonicalId(chargerId)}#${localId}`,
  spread: (organisationId: string, chargerId: string) => `${organisationId}#${spreadOf(chargerId)}`,
  /** What the watch has to look at, of the whole installation. */
  watch: (state: 'active' | 'ended', chargerId: string) => `${state}#${spreadOf(chargerId)}`,
  allWatches: (state: 'active' | 'ended') => Array.from({ length: SPREAD }, (_, index) => `${state}#${index}`),
  allSpreads: (organisationId: string) => Array.from({ length: SPREAD }, (_, index) => `${organisationId}#${index}`),
};

/** Chargers write as many digits of a second as they like; a key has its limits. */
const LONGEST_TIME = 40;

export const readingKeys = {
  ofTransaction: (chargerId: string, protocolTransactionId: string) =>
    `${canonicalId(chargerId)}#t${transactionText(protocolTransactionId)}`,
  ofConnector: (chargerId: string, connector: Connector) => `${canonicalId(chargerId)}#c${connectorText(connector)}`,
  /** '!' sorts before every time: what is not to be believed comes before all that is. */
  disbelieved: (reportedAt: string) => `!${reportedAt.slice(0, LONGEST_TIME)}`,
  reading: (time: string, content: string) =>
    `${time}#${createHash('sha256').update(content).digest('base64url').slice(0, 16)}`,
};

export const evidenceKeys = {
  partition: canonicalId,
  reportPrefix: 'report#' as const,
  report: (at: string, kind: string, content: string) =>
    `report#${at}#${kind}#${createHash('sha256').update(content).digest('base64url').slice(0, 16)}`,
  violationPrefix: 'violation#' as const,
  violation: (action: string, field: string, rule: string) => `violation#${action}#${field}#${rule}`,
};

/** In the table of evidence. */
export const traceKeys = {
  partition: canonicalId,
  entryPrefix: 'frame#' as const,
  entry: (at: string, order: string) => `frame#${at}#${order}`,
  /** No charger can be called so. */
  everybody: '/traces',
  traced: 'traced',
};

/** In the table of commands; no charger's identity has a colon. */
export const firmwareKeys = {
  partition: (organisationId: string) => `firmware:${organisationId}`,
  filePrefix: 'firmware#' as const,
  file: (fileId: string) => `firmware#${fileId}`,
};

export const commandKeys = {
  partition: canonicalId,
  commandPrefix: 'command#' as const,
  command: (commandId: string) => `command#${commandId}`,
  effect: (what: string) => `effect#${what}`,
  idempotency: (key: string) => `key#${createHash('sha256').update(key).digest('base64url')}`,
  /** Right before the queue, and no other key between them: what is outstanding and whose turn is next are read at once. */
  outstanding: 'outstanding',
  queuePrefix: 'queue#' as const,
  queued: (commandId: string) => `queue#${commandId}`,
  localListPrefix: 'local-list#' as const,
  desiredList: 'local-list#desired',
  listState: 'local-list#state',
  reservationPrefix: 'reservation#' as const,
  /** From -2^31 on, in the order of the numbers. */
  reservation: (reservationId: number) => `reservation#${String(reservationId + 2 ** 31).padStart(10, '0')}`,
  profileChangePrefix: 'charging-profile#' as const,
  profileChange: (commandId: string) => `charging-profile#${commandId}`,
};

/** In the table of commands. */
export const configurationKeys = {
  partition: canonicalId,
  known: 'configuration',
  /** No charger's identity has a colon. */
  ofOrganisation: (organisationId: string) => `organisation:${organisationId}`,
  templatePrefix: 'template#' as const,
  template: (templateId: string) => `template#${templateId}`,
};

const PLACES = 6;

/** In the table of commands: no charger can be called so. */
export const campaignKeys = {
  partition: (campaignId: string) => `/campaign#${campaignId}`,
  campaign: 'campaign',
  targetPrefix: 'target#' as const,
  target: (index: number) => `target#${String(index).padStart(PLACES, '0')}`,
  ofOrganisation: (organisationId: string) => `/campaigns#${organisationId}`,
  listedPrefix: 'campaign#' as const,
  listed: (campaignId: string) => `campaign#${campaignId}`,
  idempotency: commandKeys.idempotency,
};
