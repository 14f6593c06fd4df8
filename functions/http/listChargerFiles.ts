import { uploadAt, uploadsOf } from '#shared/domain/files.ts';
import { InvalidCursor } from '#shared/domain/paging.ts';
import { toInstant } from '#shared/domain/time.ts';
import { routes } from '#shared/http/routes/files.ts';
import { deployedFileApp, type FileApp } from '#shared/runtime/file-app.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

/** For how long the links of a list lead to its files. */
const LINK_MS = 3600_000;

export const listChargerFiles: OperationFunction<typeof routes.listChargerFiles, FileApp> = async (
  { params, query },
  context,
) => {
  const { files, links, nowMs } = context;
  const charger = await chargerFor(context, params.chargerId);
  const prefix = uploadsOf(charger.id);
  if (query.next !== undefined && !(query.next.startsWith(prefix) && uploadAt(query.next))) throw new InvalidCursor();
  const page = await files.list(prefix, query.limit, query.next);
  const endsMs = nowMs + LINK_MS;
  const items = page.items.map(async ({ path, sizeBytes, at }) => {
    const upload = uploadAt(path);
    if (!upload) return [];
    const url = await links.link('download', path, endsMs);
    return [{ chargerId: charger.id, ...upload, sizeBytes, at, url, urlEndsAt: toInstant(endsMs) }];
  });
  return { status: 200, body: { items: (await Promise.all(items)).flat(), next: page.next ?? null } };
};

export const handler = httpHandler('listChargerFiles', routes.listChargerFiles, listChargerFiles, deployedFileApp);
