import type { Command } from '#shared/domain/command.ts';
import { afterUpdate, type ListState, outcomeOf } from '#shared/domain/list-sync.ts';
import type { ListUpdate, LocalList } from '#shared/domain/local-list.ts';
import type { RequestOf } from '#shared/ocpp/action.ts';
import { SendLocalList } from '#shared/ocpp/v16/SendLocalList.ts';
import type { Stores } from '#shared/store/stores.ts';
import { knownNumber, knownValues } from './known-configuration.ts';

interface ListNow {
  desired?: LocalList;
  /** With what became of the update that was on its way. */
  state: ListState;
  /** It differs from what is kept. */
  settled: boolean;
}

/**
 * What is known of a charger's list now. What became of an update whose answer never came is read from its command, so that nobody has to be there
 * when its time is over.
 */
export async function listNow(
  { localLists, commands }: Pick<Stores, 'localLists' | 'commands'>,
  chargerId: string,
  nowMs: number,
): Promise<ListNow> {
  const { desired, state } = await localLists.readList(chargerId);
  const { pending } = state;
  if (!pending) return { desired, state, settled: false };
  const command = await commands.findCommand(chargerId, pending.commandId);
  const outcome = outcomeOf(pending, command, statusIn, nowMs);
  if (outcome === 'open') return { desired, state, settled: false };
  return { desired, state: afterUpdate(state, outcome, command && updateIn(command)), settled: true };
}

function statusIn(answer: Command['answer']) {
  const response = SendLocalList.response.safeParse(answer);
  return response.success ? response.data.status : undefined;
}

function updateIn({ payload }: Command): ListUpdate | undefined {
  const request = SendLocalList.request.safeParse(payload);
  return request.success ? updateOf(request.data) : undefined;
}

/** ConcurrentTx, which no list can mean, is refused before it is sent. */
export const updateOf = ({
  updateType,
  listVersion,
  localAuthorizationList = [],
}: RequestOf<typeof SendLocalList>): ListUpdate => ({
  updateType,
  listVersion,
  entries: localAuthorizationList.map(({ idTag, idTagInfo }) => ({
    idTag,
    ...(idTagInfo && idTagInfo.status !== 'ConcurrentTx' && { idTagInfo: { ...idTagInfo, status: idTagInfo.status } }),
  })),
});

/** How long a list may be, as far as the charger has told it. */
export async function listLimits(stores: Pick<Stores, 'configurations'>, chargerId: string) {
  const values = await knownValues(stores, chargerId);
  return {
    maxPerMessage: knownNumber(values, 'SendLocalListMaxLength'),
    maxTotal: knownNumber(values, 'LocalAuthListMaxLength'),
  };
}
