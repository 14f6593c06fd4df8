import * as z from 'zod';
import { type Evidence, type EvidenceStore, evidenceKinds } from '#shared/domain/evidence.ts';
import type { Paged } from '#shared/domain/paging.ts';
import type { Database } from './database.ts';
import { evidenceKeys } from './keys.ts';
import { pageOfItems } from './pages.ts';

const reportItem = z.object({
  at: z.string(),
  kind: z.enum(evidenceKinds),
  action: z.string(),
  note: z.string().optional(),
  content: z.string(),
});

const violationItem = z.object({
  action: z.string(),
  field: z.string(),
  rule: z.string(),
  count: z.int(),
  firstAt: z.string(),
  lastAt: z.string(),
  example: z.string(),
});

export function dynamoEvidenceStore(database: Database, table: string): EvidenceStore {
  async function list<T>(
    chargerId: string,
    prefix: `${string}#`,
    descending: boolean,
    schema: z.ZodType<T>,
    limit: number,
    after: string | undefined,
  ): Promise<Paged<T>> {
    const listed = { pk: evidenceKeys.partition(chargerId), prefix, descending };
    const { items, next } = await pageOfItems(database, table, listed, limit, after);
    return { items: items.map((item) => schema.parse(item)), next };
  }

  return {
    async keep(chargerId, evidence) {
      const { at, kind, content } = evidence;
      const key = { pk: evidenceKeys.partition(chargerId), sk: evidenceKeys.report(at, kind, content) };
      await database.replace(table, { ...key, ...evidence });
    },

    async countViolation(chargerId, { action, field, rule, at, example }) {
      const key = { pk: evidenceKeys.partition(chargerId), sk: evidenceKeys.violation(action, field, rule) };
      const isLatest = await database.update(
        table,
        key,
        {
          update:
            'SET #action = :action, #field = :field, #rule = :rule, #firstAt = if_not_exists(#firstAt, :at), #lastAt = :at, #example = :example ADD #count :one',
          values: { action, field, rule, at, example, one: 1 },
          condition: 'attribute_not_exists(#lastAt) OR #lastAt <= :at',
        },
        'nothing',
      );
      if (!isLatest) await database.update(table, key, { update: 'ADD #count :one', values: { one: 1 } }, 'nothing');
    },

    listEvidence: (chargerId, limit, after) =>
      list<Evidence>(chargerId, evidenceKeys.reportPrefix, true, reportItem, limit, after),

    listViolations: (chargerId, limit, after) =>
      list(chargerId, evidenceKeys.violationPrefix, false, violationItem, limit, after),
  };
}
