import { GetLocalListVersion } from '#shared/ocpp/v16/GetLocalListVersion.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

export const getLocalListVersion = defineOperation<typeof GetLocalListVersion>({ action: GetLocalListVersion });
