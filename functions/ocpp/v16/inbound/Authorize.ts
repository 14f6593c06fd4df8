import { statusOf } from '#shared/domain/tag.ts';
import { Authorize } from '#shared/ocpp/v16/Authorize.ts';
import type { ActionFunction } from '#shared/runtime/call.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';
import { idTagInfoOf } from '#shared/runtime/v16-words.ts';

/** An idTag that nobody knows is Invalid, and is not created by asking. */
export const authorize: ActionFunction<typeof Authorize> = async ({ idTag }, { stores, caller, nowMs }) => {
  const { tag } = await stores.tags.lookUp(idTag, caller.organisationId);
  return { idTagInfo: idTagInfoOf(statusOf(tag, nowMs), tag) };
};

export const handler = ocppHandler(Authorize, authorize);
