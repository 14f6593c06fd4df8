import type * as z from 'zod';
import { statusOf, type Tag } from '#shared/domain/tag.ts';
import type { tag } from '#shared/http/tag.ts';

export const tagAnswer = (it: Tag, nowMs: number): z.input<typeof tag> => ({
  idTag: it.idTag,
  issuer: it.issuer === 'installation' ? 'installation' : it.issuer.organisationId,
  status: statusOf(it, nowMs),
  parentIdTag: it.parentIdTag ?? null,
  expiryDate: it.expiryDate ?? null,
  maxOpenSessions: it.maxOpenSessions ?? null,
});
