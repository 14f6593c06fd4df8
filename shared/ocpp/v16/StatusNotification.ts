import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { oddConnector } from './oddities.ts';
import { ciString, connectorId, dateTime, empty } from './types.ts';

/** The state of a connector, or of the charger as a whole as connector 0 (S 4.9, 6.47, 6.48). */
export const StatusNotification = defineAction('StatusNotification', {
  section: '4.9',
  request: z.strictObject({
    connectorId,
    errorCode: z.enum([
      'ConnectorLockFailure',
      'EVCommunicationError',
      'GroundFailure',
      'HighTemperature',
      'InternalError',
      'LocalListConflict',
      'NoError',
      'OtherError',
      'OverCurrentFailure',
      'OverVoltage',
      'PowerMeterFailure',
      'PowerSwitchFailure',
      'ReaderFailure',
      'ResetFailure',
      'UnderVoltage',
      'WeakSignal',
    ]),
    info: ciString(50).optional(),
    status: z.enum([
      'Available',
      'Preparing',
      'Charging',
      'SuspendedEVSE',
      'SuspendedEV',
      'Finishing',
      'Reserved',
      'Unavailable',
      'Faulted',
    ]),
    timestamp: dateTime.optional(),
    vendorId: ciString(255).optional(),
    vendorErrorCode: ciString(50).optional(),
  }),
  response: empty,
  oddities: ({ connectorId }, connectors) => oddConnector(connectors, connectorId),
});
