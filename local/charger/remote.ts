import type { Commanded, Triggerable } from './commands.ts';
import type { Configuration } from './configuration.ts';
import type { Connector, Connectors } from './connectors.ts';
import type { Link } from './link.ts';
import { Heartbeat, MeterValues } from './messages.ts';
import { plugIn, type Supply, sample } from './meter.ts';
import type { Outbox } from './outbox.ts';
import type { Registration } from './registration.ts';

export interface RemoteDeps {
  configuration: Configuration;
  connectors: Connectors;
  link: Link;
  outbox: Outbox;
  registration: Registration;
  supply: Supply;
  /** May a session begin? */
  takesSessions(): boolean;
  charge(connector: Connector, idTag: string, how: { authorise: boolean }): Promise<void>;
  restart(type: 'Soft' | 'Hard'): Promise<void>;
  /** The charger's time, as it writes it into messages. */
  timestamp(): string;
}

/** What commands do. Everything that shows on the wire happens after the answer: an effect must not overtake it. */
export class Remote implements Commanded {
  readonly #deps: RemoteDeps;

  constructor(deps: RemoteDeps) {
    this.#deps = deps;
  }

  get configuration(): Configuration {
    return this.#deps.configuration;
  }

  changeAvailability(connectorId: number, operative: boolean): 'Accepted' | 'Rejected' | 'Scheduled' {
    const { connectors } = this.#deps;
    const changed = connectors.get(connectorId);
    if (!changed) return 'Rejected';
    const affected = connectorId === 0 ? connectors.all : [changed];
    for (const connector of affected) connector.operative = operative;
    setImmediate(() => void connectors.showAvailability());
    return affected.some(({ session }) => session) ? 'Scheduled' : 'Accepted';
  }

  remoteStart(idTag: string, connectorId: number | undefined): boolean {
    const { connectors, configuration, takesSessions, charge } = this.#deps;
    const connector = connectors.real
      .filter(({ id }) => connectorId === undefined || id === connectorId)
      .find((candidate) => connectors.isFree(candidate));
    if (!connector || !takesSessions()) return false;
    const authorise = configuration.flag('AuthorizeRemoteTxRequests');
    setImmediate(() => {
      if (connectors.isFree(connector)) void charge(connector, idTag, { authorise });
    });
    return true;
  }

  remoteStop(transactionId: number): boolean {
    const { outbox, connectors, registration } = this.#deps;
    const localId = outbox.localId(transactionId);
    const session = connectors.real.find((connector) => connector.session?.localId === localId)?.session;
    if (localId === undefined || !session || !registration.isAccepted) return false;
    setImmediate(() => session.end('Remote'));
    return true;
  }

  reset(type: 'Soft' | 'Hard'): void {
    setImmediate(() => void this.#deps.restart(type));
  }

  trigger(message: Triggerable, connectorId: number | undefined): boolean {
    const { connectors, link, registration } = this.#deps;
    if (connectorId !== undefined && !connectors.get(connectorId)) return false;
    const wanted = ({ id }: Connector): boolean => connectorId === undefined || id === connectorId;
    const messages: Record<Triggerable, () => void> = {
      BootNotification: () => void registration.bootAgain(),
      Heartbeat: () => void link.ask(Heartbeat, {}),
      MeterValues: () => {
        for (const connector of connectors.real.filter(wanted)) this.#sampleNow(connector);
      },
      StatusNotification: () => {
        for (const connector of connectors.all.filter(wanted)) void connectors.report(connector);
      },
    };
    setImmediate(messages[message]);
    return true;
  }

  unlock(connectorId: number): 'Unlocked' | 'NotSupported' {
    const connector = connectorId > 0 ? this.#deps.connectors.get(connectorId) : undefined;
    if (!connector) return 'NotSupported';
    setImmediate(() => connector.session?.end('UnlockCommand'));
    return 'Unlocked';
  }

  #sampleNow({ id, session, registerWh }: Connector): void {
    if (session) {
      session.sampleNow('Trigger');
      return;
    }
    const { configuration, link, supply, timestamp } = this.#deps;
    const wanted = configuration.measurands('MeterValuesSampledData').filter((name) => name !== 'SoC');
    const sampledValue = sample(plugIn(supply, registerWh, 0), 'Trigger', wanted);
    void link.ask(MeterValues, { connectorId: id, meterValue: [{ timestamp: timestamp(), sampledValue }] });
  }
}
