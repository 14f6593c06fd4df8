/** Ways that many makes share: the misspelt unit of the specification's own schema, and Available before the stop. */
export const temperature =
  '[2,"s1","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2024-03-01T12:10:00Z","sampledValue":[{"value":"41.5","measurand":"Temperature","unit":"Celcius"}]}]}]';

export const start =
  '[2,"s2","StartTransaction",{"connectorId":1,"idTag":"DRIVER","meterStart":1000,"timestamp":"2024-03-01T12:00:00Z"}]';

export const available =
  '[2,"s3","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available","timestamp":"2024-03-01T12:59:58Z"}]';

export const stop = (transactionId: number) =>
  `[2,"s4","StopTransaction",{"transactionId":${transactionId},"meterStop":3500,"timestamp":"2024-03-01T13:00:00Z"}]`;
