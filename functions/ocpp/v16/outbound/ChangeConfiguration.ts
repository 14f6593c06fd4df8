import { ChangeConfiguration } from '#shared/ocpp/v16/ChangeConfiguration.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

export const changeConfiguration = defineOperation<typeof ChangeConfiguration>({ action: ChangeConfiguration });
