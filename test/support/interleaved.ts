import type { Scheduler } from 'fast-check';
import type { Stores } from '#shared/store/stores.ts';

/** The same stores, but the scheduler decides which of the calls that are under way is done next. */
export function interleaved(stores: Stores, scheduler: Scheduler): Stores {
  const interleave = <T extends object>(name: string, store: T): T =>
    new Proxy(store, {
      get(target, property) {
        const method: unknown = Reflect.get(target, property);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          await scheduler.schedule(Promise.resolve(), `${name}.${String(property)}`);
          return Reflect.apply(method, target, args);
        };
      },
    });

  return {
    chargers: interleave('chargers', stores.chargers),
    tags: interleave('tags', stores.tags),
    sessions: interleave('sessions', stores.sessions),
    readings: interleave('readings', stores.readings),
    evidence: interleave('evidence', stores.evidence),
    commands: interleave('commands', stores.commands),
    configurations: interleave('configurations', stores.configurations),
    traces: interleave('traces', stores.traces),
    campaigns: interleave('campaigns', stores.campaigns),
    localLists: interleave('localLists', stores.localLists),
    reservations: interleave('reservations', stores.reservations),
    profiles: interleave('profiles', stores.profiles),
    firmware: interleave('firmware', stores.firmware),
  };
}
