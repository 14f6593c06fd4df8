import * as z from 'zod';
import type { MeterValue } from './meter.ts';

/** Who made it. */
export const vendor = 'Chargeline';

/** The OCPP 1.6 operations that this charger starts, and what it reads of their answers. Their shape is `ocpp-rpc`'s to check (strict mode). */
export interface Operation<Answer> {
  action: string;
  answer: z.ZodType<Answer>;
}

export const idTagInfo = z.object({
  status: z.enum(['Accepted', 'Blocked', 'Expired', 'Invalid', 'ConcurrentTx']),
  expiryDate: z.string().optional(),
  parentIdTag: z.string().optional(),
});
const nothing: z.ZodType<object> = z.object({});

export const Authorize = { action: 'Authorize', answer: z.object({ idTagInfo }) };
export const BootNotification = {
  action: 'BootNotification',
  answer: z.object({
    status: z.enum(['Accepted', 'Pending', 'Rejected']),
    currentTime: z.string(),
    interval: z.int(),
  }),
};
export const DiagnosticsStatusNotification = { action: 'DiagnosticsStatusNotification', answer: nothing };
export const FirmwareStatusNotification = { action: 'FirmwareStatusNotification', answer: nothing };
export const Heartbeat = { action: 'Heartbeat', answer: nothing };
export const MeterValues = { action: 'MeterValues', answer: nothing };
export const StartTransaction = {
  action: 'StartTransaction',
  answer: z.object({ transactionId: z.int(), idTagInfo }),
};
export const StatusNotification = { action: 'StatusNotification', answer: nothing };
const StopTransaction = { action: 'StopTransaction', answer: z.object({ idTagInfo: idTagInfo.optional() }) };

/** The three that are queued for delivery. */
export const transactionOperations = { StartTransaction, MeterValues, StopTransaction } satisfies Record<
  string,
  Operation<object>
>;

export type TagInfo = z.infer<typeof idTagInfo>;
export type TagStatus = TagInfo['status'];

export type Status =
  | 'Available'
  | 'Preparing'
  | 'Charging'
  | 'SuspendedEV'
  | 'SuspendedEVSE'
  | 'Finishing'
  | 'Reserved'
  | 'Unavailable'
  | 'Faulted';

export const stopReasons = [
  'Local',
  'EVDisconnected',
  'EmergencyStop',
  'PowerLoss',
  'Reboot',
  'Other',
  'Remote',
  'SoftReset',
  'HardReset',
  'UnlockCommand',
  'DeAuthorized',
] as const;
export type StopReason = (typeof stopReasons)[number];

/** The three transaction-related messages (OCPP 1.6, 3.7.1), as they wait for delivery: plain data, the transaction by its local id. */
export type TransactionMessage = { localId: string } & (
  | {
      action: 'StartTransaction';
      payload: { connectorId: number; idTag: string; meterStart: number; timestamp: string; reservationId?: number };
    }
  | { action: 'MeterValues'; payload: { connectorId: number; meterValue: MeterValue[] } }
  | {
      action: 'StopTransaction';
      payload: {
        idTag?: string;
        meterStop: number;
        timestamp: string;
        reason: StopReason;
        transactionData?: MeterValue[];
      };
    }
);
