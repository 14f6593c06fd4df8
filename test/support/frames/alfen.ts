/** Alfen NG9xx: the whole backlog of readings at once after a reconnect, under an id that was never issued, some in a context of its own. */
export const boot =
  '[2,"1","BootNotification",{"chargePointVendor":"Alfen BV","chargePointModel":"NG910-60023","chargePointSerialNumber":"ACE0123456","firmwareVersion":"6.4.0-4210","meterType":"Eastron"}]';

export const backlog = ['12:00', '12:15', '12:30', '12:45'].map((time, index) => {
  const context = index % 2 === 0 ? 'Sample.Clock' : 'Sample.Offline';
  return `[2,"backlog-${index}","MeterValues",{"connectorId":1,"transactionId":9223372036854775807,"meterValue":[{"timestamp":"2024-03-01T${time}:00Z","sampledValue":[{"value":"${1000 + index}","context":"${context}","measurand":"Energy.Active.Import.Register","unit":"Wh"}]}]}]`;
});
