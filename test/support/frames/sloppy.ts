/** Frames as chargers of the field send them, each beside the specification in the way that its vendor is known for. */
export const sloppy: readonly string[] = [
  // Alfen: a transaction id of 2^63-1, a context that there is not
  '[2,"a1","MeterValues",{"connectorId":1,"transactionId":9223372036854775807,"meterValue":[{"timestamp":"2026-05-31T23:59:59Z","sampledValue":[{"value":"1000","context":"Sample.Boot","unit":"Wh"}]}]}]',
  // AEFA: not JSON
  '[2,"a2","MeterValues",{"connectorId":1,"transactionId":,"meterValue":[{"timestamp":"2026-06-01T12:00:00Z","sampledValue":[{"value":"1"}]}]}]',
  // MicroOcpp: ids that restart at each boot, starts sent again before the first answer
  '[2,"1000001","StartTransaction",{"connectorId":1,"idTag":"04A2B3C4D5E680","meterStart":1000,"timestamp":"2026-06-01T11:59:30Z"}]',
  // ABB Terra AC: the start again with its original time, a stop with data that no meter gave
  '[2,"a4","StartTransaction",{"connectorId":1,"idTag":"04A2B3C4D5E680","meterStart":1000,"timestamp":"2026-06-01T02:00:00Z"}]',
  '[2,"a5","StopTransaction",{"transactionId":17,"meterStop":0,"timestamp":"2026-06-01T02:00:00Z","reason":"Other","transactionData":[]}]',
  // Delta and Hager: stops of transactions that were never issued
  '[2,"a6","StopTransaction",{"transactionId":0,"idTag":"04A2B3C4D5E680","meterStop":9000,"timestamp":"2026-06-01T13:00:00Z"}]',
  '[2,"a7","StopTransaction",{"transactionId":-1,"meterStop":9000,"timestamp":"2026-06-01T13:00:00Z","reason":"PowerLoss"}]',
  // EN+: clocks of 1970
  '[2,"a8","StartTransaction",{"connectorId":1,"idTag":"04A2B3C4D5E680","meterStart":0,"timestamp":"1970-01-01T00:00:07Z"}]',
  '[2,"a9","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Preparing","timestamp":"1970-01-01T00:00:05.000Z"}]',
  // Ocular: closing values of a session that is over
  '[2,"a10","MeterValues",{"connectorId":1,"transactionId":1,"meterValue":[{"timestamp":"2026-06-01T12:59:00Z","sampledValue":[{"value":"8200","context":"Transaction.End"}]}]}]',
  // Grizzl-E: a model longer than its field
  '[2,"a11","BootNotification",{"chargePointVendor":"United Chargers","chargePointModel":"Grizzl-E Smart Connect 40A","firmwareVersion":"05.653:GCW-10.17-05.3:7452:B5EB"}]',
  // Several firmwares: numbers where text is due, empty lists, no transaction
  '[2,"a12","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-06-01T12:00:00Z","sampledValue":[{"value":1234.5,"unit":"Wh","measurand":"Energy.Active.Import.Register"}]}]}]',
  '[2,"a13","MeterValues",{"connectorId":1,"meterValue":[]}]',
  '[2,"a14","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-06-01T12:00:00Z","sampledValue":[]}]}]',
  '[2,"a15","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-06-01T12:00:00","sampledValue":[{"value":"1,5","unit":"Celcius","measurand":"Temperature","location":""},{"value":"","measurand":"Voltage.Neutral","phase":"L4"}]}]}]',
  // Several: properties of their own, at any depth
  '[2,"a16","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available","timestamp":"2026-06-01T12:00:00.123456789Z","evseId":1,"custom":{"temperature":[1,2,{"deep":null}]}}]',
  '[2,"a17","StopTransaction",{"transactionId":1,"idTag":"","meterStop":8200,"timestamp":"2026-06-01T12:59:00Z","reason":"Local stop by RFID"}]',
  '[2,"a18","Heartbeat",null]',
  '\uFEFF[2,"a19","Heartbeat",{}]',
  '[2,"a20","Authorize",{"idTag":null}]',
  '[2,"a21","StartTransaction",{"connectorId":-1,"idTag":"a tag of more than twenty","meterStart":1.5,"timestamp":"yesterday"}]',
  '[2,"a22","StatusNotification",{"connectorId":999,"errorCode":"Faultd","status":"Faultd","info":"<script>alert(1)</script> \'; DROP TABLE"}]',
  '[2,"a23","DataTransfer",{"vendorId":"v","data":"\\ud83d half of a character \\u0000"}]',
  '[2,"heartbeat","heartbeat",{}]',
  '[2,"__proto__","__proto__",{"__proto__":{"connectorId":1},"constructor":{"prototype":1}}]',
  '[2,"a-message-id-of-more-than-thirty-six-characters","Heartbeat",{}]',
  '[2,"a25","FirmwareStatusNotification"]',
  '[4,"a26","OccurrenceConstraintViolation"]',
];
