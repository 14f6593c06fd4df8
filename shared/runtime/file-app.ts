import { type FileLinks, type Files, firmwarePath } from '#shared/domain/files.ts';
import type { FirmwareFile } from '#shared/domain/firmware.ts';
import { type App, deployedApp, lazily } from './app.ts';
import { deployedFileLinks } from './file-links.ts';
import { filesBehind } from './files.ts';

export interface FileReach {
  links: FileLinks;
  files: Files;
}

/** For the functions that look at files or hand out links to them. */
export type FileApp = App & FileReach;

export const withFiles = <A extends App>(app: A): A & FileReach => ({
  ...app,
  links: deployedFileLinks,
  files: filesBehind(deployedFileLinks, app.clock),
});

export const deployedFileApp: () => FileApp = lazily(() => withFiles(deployedApp()));

/** What lies there of a file of firmware. */
export async function uploadedOf({ files }: FileReach, { fileId, name }: FirmwareFile) {
  const found = await files.find(firmwarePath(fileId, name));
  return found ? { sizeBytes: found.sizeBytes, at: found.at } : undefined;
}
