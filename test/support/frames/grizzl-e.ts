/** Grizzl-E: the name of the model is longer than the field. */
export const boot =
  '[2,"g1","BootNotification",{"chargePointVendor":"United Chargers","chargePointModel":"Grizzl-E Smart Connect 40A","firmwareVersion":"05.653"}]';
