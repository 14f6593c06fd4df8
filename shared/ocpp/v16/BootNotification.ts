import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { forgiving } from '#shared/ocpp/leniency.ts';
import { ciString, dateTime } from './types.ts';

/** Makers whose names are longer than the field keep them, whole. */
const name = forgiving(ciString(20), (value) => (typeof value === 'string' ? value : undefined));

/** A charger tells who it is after each start of its own, and learns whether it is heard (S 4.2, 6.3, 6.4). */
export const BootNotification = defineAction('BootNotification', {
  section: '4.2',
  request: z.strictObject({
    chargePointVendor: name,
    chargePointModel: name,
    chargePointSerialNumber: ciString(25).optional(),
    chargeBoxSerialNumber: ciString(25).optional(),
    firmwareVersion: ciString(50).optional(),
    iccid: ciString(20).optional(),
    imsi: ciString(20).optional(),
    meterType: ciString(25).optional(),
    meterSerialNumber: ciString(25).optional(),
  }),
  response: z.strictObject({
    status: z.enum(['Accepted', 'Pending', 'Rejected']),
    currentTime: dateTime,
    /** Seconds: between heartbeats when Accepted, before the next boot otherwise. The gateway cuts idle connections after 600. */
    interval: z.int().min(1).max(300),
  }),
});
