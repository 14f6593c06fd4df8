import * as z from 'zod';
import { type Command, type CommandStore, commandReasons, commandStates } from '#shared/domain/command.ts';
import { type Database, part } from './database.ts';
import { commandKeys, endOf, isKey } from './keys.ts';
import { pageOfItems } from './pages.ts';

const object = z.record(z.string(), z.unknown());

const commandItem = z.object({
  commandId: z.string(),
  chargerId: z.string(),
  action: z.string(),
  payload: object,
  sealed: z.string().optional(),
  state: z.enum(commandStates),
  reason: z.enum(commandReasons).optional(),
  by: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  whenOffline: z.enum(['fail', 'wait']),
  sentAt: z.string().optional(),
  dueAt: z.string().optional(),
  answeredAt: z.string().optional(),
  answer: object.optional(),
  lateAnswer: z.object({ at: z.string(), answer: object }).optional(),
  observed: z.object({ at: z.string(), what: z.string() }).optional(),
  watchedUntil: z.string().optional(),
});

const outstandingItem = z.object({ commandId: z.string(), dueAt: z.string() });
const keyItem = z.object({ commandId: z.string(), digest: z.string(), goneAt: z.int() });

/** Of an outcome that meets others' transactions: each of them is soon over. */
const ATTEMPTS = 5;

/** For how long a repeated request finds its command. */
const KEY_KEPT_S = 24 * 3600;
/** For how long one thing is remembered as the effect of one command. */
const EFFECT_KEPT_S = 7 * 24 * 3600;

export function dynamoCommandStore(database: Database, table: string): CommandStore {
  const key = (chargerId: string, sk: string) => ({ pk: commandKeys.partition(chargerId), sk });
  const command = (chargerId: string, commandId: string) => key(chargerId, commandKeys.command(commandId));
  const turn = (chargerId: string, commandId: string) => key(chargerId, commandKeys.queued(commandId));
  const place = (chargerId: string) => key(chargerId, commandKeys.outstanding);
  const own = 'attribute_exists(pk) AND #commandId = :commandId';
  const after = (instant: string, seconds: number) => Math.ceil(Date.parse(instant) / 1000) + seconds;

  /** Again where it only met another transaction, of which it is not known whether it will be done. */
  async function persistently(parts: Parameters<Database['transact']>[0]): ReturnType<Database['transact']> {
    for (let attempt = 1; ; attempt++) {
      const obstacles = await database.transact(parts);
      const codes = obstacles?.map(({ code }) => code) ?? [];
      const met = codes.includes('TransactionConflict') && !codes.includes('ConditionalCheckFailed');
      if (!met || attempt === ATTEMPTS) return obstacles;
    }
  }

  return {
    async enqueue(it, idempotencyKey) {
      const { chargerId, commandId } = it;
      const fresh = 'attribute_not_exists(pk)';
      const obstacles = await database.transact([
        part.put(table, { ...command(chargerId, commandId), ...it }, fresh),
        part.put(table, turn(chargerId, commandId)),
        ...(idempotencyKey
          ? [
              part.put(
                table,
                {
                  ...key(chargerId, commandKeys.idempotency(idempotencyKey.key)),
                  commandId,
                  digest: idempotencyKey.digest,
                  goneAt: after(it.createdAt, KEY_KEPT_S),
                },
                // What is to be gone may still be there for days.
                `${fresh} OR #goneAt < :now`,
                { now: after(it.createdAt, 0) },
              ),
            ]
          : []),
      ]);
      if (!obstacles) return { is: 'queued' };
      const earlier = keyItem.safeParse(obstacles[2]?.item);
      if (!earlier.success) throw new Error('The command could not be queued: try again');
      const { commandId: known, digest } = earlier.data;
      return { is: 'repeated', commandId: known, digest };
    },

    async findRepeated(chargerId, idempotencyKey, now) {
      const item = await database.get(table, key(chargerId, commandKeys.idempotency(idempotencyKey)));
      const found = item && keyItem.parse(item);
      return found && found.goneAt >= after(now, 0) ? { commandId: found.commandId, digest: found.digest } : undefined;
    },

    async findCommand(chargerId, commandId) {
      const sk = commandKeys.command(commandId);
      if (!isKey(sk)) return undefined;
      const item = await database.get(table, key(chargerId, sk));
      return item && commandItem.parse(item);
    },

    async listCommands(chargerId, limit, start) {
      const listed = { pk: commandKeys.partition(chargerId), prefix: commandKeys.commandPrefix, descending: true };
      const { items, next } = await pageOfItems(database, table, listed, limit, start);
      return { items: items.map((item): Command => commandItem.parse(item)), next };
    },

    async outlook(chargerId) {
      const items = await database.between(
        table,
        { pk: commandKeys.partition(chargerId), low: commandKeys.outstanding, high: endOf(commandKeys.queuePrefix) },
        { limit: 2 },
      );
      const [first, second] = items;
      const outstanding = first?.sk === commandKeys.outstanding ? outstandingItem.parse(first) : undefined;
      const next = outstanding ? second : first;
      return {
        ...(outstanding && { outstanding }),
        ...(next && { nextId: String(next.sk).slice(commandKeys.queuePrefix.length) }),
      };
    },

    async claim(chargerId, commandId, { sentAt, dueAt }) {
      const obstacles = await database.transact([
        part.put(table, { ...place(chargerId), commandId, dueAt }, 'attribute_not_exists(pk)'),
        part.update(table, command(chargerId, commandId), {
          update: 'SET #state = :sent, #sentAt = :sentAt, #dueAt = :dueAt',
          values: { sent: 'sent', queued: 'queued', sentAt, dueAt },
          condition: '#state = :queued',
        }),
        part.remove(table, turn(chargerId, commandId), 'attribute_exists(pk)'),
      ]);
      return obstacles === undefined;
    },

    async putBack(chargerId, commandId) {
      const obstacles = await persistently([
        part.remove(table, place(chargerId), own, { commandId }),
        part.update(table, command(chargerId, commandId), {
          update: 'SET #state = :queued REMOVE #sentAt, #dueAt',
          values: { sent: 'sent', queued: 'queued' },
          condition: '#state = :sent',
        }),
        part.put(table, turn(chargerId, commandId)),
      ]);
      return obstacles === undefined;
    },

    async end(chargerId, commandId, from, outcome) {
      const given = Object.entries(outcome).filter(([, value]) => value !== undefined);
      const obstacles = await persistently([
        part.update(table, command(chargerId, commandId), {
          update: `SET ${given.map(([name]) => `#${name} = :${name}`).join(', ')} REMOVE #sealed`,
          values: { ...Object.fromEntries(given), from },
          condition: '#state = :from',
        }),
        from === 'queued'
          ? part.remove(table, turn(chargerId, commandId))
          : part.remove(table, place(chargerId), own, { commandId }),
      ]);
      return obstacles === undefined;
    },

    async noteLateAnswer(chargerId, commandId, lateAnswer) {
      await database.update(
        table,
        command(chargerId, commandId),
        {
          update: 'SET #lateAnswer = :lateAnswer',
          values: { lateAnswer },
          condition: 'attribute_exists(pk) AND attribute_not_exists(#lateAnswer) AND attribute_not_exists(#answer)',
        },
        'nothing',
      );
    },

    async noteObserved(chargerId, commandId, observed, claim) {
      const note = part.update(table, command(chargerId, commandId), {
        update: 'SET #observed = :observed REMOVE #watchedUntil',
        values: { observed },
        condition: 'attribute_exists(pk) AND attribute_not_exists(#observed)',
      });
      const claimed =
        claim === undefined
          ? []
          : [
              part.put(
                table,
                {
                  ...key(chargerId, commandKeys.effect(claim)),
                  commandId,
                  goneAt: after(observed.at, EFFECT_KEPT_S),
                },
                'attribute_not_exists(pk)',
              ),
            ];
      return (await database.transact([note, ...claimed])) === undefined;
    },

    async noteNotObserved(chargerId, commandId) {
      await database.update(
        table,
        command(chargerId, commandId),
        {
          update: 'SET #reason = :reason REMOVE #watchedUntil',
          values: { reason: 'notObserved' },
          condition: 'attribute_exists(#watchedUntil)',
        },
        'nothing',
      );
    },
  };
}
