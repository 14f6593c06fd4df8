import type { FirmwareFile, FirmwareStore } from '#shared/domain/firmware.ts';
import { pageOfRows, Rows } from './rows.ts';

export function memoryFirmwareStore(): FirmwareStore {
  const files = new Rows<FirmwareFile>();
  const of = (organisationId: string, fileId: string) => `${organisationId}/${fileId}`;

  return {
    async keepFile(file) {
      const key = of(file.organisationId, file.fileId);
      if (!files.has(key)) files.set(key, file);
    },

    async findFile(organisationId, fileId) {
      return files.get(of(organisationId, fileId));
    },

    async listFiles(organisationId, limit, after) {
      return pageOfRows(files.startingWith(of(organisationId, '')).reverse(), 'descending', limit, after);
    },
  };
}
