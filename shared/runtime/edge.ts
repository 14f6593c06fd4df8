import type { MiddlewareObj } from '@middy/core';
import type { App } from './app.ts';
import { type Entry, writeEntry } from './journal.ts';

/** What happened, as the journal wants to know it. */
export type Happening = Omit<Entry, 'latencyMs'>;

interface Traced {
  startedMs: number;
  happening?: Happening;
}

const traces = new WeakMap<object, Traced>();

/** Tells the journal what the event turned out to be. */
export function tell(event: object, happening: Happening): void {
  const trace = traces.get(event);
  if (trace) trace.happening = happening;
}

/** What every function has around it: a line in the journal, with metrics, for each event that it was asked to handle. */
export function edge<Event extends object, Result>(app: () => App, name: string): MiddlewareObj<Event, Result>[] {
  const write = (event: object, refusal?: string) => {
    const trace = traces.get(event);
    if (!trace) return;
    const happening = trace.happening ?? { action: name, about: {} };
    writeEntry({ ...happening, refusal: refusal ?? happening.refusal, latencyMs: app().clock() - trace.startedMs });
  };
  return [
    {
      before: ({ event }) => {
        traces.set(event, { startedMs: app().clock() });
      },
      after: ({ event }) => write(event),
      onError: ({ event, error }) => {
        app().log.error(`${name} failed`, { error });
        write(event, 'Failed');
      },
    },
  ];
}
