import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { oddValues } from './oddities.ts';
import { anyTransactionId, dateTime, idTagInfo, idToken, int32, meterValue } from './types.ts';

/** A session has ended, perhaps long ago. Always answered (S 4.10, 6.49, 6.50; E 3.18). */
export const StopTransaction = defineAction('StopTransaction', {
  section: '4.10',
  request: z.strictObject({
    idTag: idToken.optional(),
    /** Wh */
    meterStop: int32,
    timestamp: dateTime,
    transactionId: anyTransactionId,
    /** Absent means Local. */
    reason: z
      .enum([
        'DeAuthorized',
        'EmergencyStop',
        'EVDisconnected',
        'HardReset',
        'Local',
        'Other',
        'PowerLoss',
        'Reboot',
        'Remote',
        'SoftReset',
        'UnlockCommand',
      ])
      .optional(),
    /** May be empty: its cardinality is 0..*, unlike that of MeterValues (S 6.49). */
    transactionData: z.array(meterValue).optional(),
  }),
  response: z.strictObject({ idTagInfo: idTagInfo.optional() }),
  oddities: ({ transactionData = [] }) => oddValues('transactionData', transactionData),
});
