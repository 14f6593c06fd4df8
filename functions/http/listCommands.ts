import { routes } from '#shared/http/routes/commands.ts';
import { commandAnswer } from '#shared/runtime/answers/command.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

export const listCommands: OperationFunction<typeof routes.listCommands> = async ({ params, query }, context) => {
  const charger = await chargerFor(context, params.chargerId);
  const page = await context.stores.commands.listCommands(charger.id, query.limit, query.next);
  return { status: 200, body: { items: page.items.map(commandAnswer), next: page.next ?? null } };
};

export const handler = httpHandler('listCommands', routes.listCommands, listCommands);
