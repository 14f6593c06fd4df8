import { GetConfiguration } from '#shared/ocpp/v16/GetConfiguration.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

export const getConfiguration = defineOperation<typeof GetConfiguration>({ action: GetConfiguration });
