/** Version-neutral: OCPP 1.6 numbers connectors only, and each of them stands for an EVSE of its own. */
export interface Connector {
  evse: number;
  connector: number;
}

/** The charger as a whole. */
export const wholeCharger: Connector = { evse: 0, connector: 0 };

/** Fixed width, so that text order is number order. */
export const connectorText = ({ evse, connector }: Connector): string =>
  `${String(evse).padStart(10, '0')}.${String(connector).padStart(2, '0')}`;
