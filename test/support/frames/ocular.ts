/** Ocular: closes a line on which nothing has come in for some 110 s; its last readings come after the stop. */
export const boot =
  '[2,"o1","BootNotification",{"chargePointVendor":"Ocular Charging","chargePointModel":"IQ Commercial","firmwareVersion":"1.0.15"}]';

export const start =
  '[2,"o2","StartTransaction",{"connectorId":1,"idTag":"DRIVER","meterStart":1000,"timestamp":"2024-03-01T12:00:00Z"}]';

export const stop = (transactionId: number) =>
  `[2,"o3","StopTransaction",{"transactionId":${transactionId},"meterStop":3500,"timestamp":"2024-03-01T13:00:00Z","reason":"EVDisconnected"}]`;

export const closingReading = (transactionId: number) =>
  `[2,"o4","MeterValues",{"connectorId":1,"transactionId":${transactionId},"meterValue":[{"timestamp":"2024-03-01T13:00:00Z","sampledValue":[{"value":"3500","context":"Transaction.End"}]}]}]`;
