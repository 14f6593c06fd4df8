import { HeardSlots } from '#shared/domain/charger.ts';
import type { Timers } from '#shared/domain/send-commands.ts';
import type { Action } from '#shared/ocpp/action.ts';
import { OcppError } from '#shared/ocpp/errors.ts';
import { type InboundName, inbound, outbound } from '#shared/ocpp/v16/index.ts';
import type { ActionFunction, Dispatch } from '#shared/runtime/call.ts';
import { takeAnswer } from '#shared/runtime/commands.ts';
import { routerHandler } from '#shared/runtime/ocpp-handler.ts';
import { deployedTimedApp, type TimedApp } from '#shared/runtime/timed-app.ts';
import { deployedTimers } from '#shared/runtime/timers.ts';
import { authorize } from './inbound/Authorize.ts';
import { bootNotification } from './inbound/BootNotification.ts';
import { dataTransfer } from './inbound/DataTransfer.ts';
import { diagnosticsStatusNotification } from './inbound/DiagnosticsStatusNotification.ts';
import { firmwareStatusNotification } from './inbound/FirmwareStatusNotification.ts';
import { heartbeat } from './inbound/Heartbeat.ts';
import { meterValues } from './inbound/MeterValues.ts';
import { startTransaction } from './inbound/StartTransaction.ts';
import { statusNotification } from './inbound/StatusNotification.ts';
import { stopTransaction } from './inbound/StopTransaction.ts';
import { operations } from './operations.ts';

const functionsWith = (timers: Timers): { [Name in InboundName]: ActionFunction<(typeof inbound)[Name]> } => ({
  Authorize: authorize,
  BootNotification: bootNotification(timers),
  DataTransfer: dataTransfer,
  DiagnosticsStatusNotification: diagnosticsStatusNotification,
  FirmwareStatusNotification: firmwareStatusNotification,
  Heartbeat: heartbeat(new HeardSlots()),
  MeterValues: meterValues,
  StartTransaction: startTransaction,
  StatusNotification: statusNotification(timers),
  StopTransaction: stopTransaction,
});

/** Every action there is: the system works also where the gateway delivers everything here (J 4.2.3). */
export function dispatchWith(timers: Timers): Dispatch {
  const functions = functionsWith(timers);
  return (name) => {
    if (Object.hasOwn(inbound, name)) {
      const known = name as InboundName;
      return { action: inbound[known] as Action, run: functions[known] as ActionFunction };
    }
    if (Object.hasOwn(outbound, name)) throw new OcppError('NotSupported', `${name}: only the central system sends it`);
    throw new OcppError('NotImplemented', `${name.slice(0, 100)}: no such action`);
  };
}

/** $default: unknown actions, broken frames, answers to commands. */
export const handler = routerHandler(
  dispatchWith(deployedTimers),
  (app: TimedApp) => (chargerId, frame) => takeAnswer(app, operations, chargerId, frame),
  deployedTimedApp,
);
