import type { Charger } from '#shared/domain/charger.ts';
import { type FileLinks, firmwarePath } from '#shared/domain/files.ts';
import { downloadEndsMs, type FirmwareFile } from '#shared/domain/firmware.ts';
import { isOfMake } from '#shared/domain/make.ts';
import { toInstant } from '#shared/domain/time.ts';
import type { RequestOf } from '#shared/ocpp/action.ts';
import type { UpdateFirmware } from '#shared/ocpp/v16/UpdateFirmware.ts';
import type { App } from './app.ts';
import { type FileReach, uploadedOf } from './file-app.ts';
import { HttpProblem } from './http-handler.ts';

/** A file of the organisation that lies there whole. Throws the problem that says what is wrong with it, by the field that names it. */
export async function wholeFile(
  app: App & FileReach,
  organisationId: string,
  fileId: string,
  field: string,
): Promise<FirmwareFile> {
  const file = await app.stores.firmware.findFile(organisationId, fileId);
  if (!file) throw unfit(field, 'no such file');
  const uploaded = await uploadedOf(app, file);
  if (!uploaded) throw unfit(field, 'its bytes were not put yet');
  const { sizeBytes } = file;
  if (sizeBytes !== undefined && uploaded.sizeBytes !== sizeBytes) {
    throw unfit(field, `${uploaded.sizeBytes} bytes were put, and ${sizeBytes} are due`);
  }
  return file;
}

/** Throws the problem where the charger, as it booted last, is of another make than the file is for. */
export function demandMake({ boot }: Charger, { vendor, model }: FirmwareFile, field: string): void {
  if (!boot || isOfMake(boot, { vendor, model })) return;
  throw unfit(field, `for ${vendor} ${model}, and the charger is ${boot.vendor} ${boot.model}`);
}

const unfit = (field: string, rule: string) => new HttpProblem(422, `${field}: ${rule}`, [{ field, rule }]);

interface Fetching {
  /** From when on it may be fetched, in milliseconds since 1970. */
  retrieveMs: number;
  /** Until when the command may reach the charger. */
  expiresMs: number;
  retries?: number | undefined;
  retryIntervalS?: number | undefined;
}

/** What tells a charger to fetch the file: a link that lives until it may no longer do so. */
export async function updateOf(
  links: FileLinks,
  { fileId, name }: FirmwareFile,
  { retrieveMs, expiresMs, retries, retryIntervalS }: Fetching,
): Promise<RequestOf<typeof UpdateFirmware>> {
  const endsMs = downloadEndsMs(expiresMs, retrieveMs, { retries, retryIntervalS });
  return {
    location: await links.link('download', firmwarePath(fileId, name), endsMs),
    retrieveDate: toInstant(retrieveMs),
    ...(retries !== undefined && { retries }),
    ...(retryIntervalS !== undefined && { retryInterval: retryIntervalS }),
  };
}
