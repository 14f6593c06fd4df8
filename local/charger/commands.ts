import * as z from 'zod';
import type { Configuration } from './configuration.ts';
import type { Answerer } from './link.ts';

/** What the central system can do with a charger. */
export interface Commanded {
  configuration: Configuration;
  changeAvailability(connectorId: number, operative: boolean): 'Accepted' | 'Rejected' | 'Scheduled';
  remoteStart(idTag: string, connectorId: number | undefined): boolean;
  remoteStop(transactionId: number): boolean;
  reset(type: 'Soft' | 'Hard'): void;
  /** False when there is no such connector. */
  trigger(message: Triggerable, connectorId: number | undefined): boolean;
  unlock(connectorId: number): 'Unlocked' | 'NotSupported';
}

const triggerable = ['BootNotification', 'Heartbeat', 'MeterValues', 'StatusNotification'] as const;
export type Triggerable = (typeof triggerable)[number];
const isTriggerable = (name: string): name is Triggerable => (triggerable as readonly string[]).includes(name);

const verdict = (accepted: boolean) => ({ status: accepted ? 'Accepted' : 'Rejected' });

const command = <Request>(request: z.ZodType<Request>, obey: (charger: Commanded, request: Request) => object) => ({
  answerer:
    (charger: Commanded): Answerer =>
    (raw) =>
      obey(charger, request.parse(raw)),
});

/** What this charger obeys. `ocpp-rpc` has checked the request, and answers NotImplemented for everything else. */
const commands = {
  ChangeAvailability: command(
    z.object({ connectorId: z.int(), type: z.enum(['Operative', 'Inoperative']) }),
    (charger, { connectorId, type }) => ({ status: charger.changeAvailability(connectorId, type === 'Operative') }),
  ),
  ChangeConfiguration: command(z.object({ key: z.string(), value: z.string() }), (charger, { key, value }) => ({
    status: charger.configuration.change(key, value),
  })),
  // It keeps no authorisation cache, so it cannot clear one.
  ClearCache: command(z.object({}), () => ({ status: 'Rejected' })),
  GetConfiguration: command(z.object({ key: z.array(z.string()).optional() }), (charger, { key }) =>
    charger.configuration.read(key),
  ),
  RemoteStartTransaction: command(
    z.object({ idTag: z.string(), connectorId: z.int().optional() }),
    (charger, { idTag, connectorId }) => verdict(charger.remoteStart(idTag, connectorId)),
  ),
  RemoteStopTransaction: command(z.object({ transactionId: z.int() }), (charger, { transactionId }) =>
    verdict(charger.remoteStop(transactionId)),
  ),
  Reset: command(z.object({ type: z.enum(['Soft', 'Hard']) }), (charger, { type }) => {
    charger.reset(type);
    return verdict(true);
  }),
  TriggerMessage: command(
    z.object({ requestedMessage: z.string(), connectorId: z.int().optional() }),
    (charger, { requestedMessage, connectorId }) => {
      if (!isTriggerable(requestedMessage)) return { status: 'NotImplemented' };
      return verdict(charger.trigger(requestedMessage, connectorId));
    },
  ),
  UnlockConnector: command(z.object({ connectorId: z.int() }), (charger, { connectorId }) => ({
    status: charger.unlock(connectorId),
  })),
};

export const answerers = (charger: Commanded): [action: string, answerer: Answerer][] =>
  Object.entries(commands).map(([action, { answerer }]) => [action, answerer(charger)]);
