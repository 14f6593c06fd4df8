import { DataTransfer } from '#shared/ocpp/v16/DataTransfer.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

/** The answer is the outcome: what it means is between the vendor and whoever asked. */
export const dataTransfer = defineOperation<typeof DataTransfer>({ action: DataTransfer });
