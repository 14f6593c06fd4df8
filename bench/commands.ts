export const scenarios = ['sessions', 'handlers', 'connected', 'outage', 'commands', 'start', 'init'] as const;

export const commands = [...scenarios, 'all', 'compare', 'cost'] as const;

export type Command = (typeof commands)[number];
