/** Builds of MicroOcpp: message ids that begin anew with each boot, and a start that is sent again before it is answered. */
export const boot =
  '[2,"1000000","BootNotification",{"chargePointVendor":"Own build","chargePointModel":"ESP32","firmwareVersion":"1.2.0"}]';

export const authorise = '[2,"1000001","Authorize",{"idTag":"DRIVER"}]';

/** Of the same natural key, whatever the id. */
export const start = (messageId: string) =>
  `[2,"${messageId}","StartTransaction",{"connectorId":1,"idTag":"DRIVER","meterStart":1000,"timestamp":"2024-03-01T12:00:00.000Z"}]`;
