/** Several simulators and firmwares: numbers for text, empty lists, nothing waited for, the same message ids after each restart. */
export const boot = '[2,"1","BootNotification",{"chargePointVendor":"Simulator","chargePointModel":"Any"}]';

export const status = '[2,"2","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]';

export const start = (minute: number) =>
  `[2,"3","StartTransaction",{"connectorId":1,"idTag":"DRIVER","meterStart":1000,"timestamp":"2024-03-01T12:0${minute}:00Z"}]`;

export const meterValues = [
  '[2,"4","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2024-03-01T12:10:00Z","sampledValue":[{"value":1500.5}]}]}]',
  '[2,"5","MeterValues",{"connectorId":1,"meterValue":[]}]',
];

export const stop = (transactionId: number, reason: string) =>
  `[2,"6","StopTransaction",{"transactionId":${transactionId},"meterStop":2000,"timestamp":"2024-03-01T13:00:00Z","reason":"${reason}"}]`;
