import type { SimulatedClock } from './clock.ts';
import type { Configuration } from './configuration.ts';
import { type Retries, type TransferDeps, upload } from './file-transfer.ts';
import type { Firmware } from './firmware.ts';
import type { Journal } from './journal.ts';

export type DiagnosticsStatus = 'Idle' | 'Uploading' | 'Uploaded' | 'UploadFailed';

export interface DiagnosticsDeps extends TransferDeps {
  id: string;
  clock: SimulatedClock;
  configuration: Configuration;
  firmware: Firmware;
  journal: Journal;
  /** Aborted when the charger has given up, or is done. */
  over: AbortSignal;
  send(status: DiagnosticsStatus): Promise<void>;
}

export interface DiagnosticsRequest extends Retries {
  /** A folder. */
  location: string;
  startTime?: string;
  stopTime?: string;
}

/** Uploads what happened, as a text (OCPP 1.6, 5.7). */
export class Diagnostics {
  readonly #deps: DiagnosticsDeps;
  #status: DiagnosticsStatus = 'Idle';
  #replaced = new AbortController();

  constructor(deps: DiagnosticsDeps) {
    this.#deps = deps;
  }

  get status(): DiagnosticsStatus {
    return this.#status;
  }

  /** The file's name; undefined when nothing happened in that time. A later request takes the place of one that is under way. */
  request({ startTime, stopTime, ...where }: DiagnosticsRequest): string | undefined {
    const { id, clock, journal } = this.#deps;
    const parse = (time: string | undefined): number | undefined => (time === undefined ? undefined : Date.parse(time));
    const lines = journal.lines(parse(startTime), parse(stopTime));
    if (lines.length === 0) return undefined;
    const time = new Date(clock.now()).toISOString().replace(/[^\dTZ]/g, '');
    const name = `diagnostics-${id.replace(/[^\w-]/g, '_')}-${time}.txt`;
    const text = [...this.#about(), '', ...lines, ''].join('\n');
    this.#replaced.abort();
    this.#replaced = new AbortController();
    const signal = AbortSignal.any([this.#deps.over, this.#replaced.signal]);
    setImmediate(() => void this.#upload({ ...where, name, text }, signal));
    return name;
  }

  /** What the file says before it comes to what happened. */
  #about(): string[] {
    const { id, configuration, firmware } = this.#deps;
    const keys = configuration.read().configurationKey.map(({ key, value }) => `${key} = ${value ?? '(secret)'}`);
    return [`Charger ${id}, firmware ${firmware.version}`, '', ...keys];
  }

  async #upload(file: Parameters<typeof upload>[0], signal: AbortSignal): Promise<void> {
    await this.#tell('Uploading');
    const isUploaded = await upload(file, this.#deps, signal);
    if (signal.aborted) return;
    await this.#tell(isUploaded ? 'Uploaded' : 'UploadFailed');
    if (!signal.aborted) this.#status = 'Idle';
  }

  async #tell(status: DiagnosticsStatus): Promise<void> {
    this.#status = status;
    await this.#deps.send(status);
  }
}
