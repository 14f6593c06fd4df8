import type { Command } from '#shared/domain/command.ts';
import { atSecond } from './examples.ts';

let made = 0;

/** A Reset that is queued; later ones have later ids. */
export function command(chargerId: string, changes: Partial<Command> = {}): Command {
  made++;
  return {
    commandId: `00000000-0000-7000-8000-${String(made).padStart(12, '0')}`,
    chargerId,
    action: 'Reset',
    payload: { type: 'Soft' },
    state: 'queued',
    by: 'somebody',
    createdAt: atSecond(0),
    expiresAt: atSecond(300),
    whenOffline: 'fail',
    ...changes,
  };
}
