import { afterUpdate, announce } from '#shared/domain/list-sync.ts';
import { toInstant } from '#shared/domain/time.ts';
import { SendLocalList } from '#shared/ocpp/v16/SendLocalList.ts';
import { listLimits, listNow, updateOf } from '#shared/runtime/local-list.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

/** How often an answer is taken anew where something else changed what is known of the list. */
const ATTEMPTS = 5;

/** A version always grows, and one update is on its way at a time: what each one changes is known then (row 46). */
export const sendLocalList = defineOperation<typeof SendLocalList>({
  action: SendLocalList,
  async refuse({ listVersion, localAuthorizationList = [] }, { charger, stores, nowMs }) {
    const [{ state }, { maxPerMessage = Infinity }] = await Promise.all([
      listNow(stores, charger.id, nowMs),
      listLimits(stores, charger.id),
    ]);
    const { lastVersion } = state.held;
    const tooMany = localAuthorizationList.length > maxPerMessage;
    return [
      ...(state.pending ? [{ field: 'payload', rule: 'another update is on its way' }] : []),
      ...(listVersion <= lastVersion ? [{ field: 'listVersion', rule: `above ${lastVersion}` }] : []),
      ...(tooMany
        ? [{ field: 'localAuthorizationList', rule: `at most ${maxPerMessage} (SendLocalListMaxLength)` }]
        : []),
      ...localAuthorizationList.flatMap(({ idTagInfo }, place) =>
        idTagInfo?.status === 'ConcurrentTx'
          ? [{ field: `localAuthorizationList.${place}.idTagInfo.status`, rule: 'not ConcurrentTx' }]
          : [],
      ),
    ];
  },
  async announce({ listVersion }, { charger, stores, nowMs, commandId }) {
    const { state } = await listNow(stores, charger.id, nowMs);
    if (state.pending || listVersion <= state.held.lastVersion) return false;
    return stores.localLists.replaceState(charger.id, announce(state, listVersion, commandId, toInstant(nowMs)));
  },
  async answered(request, { status }, { charger, stores, commandId, timers }) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { state } = await stores.localLists.readList(charger.id);
      // Of an update that was given up, or whose answer is told again, the outcome is known already.
      if (state.pending?.commandId !== commandId) return;
      const after = afterUpdate(state, status, updateOf(request));
      if (!(await stores.localLists.replaceState(charger.id, after))) continue;
      if (after.sync?.state === 'running') await timers.after(0, { chargerId: charger.id, task: 'localList' });
      return;
    }
    throw new Error('What is known of the list changes all the time: the answer could not be taken');
  },
});
