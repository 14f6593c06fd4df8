import type * as z from 'zod';
import { type CompositeSchedule, compositeSchedule } from '#shared/domain/composite-schedule.ts';
import { type ProfileChange, profilesAfter, profilesOfNow } from '#shared/domain/profile-changes.ts';
import { differenceOf } from '#shared/domain/schedule-difference.ts';
import { toInstant } from '#shared/domain/time.ts';
import type { compositeSchedule as answerShape } from '#shared/http/charging-profile.ts';
import { routes } from '#shared/http/routes/charging-profiles.ts';
import { GetCompositeSchedule } from '#shared/ocpp/v16/GetCompositeSchedule.ts';
import { judgeAnswer } from '#shared/ocpp/violation.ts';
import { profilesAndSessions } from '#shared/runtime/charging-profiles.ts';
import { type HttpContext, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';
import { reportedScheduleOf } from '#shared/runtime/v16-charging.ts';

/** Of the newest commands, and of the newest sessions, so many are looked through. */
const LOOKED_THROUGH = 50;

export const getCompositeSchedule: OperationFunction<typeof routes.getCompositeSchedule> = async (
  { params, query: { connectorId, durationS, unit } },
  context,
) => {
  const charger = await chargerFor(context, params.chargerId);
  const [{ changes, sessions, open }, reported] = await Promise.all([
    profilesAndSessions(context.stores, charger.id),
    newestReport(context, charger.id, connectorId),
  ]);
  const running = sessions.find(({ connector }) => connector.evse === connectorId);
  const ours = compositeSchedule({
    installed: profilesOfNow(changes, open),
    connectorId,
    from: toInstant(context.nowMs),
    durationS,
    unit,
    session: running && { transactionId: running.localId, startedAt: running.startedAt },
  });
  return {
    status: 200,
    body: {
      connectorId,
      ...scheduleAnswer(ours),
      charger: reported ? await compared(context, charger.id, connectorId, reported, changes) : null,
    },
  };
};

interface Report {
  commandId: string;
  answeredAt: string;
  schedule: CompositeSchedule;
}

/** The newest schedule that the charger has answered for the connector. */
async function newestReport({ stores }: HttpContext, chargerId: string, connectorId: number) {
  const { items } = await stores.commands.listCommands(chargerId, LOOKED_THROUGH);
  for (const { action, payload, answer, answeredAt, commandId } of items) {
    if (action !== GetCompositeSchedule.name || answeredAt === undefined) continue;
    const request = GetCompositeSchedule.request.safeParse(payload);
    const judged = judgeAnswer(GetCompositeSchedule, answer);
    if (!request.success || !judged.ok || request.data.connectorId !== connectorId) continue;
    const schedule = reportedScheduleOf(request.data, judged.response, answeredAt);
    if (schedule) return { commandId, answeredAt, schedule } satisfies Report;
  }
  return undefined;
}

/** Held to what we expect of the time, the unit and the session that the answer is about. */
async function compared(
  { stores }: HttpContext,
  chargerId: string,
  connectorId: number,
  { commandId, answeredAt, schedule }: Report,
  changes: ProfileChange[],
): Promise<z.input<typeof answerShape>['charger']> {
  const { startAt, durationS, unit } = schedule;
  const outdated = changes.some((change) => change.commandId > commandId);
  const { items } = await stores.sessions.listOfCharger(chargerId, LOOKED_THROUGH);
  const session = items.find(
    ({ connector, startedAt, endedAt }) =>
      connector?.evse === connectorId &&
      startedAt !== undefined &&
      startedAt <= answeredAt &&
      (endedAt === undefined || endedAt > answeredAt),
  );
  const expected = compositeSchedule({
    installed: profilesAfter(changes),
    connectorId,
    from: startAt,
    durationS,
    unit,
    session:
      session?.startedAt === undefined ? undefined : { transactionId: session.localId, startedAt: session.startedAt },
  });
  return {
    commandId,
    answeredAt,
    ...scheduleAnswer(schedule),
    outdated,
    differences: outdated
      ? null
      : differenceOf(expected, schedule).map(({ fromS, ours, theirs }) => ({
          fromS,
          ours: toldAnswer(ours),
          theirs: toldAnswer(theirs),
        })),
  };
}

const scheduleAnswer = ({ startAt, durationS, unit, periods }: CompositeSchedule) => ({
  startAt,
  durationS,
  unit,
  periods: periods.map(({ startS, limitTenths, phases }) => ({
    startS,
    limit: limitTenths === undefined ? null : limitTenths / 10,
    phases: phases ?? null,
  })),
});

const toldAnswer = (told: { limitTenths: number; unit: 'A' | 'W'; phases?: number } | undefined) =>
  told === undefined ? null : { limit: told.limitTenths / 10, unit: told.unit, phases: told.phases ?? null };

export const handler = httpHandler('getCompositeSchedule', routes.getCompositeSchedule, getCompositeSchedule);
