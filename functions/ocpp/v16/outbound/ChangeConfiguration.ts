import type { Charger } from '#shared/domain/charger.ts';
import { isOver } from '#shared/domain/command.ts';
import { applyChange } from '#shared/domain/configuration.ts';
import { isAuthorizationKey, isSecret, refusalOfChange } from '#shared/domain/configuration-keys.ts';
import { learn } from '#shared/domain/configurations.ts';
import { toInstant } from '#shared/domain/time.ts';
import { ChangeConfiguration } from '#shared/ocpp/v16/ChangeConfiguration.ts';
import { defineOperation, type OperationContext } from '#shared/runtime/operation.ts';

/** In the place of a value that is not kept. No charger would take it for a key: it is no hexadecimal digit. */
const NOT_SHOWN = '***';

/** Errors that say that the charger has not even tried (OCPP-J 4.2.3). After any other one it may have the key, or not. */
const NOT_DONE: readonly string[] = [
  'NotImplemented',
  'NotSupported',
  'FormationViolation',
  'PropertyConstraintViolation',
  'TypeConstraintViolation',
  'OccurenceConstraintViolation',
  'OccurrenceConstraintViolation',
];

/**
 * A charger that takes a new AuthorizationKey drops the line, and its answer can get lost: from before it is sent until the charger has used it, or
 * has not taken it, the new key opens the door beside the old one (OCPP security, TC_073).
 */
export const changeConfiguration = defineOperation<typeof ChangeConfiguration>({
  action: ChangeConfiguration,

  async refuse({ key, value }) {
    const refusal = refusalOfChange(key, value);
    return refusal ? [refusal] : [];
  },

  async prepare({ key, value }, { commandId, charger, stores, credentials }) {
    if (!isAuthorizationKey(key)) return [];
    if (charger.credential === undefined) {
      return [{ field: 'key', rule: 'the charger has no credential that another one could follow' }];
    }
    const pending = charger.nextCredential;
    const isPending = pending !== undefined && (await credentials.matches(pending, Buffer.from(value)));
    const isFree = pending === undefined || (await mayTakeThePlaceOf(pending, isPending, { charger, stores }));
    const credential = isPending ? pending : await credentials.keep({ authorizationKeyHex: value });
    const staged = isFree && (await stores.chargers.stageCredential(charger.id, { ...credential, commandId }, pending));
    return staged ? [] : [{ field: 'value', rule: 'another key is on its way to the charger: withdraw it first' }];
  },

  isPrepared: ({ key }, { charger, commandId }) =>
    !isAuthorizationKey(key) || charger.nextCredential?.commandId === commandId,

  async takeBack({ key }, { chargerId, commandId, stores }) {
    if (isAuthorizationKey(key)) await stores.chargers.dropNextCredential(chargerId, commandId);
  },

  withoutSecrets: ({ key, value }) => (isSecret(key) ? { key, value: value && NOT_SHOWN } : undefined),

  answerWithoutSecrets({ key }, answer) {
    if (!isSecret(key)) return answer;
    const lawful = ChangeConfiguration.response.safeParse(answer);
    return lawful.success ? lawful.data : {};
  },

  async answered({ key, value }, { status }, { charger, stores, nowMs, commandId }) {
    await learn(stores.configurations, charger, (known) => applyChange(known, key, value, status, toInstant(nowMs)));
    if (!isAuthorizationKey(key) || status === 'RebootRequired') return;
    if (status === 'Accepted') await stores.chargers.adoptNextCredential(charger.id, { commandId });
    else await stores.chargers.dropNextCredential(charger.id, commandId);
  },

  async refused({ key }, code, { charger, stores, commandId }) {
    if (isAuthorizationKey(key) && NOT_DONE.includes(code)) {
      await stores.chargers.dropNextCredential(charger.id, commandId);
    }
  },
});

/**
 * The same key may be brought once more when the command that brought it is over. Another one takes its place only where the charger cannot have
 * got it.
 */
async function mayTakeThePlaceOf(
  { commandId }: NonNullable<Charger['nextCredential']>,
  isTheSame: boolean,
  { charger, stores }: Pick<OperationContext, 'charger' | 'stores'>,
): Promise<boolean> {
  if (commandId === undefined) return isTheSame;
  const command = await stores.commands.findCommand(charger.id, commandId);
  if (!command) return true;
  return isTheSame ? isOver(command) : command.state === 'failed' || command.state === 'expired';
}
