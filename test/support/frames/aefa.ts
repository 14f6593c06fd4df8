/** AEFA: a name without a value in every MeterValues. */
export const boot =
  '[2,"1","BootNotification",{"chargePointVendor":"AEFA","chargePointModel":"Borne","firmwareVersion":"2.0.4"}]';

export const meterValues =
  '[2,"77","MeterValues",{"connectorId":1,"transactionId":,"meterValue":[{"timestamp":"2024-03-01T12:10:00Z","sampledValue":[{"value":"1234","unit":"Wh"}]}]}]';
