import { createHash } from 'node:crypto';
import type { Charger } from '#shared/domain/charger.ts';
import type { Command } from '#shared/domain/command.ts';
import { speaksHttps } from '#shared/domain/files.ts';
import type { Stores } from '#shared/store/stores.ts';
import { lazily } from './app.ts';
import { type FileReach, withFiles } from './file-app.ts';
import { type HttpContext, HttpProblem } from './http-handler.ts';
import { knownValues } from './known-configuration.ts';
import type { Operations } from './operation.ts';
import { deployedRequestApp, type RequestApp } from './request-app.ts';
import { type CommandWish, requestCommand } from './request-command.ts';

/** For the functions that tell a charger of files. */
export type FileCommandApp = RequestApp & FileReach;

export const deployedFileCommandApp: () => FileCommandApp = lazily(() => withFiles(deployedRequestApp()));

/** Throws a problem where the charger has told that it cannot use our links (SupportedFileTransferProtocols). */
export async function demandHttps(stores: Stores, charger: Charger): Promise<void> {
  const protocols = (await knownValues(stores, charger.id)).get('supportedfiletransferprotocols');
  if (speaksHttps(protocols)) return;
  const detail = `The charger transfers files by ${protocols}, and our links are HTTPS: give it a location of your own`;
  throw new HttpProblem(422, detail);
}

interface Asked {
  charger: Charger;
  commandId: string;
  action: string;
  payload: Record<string, unknown>;
  wish: CommandWish;
  /** What the request said: its links differ each time, and the same request under the same key is the same command. */
  body: unknown;
}

/** Asks for a command with a link in it, which a timer sends at once; answers it as it is then. */
export async function askWithLink(
  context: HttpContext & FileCommandApp,
  operations: Operations,
  { charger, commandId, action, payload, wish, body }: Asked,
): Promise<Command> {
  const { principal, idempotencyKey, timers, stores } = context;
  const digest = createHash('sha256')
    .update(JSON.stringify([action, body, wish]))
    .digest('base64url');
  const { commandId: id } = await requestCommand(context, operations, {
    ...{ charger, action, payload, by: principal.subject, idempotencyKey },
    ...wish,
    noted: { commandId, digest },
  });
  await timers.after(0, { chargerId: charger.id });
  const command = await stores.commands.findCommand(charger.id, id);
  if (!command) throw new Error('The command is not there');
  return command;
}
