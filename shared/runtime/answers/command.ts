import type * as z from 'zod';
import type { Command } from '#shared/domain/command.ts';
import type { command } from '#shared/http/command.ts';

export function commandAnswer(it: Command): z.input<typeof command> {
  return {
    commandId: it.commandId,
    chargerId: it.chargerId,
    action: it.action,
    payload: it.payload,
    state: it.state,
    reason: it.reason ?? null,
    answer: it.answer ?? null,
    lateAnswer: it.lateAnswer ?? null,
    observed: it.observed ?? null,
    by: it.by,
    whenOffline: it.whenOffline,
    createdAt: it.createdAt,
    expiresAt: it.expiresAt,
    sentAt: it.sentAt ?? null,
    answeredAt: it.answeredAt ?? null,
  };
}
