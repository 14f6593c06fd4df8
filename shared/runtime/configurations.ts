import type { Charger } from '#shared/domain/charger.ts';
import { type Command, isOver } from '#shared/domain/command.ts';
import { findKey, type KnownConfiguration, pagesOf, toReadAgain } from '#shared/domain/configuration.ts';
import type { Drift } from '#shared/domain/configuration-template.ts';
import { configurationOf } from '#shared/domain/configurations.ts';
import type { TimerCall } from '#shared/domain/send-commands.ts';
import { lookAgainMs } from './commands.ts';
import type { Operations } from './operation.ts';
import type { RequestApp } from './request-app.ts';
import { requestCommand } from './request-command.ts';

/** Who asks a charger about its configuration, or for another one, and on which terms. */
interface Asking extends Pick<Parameters<typeof requestCommand>[2], 'by' | 'whenOffline' | 'expiresInS'> {
  charger: Charger;
  /** Each command gets a key of its own under it. */
  idempotencyKey?: string | undefined;
}

/**
 * Asks a charger for its configuration: for everything, or for what is known, where it answers for fewer keys at once than that (OCPP-S 5.8, 9.1.8).
 * The commands are sent soon.
 */
export async function askForConfiguration(
  app: RequestApp,
  operations: Operations,
  asking: Asking,
  { known, which }: { known: KnownConfiguration; which: 'all' | 'uncertain' },
): Promise<Command[]> {
  const maxKeys = Number(findKey(known, 'GetConfigurationMaxKeys')?.value) || undefined;
  const names = which === 'uncertain' ? toReadAgain(known) : known.keys.map(({ key }) => key);
  const inOne = which === 'all' && (maxKeys === undefined || maxKeys >= names.length);
  const payloads = inOne ? [{}] : pagesOf(names, maxKeys).map((key) => ({ key }));
  return requestAll(
    app,
    operations,
    asking,
    payloads.map((payload, page) => ({ action: 'GetConfiguration', payload, name: `read ${page}` })),
  );
}

/** Whether asking for it could change anything: not where the charger said that it cannot be, nor where it waits for a restart. */
export const isToBeChanged = ({ found }: Drift): boolean => found === 'value' || found === 'unknown';

/** Asks a charger for what it lacks, setting by setting. The commands are sent soon. */
export async function askForSettings(
  app: RequestApp,
  operations: Operations,
  asking: Asking,
  drift: readonly Drift[],
): Promise<Command[]> {
  const changes = drift.filter(isToBeChanged).map(({ key, wanted: value }) => ({
    action: 'ChangeConfiguration',
    payload: { key, value },
    name: `change ${key} ${value}`,
  }));
  return requestAll(app, operations, asking, changes);
}

async function requestAll(
  app: RequestApp,
  operations: Operations,
  { idempotencyKey, ...asking }: Asking,
  wishes: { action: string; payload: object; name: string }[],
): Promise<Command[]> {
  const { charger } = asking;
  const commands: Command[] = [];
  for (const { name, ...wish } of wishes) {
    const key = idempotencyKey === undefined ? undefined : `${idempotencyKey} ${name}`;
    const { commandId, known } = await requestCommand(app, operations, { ...asking, ...wish, idempotencyKey: key });
    const command = known?.command ?? (await app.stores.commands.findCommand(charger.id, commandId));
    if (!command) throw new Error('The command is not there');
    commands.push(command);
  }
  if (commands.length > 0) await app.timers.after(0, { chargerId: charger.id });
  return commands;
}

/** A charger that has just booted is there; if it goes, it gets its template when it comes back within this time. */
const FIRST_BOOT_S = 12 * 3600;

/**
 * What follows when a charger was accepted for the first time: where its template says so, it is read, unless it was before, and gets what it
 * lacks. Called again until the charger has answered; any number of calls ask for each thing once.
 */
export async function afterFirstBoot(app: RequestApp, operations: Operations, call: TimerCall): Promise<void> {
  const { stores, timers } = app;
  const charger = await stores.chargers.findCharger(call.chargerId);
  if (charger?.registration !== 'accepted') return;
  const { known, template } = await configurationOf(stores.configurations, charger);
  if (!template?.applyAfterFirstBoot) return;
  const by = `template:${template.id}`;
  const asking = { charger, by, whenOffline: 'wait', expiresInS: FIRST_BOOT_S, idempotencyKey: 'first boot:' } as const;
  if (known.keys.length === 0 && known.unsupported.length === 0) {
    const [read] = await askForConfiguration(app, operations, asking, { known, which: 'all' });
    if (read && !isOver(read)) {
      const looks = call.looks ?? 0;
      return timers.after(lookAgainMs(looks), { ...call, looks: looks + 1 });
    }
    if (read?.sentAt === undefined) return;
  }
  // As it is since the answer.
  const { drift } = await configurationOf(stores.configurations, charger);
  await askForSettings(app, operations, asking, drift);
}
