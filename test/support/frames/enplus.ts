/** EN+: no clock after a power cut, a Preparing that ends by itself, and the id of a session long over in its readings. */
export const preparing =
  '[2,"e1","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Preparing","timestamp":"1970-01-01T00:00:12Z"}]';

export const available =
  '[2,"e2","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available","timestamp":"1970-01-01T00:01:12Z"}]';

export const start =
  '[2,"e3","StartTransaction",{"connectorId":1,"idTag":"DRIVER","meterStart":1000,"timestamp":"1970-01-01T00:02:00Z"}]';

export const staleReading = (transactionId: number) =>
  `[2,"e4","MeterValues",{"connectorId":1,"transactionId":${transactionId},"meterValue":[{"timestamp":"1970-01-01T00:03:00Z","sampledValue":[{"value":"1500"}]}]}]`;
