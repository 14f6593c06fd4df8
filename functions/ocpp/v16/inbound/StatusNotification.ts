import type { Timers } from '#shared/domain/send-commands.ts';
import { believe, toInstant } from '#shared/domain/time.ts';
import { StatusNotification } from '#shared/ocpp/v16/StatusNotification.ts';
import type { ActionFunction } from '#shared/runtime/call.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';
import { deployedTimers } from '#shared/runtime/timers.ts';
import { connectorOf, millisecondsOf } from '#shared/runtime/v16-words.ts';

/**
 * The newest status counts, by the charger's own time where that can be believed; an older one is kept beside it. A charger whose local list is at odds with
 * what it was told gets it again (row 46).
 */
export const statusNotification =
  (timers: Timers): ActionFunction<typeof StatusNotification> =>
  async ({ connectorId, timestamp, ...report }, { stores, caller, nowMs, frame }) => {
    const { chargerId } = caller;
    const receivedAt = toInstant(nowMs);
    const told = believe(timestamp === undefined ? undefined : millisecondsOf(timestamp), nowMs);
    // A clock that runs ahead a little is believed, but must not make the next status look old.
    const at = told.at < receivedAt ? told.at : receivedAt;
    const connector = connectorOf(connectorId);
    const recorded = await stores.chargers.recordStatusIfNewer(chargerId, { connector, at, receivedAt, ...report });
    if (!recorded) {
      await stores.evidence.keep(chargerId, {
        at: receivedAt,
        kind: 'staleStatus',
        action: 'StatusNotification',
        content: frame,
      });
    }
    if (report.errorCode === 'LocalListConflict') await timers.after(0, { chargerId, task: 'localListConflict' });
    return {};
  };

export const handler = ocppHandler(StatusNotification, statusNotification(deployedTimers));
