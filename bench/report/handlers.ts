import type { HandlersResult } from '#bench/handlers/result.ts';
import type { Section } from './section.ts';

export function handlersReport({ rounds, handlers }: HandlersResult): Section[] {
  return [
    {
      title: `handlers: the deployed functions with stores in memory, milliseconds per message; ${rounds} batches of 50 sessions`,
      heads: ['action', 'median ms', 'mean ms', 'aim'],
      rows: handlers.map(({ action, p50, mean }) => [action, p50, mean, '< 0.30']),
    },
  ];
}
