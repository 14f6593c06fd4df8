/** Wallbox: boots again and again when a command comes before it has told its status. */
export const boot =
  '[2,"boot","BootNotification",{"chargePointVendor":"Wallbox","chargePointModel":"PPR1-0-2-4","firmwareVersion":"5.17.67"}]';

export const statuses = [0, 1].map(
  (connectorId) =>
    `[2,"status-${connectorId}","StatusNotification",{"connectorId":${connectorId},"errorCode":"NoError","status":"Available"}]`,
);

export const heartbeat = '[2,"heartbeat","Heartbeat",{}]';
