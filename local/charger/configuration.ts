import { type Measurand, measurands } from './meter.ts';

/** The configuration keys that this charger acts on; it claims no others (OCPP 1.6, 9). */
interface Key {
  value: string;
  readonly: boolean;
  /** Is that a value for it? */
  allows(value: string): boolean;
}

export type Changed = 'Accepted' | 'Rejected' | 'NotSupported';

const whole = (value: string): boolean => /^\d{1,9}$/.test(value);
const wholeOverZero = (value: string): boolean => whole(value) && Number(value) > 0;
const truth = (value: string): boolean => /^(true|false)$/i.test(value);
const list = (value: string): string[] =>
  value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
const isMeasurand = (name: string): name is Measurand => (measurands as readonly string[]).includes(name);
const measurandList = (value: string): boolean => list(value).every(isMeasurand);

export class Configuration {
  readonly #keys: Map<string, Key>;
  readonly #onChange: (key: string) => void;

  constructor(
    start: { connectors: number; sampleIntervalS: number; attempts: number; retryIntervalS: number },
    onChange: (key: string) => void,
  ) {
    const writable = (value: string | number, allows: Key['allows']): Key => ({
      value: String(value),
      readonly: false,
      allows,
    });
    const fixed = (value: string | number): Key => ({ value: String(value), readonly: true, allows: () => false });

    this.#onChange = onChange;
    this.#keys = new Map([
      ['AuthorizeRemoteTxRequests', writable('true', truth)],
      ['GetConfigurationMaxKeys', fixed(50)],
      ['HeartbeatInterval', writable(300, wholeOverZero)],
      ['MeterValueSampleInterval', writable(start.sampleIntervalS, whole)],
      ['MeterValuesSampledData', writable(measurands.join(','), measurandList)],
      ['NumberOfConnectors', fixed(start.connectors)],
      ['StopTransactionOnInvalidId', fixed('true')],
      ['StopTxnSampledData', writable(measurands.join(','), measurandList)],
      ['SupportedFeatureProfiles', fixed('Core,RemoteTrigger')],
      ['TransactionMessageAttempts', writable(start.attempts, wholeOverZero)],
      ['TransactionMessageRetryInterval', writable(start.retryIntervalS, whole)],
    ]);
  }

  text(name: string): string {
    const key = this.#keys.get(name);
    if (!key) throw new Error(`This charger has no configuration key ${name}.`);
    return key.value;
  }

  number(name: string): number {
    return Number(this.text(name));
  }

  flag(name: string): boolean {
    return this.text(name).toLowerCase() === 'true';
  }

  measurands(name: 'MeterValuesSampledData' | 'StopTxnSampledData'): Measurand[] {
    return list(this.text(name)).filter(isMeasurand);
  }

  change(name: string, value: string): Changed {
    const key = this.#keys.get(name);
    if (!key) return 'NotSupported';
    if (key.readonly || !key.allows(value)) return 'Rejected';
    key.value = value;
    this.#onChange(name);
    return 'Accepted';
  }

  /** GetConfiguration's answer; no names, or none at all, means everything. */
  read(names: readonly string[] = []): {
    configurationKey: { key: string; readonly: boolean; value: string }[];
    unknownKey: string[];
  } {
    const wanted = names.length > 0 ? names : [...this.#keys.keys()];
    const configurationKey = [];
    const unknownKey = [];
    for (const name of wanted) {
      const key = this.#keys.get(name);
      if (key) configurationKey.push({ key: name, readonly: key.readonly, value: key.value });
      else unknownKey.push(name);
    }
    return { configurationKey, unknownKey };
  }
}
