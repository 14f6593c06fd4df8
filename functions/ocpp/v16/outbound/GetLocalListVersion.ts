import { versionTold } from '#shared/domain/local-list.ts';
import { GetLocalListVersion } from '#shared/ocpp/v16/GetLocalListVersion.ts';
import { listNow } from '#shared/runtime/local-list.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

const ATTEMPTS = 5;

/** While an update is on its way, the version that is told may be that of before or after it: the answer to the update tells more. */
export const getLocalListVersion = defineOperation<typeof GetLocalListVersion>({
  action: GetLocalListVersion,
  async answered(_, { listVersion }, { charger, stores, nowMs }) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { state } = await listNow(stores, charger.id, nowMs);
      if (state.pending) return;
      const told = { ...state, held: versionTold(state.held, listVersion) };
      if (await stores.localLists.replaceState(charger.id, told)) return;
    }
    throw new Error('What is known of the list changes all the time: the answer could not be taken');
  },
});
