import type * as z from 'zod';
import type { FirmwareFile } from '#shared/domain/firmware.ts';
import type { firmwareFile } from '#shared/http/files.ts';

export function firmwareAnswer(
  { fileId, ...it }: FirmwareFile,
  uploaded?: { sizeBytes: number; at: string },
): z.input<typeof firmwareFile> {
  return {
    ...it,
    firmwareFileId: fileId,
    sizeBytes: it.sizeBytes ?? null,
    sha256: it.sha256 ?? null,
    uploaded: uploaded ?? null,
  };
}
