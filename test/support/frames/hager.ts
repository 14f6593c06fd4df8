/** Hager: goes on charging though it was told ConcurrentTx, and stops transaction -1. */
export const start = (connectorId: number, idTag: string) =>
  `[2,"start-${connectorId}","StartTransaction",{"connectorId":${connectorId},"idTag":"${idTag}","meterStart":1000,"timestamp":"2024-03-01T12:0${connectorId}:00Z"}]`;

export const stop = (meterStop: number) =>
  `[2,"stop","StopTransaction",{"transactionId":-1,"meterStop":${meterStop},"timestamp":"2024-03-01T13:00:00Z","reason":"EVDisconnected"}]`;
