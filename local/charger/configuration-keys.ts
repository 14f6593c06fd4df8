import { type Measurand, measurands } from './meter.ts';

/** A configuration key that this charger acts on (OCPP 1.6, 9); it claims no others. */
export interface Key {
  value: string;
  readonly: boolean;
  /** Is that a value for it? */
  allows(value: string): boolean;
  /** It is never told. */
  isSecret?: boolean;
  /** A new value counts from the next restart on. */
  needsReboot?: boolean;
}

export interface StartValues {
  connectors: number;
  sampleIntervalS: number;
  attempts: number;
  retryIntervalS: number;
  pingIntervalMs?: number;
  supply: { phases: 1 | 3 };
}

/** The values of keys that are lists. */
export const listOf = (value: string): string[] =>
  value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
export const isMeasurand = (name: string): name is Measurand => (measurands as readonly string[]).includes(name);

const whole: Key['allows'] = (value) => /^\d{1,9}$/.test(value);
const wholeOverZero: Key['allows'] = (value) => whole(value) && Number(value) > 0;
const truth: Key['allows'] = (value) => /^(true|false)$/i.test(value);
const measurandList: Key['allows'] = (value) => listOf(value).every(isMeasurand);
/** 16 to 20 bytes (security whitepaper, A01). */
const key: Key['allows'] = (value) => /^([0-9a-f]{2}){16,20}$/i.test(value);

const writable = (value: string | number | boolean, allows: Key['allows']): Key => ({
  value: String(value),
  readonly: false,
  allows,
});
const fixed = (value: string | number | boolean): Key => ({
  value: String(value),
  readonly: true,
  allows: () => false,
});

const profiles = [
  'Core',
  'FirmwareManagement',
  'LocalAuthListManagement',
  'RemoteTrigger',
  'Reservation',
  'SmartCharging',
];

export const keysOf = (start: StartValues): [name: string, key: Key][] => [
  // Core. It takes no samples by the wall clock, and a cable that is pulled always ends its session.
  ['AllowOfflineTxForUnknownId', writable(false, truth)],
  ['AuthorizationCacheEnabled', writable(true, truth)],
  ['AuthorizationKey', { ...writable('', key), isSecret: true }],
  ['AuthorizeRemoteTxRequests', writable(true, truth)],
  ['ClockAlignedDataInterval', fixed(0)],
  ['ConnectionTimeOut', writable(60, wholeOverZero)],
  ['ConnectorPhaseRotation', fixed(phaseRotation(start))],
  ['GetConfigurationMaxKeys', fixed(20)],
  ['HeartbeatInterval', writable(300, wholeOverZero)],
  ['LocalAuthorizeOffline', writable(true, truth)],
  ['LocalPreAuthorize', writable(false, truth)],
  ['MeterValuesAlignedData', fixed('')],
  ['MeterValueSampleInterval', writable(start.sampleIntervalS, whole)],
  ['MeterValuesSampledData', writable(measurands.join(','), measurandList)],
  ['NumberOfConnectors', fixed(start.connectors)],
  ['ResetRetries', fixed(0)],
  ['StopTransactionOnEVSideDisconnect', fixed(true)],
  ['StopTransactionOnInvalidId', fixed(true)],
  ['StopTxnAlignedData', fixed('')],
  ['StopTxnSampledData', writable(measurands.join(','), measurandList)],
  ['SupportedFeatureProfiles', fixed(profiles.join(','))],
  ['TransactionMessageAttempts', writable(start.attempts, wholeOverZero)],
  ['TransactionMessageRetryInterval', writable(start.retryIntervalS, whole)],
  ['UnlockConnectorOnEVSideDisconnect', fixed(true)],
  [
    'WebSocketPingInterval',
    { ...writable(Math.ceil((start.pingIntervalMs ?? 30_000) / 1000), whole), needsReboot: true },
  ],
  // Firmware management
  ['SupportedFileTransferProtocols', fixed('HTTP,HTTPS')],
  // Local list
  ['LocalAuthListEnabled', writable(true, truth)],
  ['LocalAuthListMaxLength', fixed(500)],
  ['SendLocalListMaxLength', fixed(100)],
  // Reservation
  ['ReserveConnectorZeroSupported', fixed(true)],
  // Smart charging
  ['ChargeProfileMaxStackLevel', fixed(10)],
  ['ChargingScheduleAllowedChargingRateUnit', fixed('Current,Power')],
  ['ChargingScheduleMaxPeriods', fixed(24)],
  ['MaxChargingProfilesInstalled', fixed(20)],
];

function phaseRotation({ connectors, supply }: StartValues): string {
  const rotation = supply.phases === 3 ? 'RST' : 'NotApplicable';
  return Array.from({ length: connectors }, (_, index) => `${index + 1}.${rotation}`).join(',');
}
