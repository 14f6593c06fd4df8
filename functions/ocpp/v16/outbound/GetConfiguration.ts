import { applyRead } from '#shared/domain/configuration.ts';
import { isSecret } from '#shared/domain/configuration-keys.ts';
import { learn } from '#shared/domain/configurations.ts';
import { toInstant } from '#shared/domain/time.ts';
import { GetConfiguration } from '#shared/ocpp/v16/GetConfiguration.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

/** What is answered is known from then on. */
export const getConfiguration = defineOperation<typeof GetConfiguration>({
  action: GetConfiguration,
  answerWithoutSecrets(_, answer) {
    const { configurationKey, ...rest } = answer;
    return Array.isArray(configurationKey) ? { configurationKey: configurationKey.map(withoutValue), ...rest } : rest;
  },
  answered: (_, response, { charger, stores, nowMs }) =>
    learn(stores.configurations, charger, (known) => applyRead(known, response, toInstant(nowMs))),
});

function withoutValue(told: unknown): unknown {
  if (typeof told !== 'object' || told === null || !('key' in told) || !isSecret(String(told.key))) return told;
  return { ...told, value: undefined };
}
