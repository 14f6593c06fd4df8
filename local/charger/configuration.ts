import { isMeasurand, type Key, keysOf, listOf, type StartValues } from './configuration-keys.ts';
import type { Measurand } from './meter.ts';

export type Changed = 'Accepted' | 'Rejected' | 'NotSupported' | 'RebootRequired';

interface KeyReport {
  key: string;
  readonly: boolean;
  value?: string;
}

export class Configuration {
  readonly #keys: Map<string, Key>;
  readonly #onChange: (key: string) => void;

  constructor(start: StartValues, onChange: (key: string) => void) {
    this.#keys = new Map(keysOf(start));
    this.#onChange = onChange;
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
    return listOf(this.text(name)).filter(isMeasurand);
  }

  change(name: string, value: string): Changed {
    const key = this.#keys.get(name);
    if (!key) return 'NotSupported';
    if (key.readonly || !key.allows(value)) return 'Rejected';
    key.value = value;
    this.#onChange(name);
    return key.needsReboot ? 'RebootRequired' : 'Accepted';
  }

  /** GetConfiguration's answer; no names, or none at all, means everything. A secret's value is left out. */
  read(names: readonly string[] = []): { configurationKey: KeyReport[]; unknownKey: string[] } {
    const wanted = names.length > 0 ? names : [...this.#keys.keys()];
    const configurationKey: KeyReport[] = [];
    const unknownKey: string[] = [];
    for (const name of wanted) {
      const key = this.#keys.get(name);
      if (!key) unknownKey.push(name);
      else configurationKey.push({ key: name, readonly: key.readonly, ...(!key.isSecret && { value: key.value }) });
    }
    return { configurationKey, unknownKey };
  }
}
