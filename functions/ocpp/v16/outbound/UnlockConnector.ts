import { UnlockConnector } from '#shared/ocpp/v16/UnlockConnector.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

/** The answer is the outcome. A session that it ends is ended by its StopTransaction. */
export const unlockConnector = defineOperation<typeof UnlockConnector>({ action: UnlockConnector });
