import { routes } from '#shared/http/routes/commands.ts';
import { commandAnswer } from '#shared/runtime/answers/command.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

export const getCommand: OperationFunction<typeof routes.getCommand> = async ({ params }, context) => {
  const charger = await chargerFor(context, params.chargerId);
  const command = await context.stores.commands.findCommand(charger.id, params.commandId);
  if (!command) throw new HttpProblem(404, 'No such command');
  return { status: 200, body: commandAnswer(command) };
};

export const handler = httpHandler('getCommand', routes.getCommand, getCommand);
