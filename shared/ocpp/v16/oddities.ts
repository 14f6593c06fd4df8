import type { Oddity } from '#shared/ocpp/action.ts';
import type { MeterValue } from './types.ts';

/** What the letter of the specification lets pass, and what is counted all the same: an operator wants to know of it. */

/** The highest id that an operator can plan. */
const LAST_PLANNED = 99;

/** Whether a charger can have this connector; one whose connectors nobody told is believed as far as they could be told. */
export const hasConnector = (connectors: readonly number[], connectorId: number): boolean =>
  connectors.length === 0 ? connectorId <= LAST_PLANNED : connectors.includes(connectorId);

/** 0 is the charger as a whole, which every charger has. */
export const oddConnector = (connectors: readonly number[], connectorId: number): Oddity[] =>
  connectorId === 0 || hasConnector(connectors, connectorId)
    ? []
    : [{ field: 'connectorId', rule: 'not a connector of this charger' }];

/** A decimal number of S 7.43; an exponent is none of it, but nobody mistakes it. */
const DECIMAL = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A value that is no number as numbers are written (``, `1,5`, ` 7 `): legal, since the field is text. Signed data is no number. */
export function oddValues(list: string, readings: readonly MeterValue[]): Oddity[] {
  const isOdd = readings.some(({ sampledValue }) =>
    sampledValue.some(({ value, format = 'Raw' }) => format === 'Raw' && !DECIMAL.test(value)),
  );
  return isOdd ? [{ field: `${list}[].sampledValue[].value`, rule: 'a decimal number is due' }] : [];
}
