import * as z from 'zod';
import type { Charger } from '#shared/domain/charger.ts';
import type { CommandStore } from '#shared/domain/command.ts';
import { speaksHttps } from '#shared/domain/files.ts';
import { lazily } from './app.ts';
import { type CommandApp, deployedCommandApp } from './command-app.ts';
import { type FileReach, withFiles } from './file-app.ts';
import { HttpProblem } from './http-handler.ts';

/** For the functions that tell a charger of files. */
export type FileCommandApp = CommandApp & FileReach;

export const deployedFileCommandApp: () => FileCommandApp = lazily(() => withFiles(deployedCommandApp()));

/** How many of the newest commands are looked through for what the charger said of itself. */
const LOOKED_THROUGH = 50;

const configurationAnswer = z.object({
  configurationKey: z.array(z.object({ key: z.string(), value: z.string().optional() })),
});

/** Throws a problem where the charger has said, in an answer to GetConfiguration, that it cannot use our links (SupportedFileTransferProtocols). */
export async function demandHttps(commands: CommandStore, charger: Charger): Promise<void> {
  const { items } = await commands.listCommands(charger.id, LOOKED_THROUGH);
  const protocols = items
    .flatMap(({ answer }) => configurationAnswer.safeParse(answer).data?.configurationKey ?? [])
    .find(({ key }) => key.toLowerCase() === 'supportedfiletransferprotocols')?.value;
  if (speaksHttps(protocols)) return;
  const detail = `The charger transfers files by ${protocols}, and our links are HTTPS: give it a location of your own`;
  throw new HttpProblem(422, detail);
}
