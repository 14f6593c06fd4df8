import { ClearCache } from '#shared/ocpp/v16/ClearCache.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

/** The answer is the outcome: nobody else sees into a charger's cache. */
export const clearCache = defineOperation<typeof ClearCache>({ action: ClearCache });
