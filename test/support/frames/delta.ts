/** Delta: forgets the transaction id when the power fails, and stops transaction 0. */
export const start =
  '[2,"a1","StartTransaction",{"connectorId":1,"idTag":"DRIVER","meterStart":1000,"timestamp":"2024-03-01T12:00:00Z"}]';

export const stop =
  '[2,"a2","StopTransaction",{"transactionId":0,"idTag":"DRIVER","meterStop":3500,"timestamp":"2024-03-01T13:00:00Z","reason":"PowerLoss"}]';
