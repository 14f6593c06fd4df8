import * as z from 'zod';
import type { FirmwareFile, FirmwareStore } from '#shared/domain/firmware.ts';
import { InvalidCursor, pageOf } from '#shared/domain/paging.ts';
import type { Database } from './database.ts';
import { endOf, firmwareKeys, isKey } from './keys.ts';

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
      const prefix = firmwareKeys.filePrefix;
      if (after !== undefined && !(isKey(after) && after.startsWith(prefix))) throw new InvalidCursor();
      const items = await database.between(
        table,
        { pk: firmwareKeys.partition(organisationId), low: prefix, high: after ?? endOf(prefix) },
        { limit: limit + 2, descending: true },
      );
      const fresh = items.filter((item) => item.sk !== after);
      const { items: page, next } = pageOf(fresh, limit, (item) => String(item.sk));
      return { items: page.map((item): FirmwareFile => firmwareItem.parse(item)), next };
    },
  };
}
