import { GetCompositeSchedule } from '#shared/ocpp/v16/GetCompositeSchedule.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

export const getCompositeSchedule = defineOperation<typeof GetCompositeSchedule>({ action: GetCompositeSchedule });
