/** The configuration keys that have a meaning of their own: those of OCPP 1.6, section 9, and of its security whitepaper. */

type KeyType = 'integer' | 'boolean' | 'list' | 'phases' | 'text' | 'authorizationKey';

/** Where the choice is the charger's, it counts as writable. */
const writable: Record<string, KeyType> = {
  AllowOfflineTxForUnknownId: 'boolean',
  AuthorizationCacheEnabled: 'boolean',
  AuthorizationKey: 'authorizationKey',
  AuthorizeRemoteTxRequests: 'boolean',
  BlinkRepeat: 'integer',
  ClockAlignedDataInterval: 'integer',
  ConnectionTimeOut: 'integer',
  ConnectorPhaseRotation: 'phases',
  CpoName: 'text',
  HeartbeatInterval: 'integer',
  LightIntensity: 'integer',
  LocalAuthListEnabled: 'boolean',
  LocalAuthorizeOffline: 'boolean',
  LocalPreAuthorize: 'boolean',
  MaxEnergyOnInvalidId: 'integer',
  MeterValueSampleInterval: 'integer',
  MeterValuesAlignedData: 'list',
  MeterValuesSampledData: 'list',
  MinimumStatusDuration: 'integer',
  ResetRetries: 'integer',
  SecurityProfile: 'integer',
  StopTransactionOnEVSideDisconnect: 'boolean',
  StopTransactionOnInvalidId: 'boolean',
  StopTxnAlignedData: 'list',
  StopTxnSampledData: 'list',
  TransactionMessageAttempts: 'integer',
  TransactionMessageRetryInterval: 'integer',
  UnlockConnectorOnEVSideDisconnect: 'boolean',
  WebSocketPingInterval: 'integer',
};

const readonly: Record<string, KeyType> = {
  AdditionalRootCertificateCheck: 'boolean',
  CertificateSignedMaxChainSize: 'integer',
  CertificateStoreMaxLength: 'integer',
  ChargeProfileMaxStackLevel: 'integer',
  ChargingScheduleAllowedChargingRateUnit: 'list',
  ChargingScheduleMaxPeriods: 'integer',
  ConnectorPhaseRotationMaxLength: 'integer',
  ConnectorSwitch3to1PhaseSupported: 'boolean',
  GetConfigurationMaxKeys: 'integer',
  LocalAuthListMaxLength: 'integer',
  MaxChargingProfilesInstalled: 'integer',
  MeterValuesAlignedDataMaxLength: 'integer',
  MeterValuesSampledDataMaxLength: 'integer',
  NumberOfConnectors: 'integer',
  ReserveConnectorZeroSupported: 'boolean',
  SendLocalListMaxLength: 'integer',
  StopTxnAlignedDataMaxLength: 'integer',
  StopTxnSampledDataMaxLength: 'integer',
  SupportedFeatureProfiles: 'list',
  SupportedFeatureProfilesMaxLength: 'integer',
  SupportedFileTransferProtocols: 'list',
};

interface StandardKey {
  type: KeyType;
  readonly: boolean;
}

const keysOf = (types: Record<string, KeyType>, readonly: boolean): [string, StandardKey][] =>
  Object.entries(types).map(([key, type]) => [key.toLowerCase(), { type, readonly }]);

const standardKeys = new Map([...keysOf(writable, false), ...keysOf(readonly, true)]);

const PHASES = /^(?:\d{1,3}\.)?(?:NotApplicable|Unknown|RST|RTS|SRT|STR|TRS|TSR)$/;

const namesIn = (list: string): string[] => (list.trim() === '' ? [] : list.split(',').map((name) => name.trim()));

const rules: Record<KeyType, { rule: string; allows(value: string): boolean }> = {
  integer: {
    rule: 'an integer from 0 to 2147483647 is due',
    allows: (value) => /^\d{1,10}$/.test(value) && Number(value) < 2 ** 31,
  },
  boolean: { rule: 'true or false is due', allows: (value) => /^(?:true|false)$/i.test(value) },
  list: { rule: 'names with commas between them are due', allows: (value) => namesIn(value).every((name) => name) },
  phases: {
    rule: 'phases of connectors are due, as 0.RST, 1.RTS',
    allows: (value) => namesIn(value).every((name) => PHASES.test(name)),
  },
  text: { rule: 'a text is due', allows: () => true },
  // 16 to 20 bytes, as the whitepaper has it: security is no better for a shorter key.
  authorizationKey: {
    rule: '32 to 40 hexadecimal digits are due, two for each byte',
    allows: (value) => /^(?:[\da-f]{2}){16,20}$/i.test(value),
  },
};

const LONGEST_KEY = 50;
const LONGEST_VALUE = 500;

/**
 * Why a charger is not even asked for a change: a standard key that cannot be written, or a value that is none for it. What a vendor's own keys
 * bear, only the charger knows. Undefined where it may be asked.
 */
export function refusalOf(key: string, value: string): { field: 'key' | 'value'; rule: string } | undefined {
  if (key === '' || [...key].length > LONGEST_KEY) return { field: 'key', rule: `1 to ${LONGEST_KEY} characters` };
  if ([...value].length > LONGEST_VALUE) return { field: 'value', rule: `at most ${LONGEST_VALUE} characters` };
  const standard = standardKeys.get(key.toLowerCase());
  if (!standard) return undefined;
  if (standard.readonly) return { field: 'key', rule: 'read-only by OCPP 1.6' };
  const { rule, allows } = rules[standard.type];
  return allows(value) ? undefined : { field: 'value', rule };
}

/**
 * The same for what a person asks for. Whether a value is one for its key, the charger may say itself: its Rejected is an answer like any other.
 * Only with a secret of a wrong form it could lock itself out.
 */
export function refusalOfChange(key: string, value: string): ReturnType<typeof refusalOf> {
  const refusal = refusalOf(key, value);
  const isForTheCharger = refusal?.field === 'value' && !isSecret(key) && [...value].length <= LONGEST_VALUE;
  return isForTheCharger ? undefined : refusal;
}

/** Whether two spellings name one key: those of standard keys differ between chargers in case, those of vendors are theirs to tell apart. */
export const isSameKey = (one: string, other: string): boolean =>
  one === other || (one.toLowerCase() === other.toLowerCase() && standardKeys.has(one.toLowerCase()));

/** The key with which a charger opens the door here. */
export const isAuthorizationKey = (key: string): boolean => isSameKey(key, 'AuthorizationKey');

/** Whose value is neither kept nor shown: also vendors' passwords, by what they are called. */
export const isSecret = (key: string): boolean => /authorizationkey|password|passwd|passphrase|secret/i.test(key);
