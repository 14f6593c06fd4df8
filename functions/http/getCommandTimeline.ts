import { routes } from '#shared/http/routes/files.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';
import { hasTimeline, timelineOf } from '#shared/runtime/timeline.ts';

export const getCommandTimeline: OperationFunction<typeof routes.getCommandTimeline> = async ({ params }, context) => {
  const { stores } = context;
  const charger = await chargerFor(context, params.chargerId);
  const command = await stores.commands.findCommand(charger.id, params.commandId);
  if (!command) throw new HttpProblem(404, 'No such command');
  if (!hasTimeline(command)) throw new HttpProblem(404, `Chargers do not report how ${command.action} goes`);
  return { status: 200, body: { items: await timelineOf(stores, command) } };
};

export const handler = httpHandler('getCommandTimeline', routes.getCommandTimeline, getCommandTimeline);
