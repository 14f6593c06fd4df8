import { canonicalId } from '#shared/domain/charger.ts';
import type { Evidence, EvidenceStore, ViolationCount } from '#shared/domain/evidence.ts';
import { pageOfRows, Rows } from './rows.ts';

export function memoryEvidenceStore(): EvidenceStore {
  const reports = new Rows<Evidence>();
  const violations = new Rows<ViolationCount>();

  return {
    async keep(chargerId, evidence) {
      reports.set(`${canonicalId(chargerId)}/${evidence.at}|${evidence.kind}|${evidence.content}`, evidence);
    },

    async countViolation(chargerId, { action, field, rule, at, example }) {
      const key = `${canonicalId(chargerId)}/${action}|${field}|${rule}`;
      const before = violations.get(key);
      const { count, firstAt } = before ?? { count: 0, firstAt: at };
      const latest = before && before.lastAt > at ? before : { lastAt: at, example };
      violations.set(key, {
        action,
        field,
        rule,
        count: count + 1,
        firstAt,
        lastAt: latest.lastAt,
        example: latest.example,
      });
    },

    async listEvidence(chargerId, limit, after) {
      const newestFirst = reports.startingWith(`${canonicalId(chargerId)}/`).reverse();
      return pageOfRows(newestFirst, 'descending', limit, after);
    },

    async listViolations(chargerId, limit, after) {
      return pageOfRows(violations.startingWith(`${canonicalId(chargerId)}/`), 'ascending', limit, after);
    },
  };
}
