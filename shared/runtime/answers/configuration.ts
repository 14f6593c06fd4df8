import type * as z from 'zod';
import type { ConfigurationTemplate, Drift } from '#shared/domain/configuration-template.ts';
import type { Configuration } from '#shared/domain/configurations.ts';
import type { applied, configuration, template } from '#shared/http/configuration.ts';

export function configurationAnswer({ known, template, drift }: Configuration): z.input<typeof configuration> {
  return {
    keys: known.keys.map(({ key, value, readonly, readAt, pendingRestart, uncertain }) => ({
      key,
      value: value ?? null,
      readonly,
      readAt,
      pendingRestart: pendingRestart ?? null,
      uncertain: uncertain ?? false,
    })),
    unsupported: [...known.unsupported],
    template: template ? templateAnswer(template) : null,
    drift: drift.map(driftAnswer),
  };
}

export const driftAnswer = ({ value, ...it }: Drift): z.input<typeof applied>['left'][number] => ({
  ...it,
  value: value ?? null,
});

export const templateAnswer = ({ settings, ...it }: ConfigurationTemplate): z.input<typeof template> => ({
  ...it,
  settings: [...settings],
});
