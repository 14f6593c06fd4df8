import { SendLocalList } from '#shared/ocpp/v16/SendLocalList.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

export const sendLocalList = defineOperation<typeof SendLocalList>({ action: SendLocalList });
