import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Changes } from './changes.ts';
import type { SimulatedClock } from './clock.ts';
import type { Connectors } from './connectors.ts';
import { download, type Retries, type TransferDeps } from './file-transfer.ts';

export type FirmwareStatus =
  | 'Idle'
  | 'Downloading'
  | 'Downloaded'
  | 'DownloadFailed'
  | 'Installing'
  | 'Installed'
  | 'InstallationFailed';

export interface FirmwareDeps extends TransferDeps {
  clock: SimulatedClock;
  changes: Changes;
  connectors: Connectors;
  /** Aborted when the charger has given up, or is done. */
  over: AbortSignal;
  restart(): Promise<void>;
  send(status: FirmwareStatus): Promise<void>;
}

export interface UpdateRequest extends Retries {
  location: string;
  retrieveDate: string;
}

/** What it runs, and how it comes to something newer (OCPP 1.6, 5.19). */
export class Firmware {
  readonly #deps: FirmwareDeps;
  #version = '1.0.0';
  #status: FirmwareStatus = 'Idle';
  #replaced = new AbortController();
  #last: Promise<void> = Promise.resolve();

  constructor(deps: FirmwareDeps) {
    this.#deps = deps;
  }

  get version(): string {
    return this.#version;
  }

  get status(): FirmwareStatus {
    return this.#status;
  }

  /** A later request takes the place of one that is not being installed yet. */
  update(request: UpdateRequest): void {
    this.#replaced.abort();
    this.#replaced = new AbortController();
    const signal = AbortSignal.any([this.#deps.over, this.#replaced.signal]);
    this.#last = this.#last.then(() => this.#update(request, signal));
  }

  async #update({ retrieveDate, ...source }: UpdateRequest, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    // Not before the answer, also when the time has come already.
    await setImmediate();
    if (!(await clock.waitUntil(Date.parse(retrieveDate), signal))) return;
    await this.#tell('Downloading');
    const file = await download(source, this.#deps, signal);
    if (!signal.aborted) await this.#tell(file ? 'Downloaded' : 'DownloadFailed');
    if (file && !signal.aborted) await this.#install(file, signal);
    this.#status = 'Idle';
  }

  /** Waits until nobody charges, and installs between two sessions. */
  async #install(file: Buffer, signal: AbortSignal): Promise<void> {
    const { changes, connectors, restart } = this.#deps;
    await connectors.shut(true);
    const isQuiet = await changes.until(() => connectors.real.every(({ session }) => !session), signal);
    if (!isQuiet || signal.aborted) {
      await connectors.shut(false);
      return;
    }
    await this.#tell('Installing');
    const version = versionIn(file);
    this.#version = version ?? this.#version;
    await restart();
    await this.#tell(version === undefined ? 'InstallationFailed' : 'Installed');
  }

  async #tell(status: FirmwareStatus): Promise<void> {
    this.#status = status;
    await this.#deps.send(status);
  }
}

/** What the first line says after `version:`, else the file's checksum. Undefined for what cannot be installed: nothing, or a version that cannot be told. */
function versionIn(file: Buffer): string | undefined {
  if (file.length === 0) return undefined;
  const [line = ''] = file.subarray(0, 1024).toString('utf8').split(/\r?\n/, 1);
  const named = /^version:(.*)$/i.exec(line)?.[1]?.trim();
  const version = named ?? `sha256-${createHash('sha256').update(file).digest('hex').slice(0, 16)}`;
  return version.length > 0 && version.length <= 50 ? version : undefined;
}
