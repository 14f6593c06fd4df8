import * as z from 'zod';
import type { FirmwareFile, FirmwareStore } from '#shared/domain/firmware.ts';
import type { Database } from './database.ts';
import { firmwareKeys, isKey } from './keys.ts';
import { pageOfItems } from './pages.ts';

const firmwareItem = z.object({
  fileId: z.string(),
  organisationId: z.string(),
  name: z.string(),
  version: z.string(),
  vendor: z.string(),
  model: z.string(),
  sizeBytes: z.int().optional(),
  sha256: z.string().optional(),
  by: z.string(),
  createdAt: z.string(),
});

export function dynamoFirmwareStore(database: Database, table: string): FirmwareStore {
  return {
    async keepFile(file) {
      const key = { pk: firmwareKeys.partition(file.organisationId), sk: firmwareKeys.file(file.fileId) };
      await database.put(table, { ...key, ...file }, 'attribute_not_exists(pk)');
    },

    async findFile(organisationId, fileId) {
      const sk = firmwareKeys.file(fileId);
      if (!isKey(sk)) return undefined;
      const item = await database.get(table, { pk: firmwareKeys.partition(organisationId), sk });
      return item && (firmwareItem.parse(item) satisfies FirmwareFile);
    },

    async listFiles(organisationId, limit, after) {
      const listed = { pk: firmwareKeys.partition(organisationId), prefix: firmwareKeys.filePrefix, descending: true };
      const { items, next } = await pageOfItems(database, table, listed, limit, after);
      return { items: items.map((item): FirmwareFile => firmwareItem.parse(item)), next };
    },
  };
}
