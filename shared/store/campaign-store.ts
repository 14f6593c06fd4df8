import * as z from 'zod';
import {
  type Campaign,
  type CampaignStore,
  type CampaignTarget,
  campaignStates,
  stopReasons,
} from '#shared/domain/campaign.ts';
import { type Database, part } from './database.ts';
import { campaignKeys, isKey } from './keys.ts';
import { pageOfItems } from './pages.ts';

const object = z.record(z.string(), z.unknown());
const versions = z.object({ from: z.string().optional(), below: z.string().optional() });
const hours = z.object({ from: z.string(), to: z.string(), timeZone: z.string() });

const campaignItem = z.object({
  campaignId: z.string(),
  name: z.string(),
  organisationId: z.string(),
  work: z.discriminatedUnion('is', [
    z.object({ is: z.literal('command'), action: z.string(), payload: object }),
    z.object({
      is: z.literal('firmware'),
      firmwareFileId: z.string(),
      retrieveDate: z.string().optional(),
      retries: z.int().optional(),
      retryIntervalS: z.int().optional(),
    }),
    z.object({ is: z.literal('configuration'), keys: z.array(z.string()).optional() }),
  ]),
  chargers: z.object({
    vendor: z.string().optional(),
    model: z.string().optional(),
    firmware: versions.optional(),
    chargerIds: z.array(z.string()).optional(),
  }),
  waveSize: z.int(),
  intervalS: z.int(),
  window: z.object({ from: z.string().optional(), to: z.string().optional(), daily: hours.optional() }).optional(),
  stopAtFailureRate: z.int().optional(),
  judgedBy: z.enum(['answer', 'effect']),
  whenOffline: z.enum(['fail', 'wait']),
  expiresInS: z.int(),
  by: z.string(),
  createdAt: z.string(),
  state: z.enum(campaignStates),
  reason: z.enum(stopReasons).optional(),
  total: z.int(),
  wave: z.int(),
  waveFrom: z.string(),
  succeeded: z.int(),
  failed: z.int(),
  reasons: z.record(z.string(), z.int()),
  nextLookAt: z.string(),
});

const targetItem = z.object({
  index: z.int(),
  chargerId: z.string(),
  state: z.enum(['waiting', 'commanded', 'succeeded', 'failed']),
  commands: z
    .array(
      z.object({
        commandId: z.string(),
        setting: z.object({ key: z.string(), value: z.string() }).optional(),
      }),
    )
    .optional(),
  reason: z.string().optional(),
  note: z.string().optional(),
});

const keyItem = z.object({ campaignId: z.string(), digest: z.string(), goneAt: z.int() });

const repeated = ({ campaignId, digest }: z.output<typeof keyItem>) => ({
  is: 'repeated' as const,
  campaignId,
  digest,
});

/** For how long a repeated request finds its campaign. */
const KEY_KEPT_S = 24 * 3600;

/** In the table of commands. */
export function dynamoCampaignStore(database: Database, table: string): CampaignStore {
  const key = (campaignId: string) => ({ pk: campaignKeys.partition(campaignId), sk: campaignKeys.campaign });
  const listed = (organisationId: string, sk: string) => ({ pk: campaignKeys.ofOrganisation(organisationId), sk });
  const target = (campaignId: string, index: number) => ({
    pk: campaignKeys.partition(campaignId),
    sk: campaignKeys.target(index),
  });

  async function change(campaignId: string, update: string, values: Record<string, unknown>, condition: string) {
    const done = await database.update(table, key(campaignId), { update, values, condition }, 'nothing');
    return done !== undefined;
  }

  async function changeTarget(
    campaignId: string,
    index: number,
    from: CampaignTarget['state'],
    changes: Partial<CampaignTarget>,
  ) {
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    const done = await database.update(
      table,
      target(campaignId, index),
      {
        update: `SET ${given.map(([name]) => `#${name} = :${name}`).join(', ')}`,
        values: { ...Object.fromEntries(given), from },
        condition: '#state = :from',
      },
      'nothing',
    );
    return done !== undefined;
  }

  return {
    async createCampaign(campaign, chargerIds, idempotencyKey) {
      const { campaignId, organisationId, createdAt } = campaign;
      const nowS = Math.ceil(Date.parse(createdAt) / 1000);
      if (idempotencyKey) {
        const item = await database.get(table, listed(organisationId, campaignKeys.idempotency(idempotencyKey.key)));
        const before = keyItem.safeParse(item);
        if (before.success && before.data.goneAt >= nowS) return repeated(before.data);
      }
      // Without its campaign a target means nothing: it is made first, and the campaign is there with all of them or not at all.
      await database.putMany(
        table,
        chargerIds.map((chargerId, index) => ({ ...target(campaignId, index), index, chargerId, state: 'waiting' })),
      );
      const obstacles = await database.transact([
        part.put(table, { ...key(campaignId), ...campaign }, 'attribute_not_exists(pk)'),
        part.put(table, listed(organisationId, campaignKeys.listed(campaignId))),
        ...(idempotencyKey
          ? [
              part.put(
                table,
                {
                  ...listed(organisationId, campaignKeys.idempotency(idempotencyKey.key)),
                  campaignId,
                  digest: idempotencyKey.digest,
                  goneAt: nowS + KEY_KEPT_S,
                },
                // What is to be gone may still be there for days.
                'attribute_not_exists(pk) OR #goneAt < :now',
                { now: nowS },
              ),
            ]
          : []),
      ]);
      if (!obstacles) return { is: 'created' };
      const earlier = keyItem.safeParse(obstacles[2]?.item);
      if (!earlier.success) throw new Error('The campaign could not be created: try again');
      return repeated(earlier.data);
    },

    async findCampaign(campaignId) {
      if (!isKey(campaignKeys.partition(campaignId))) return undefined;
      const item = await database.get(table, key(campaignId));
      return item && (campaignItem.parse(item) satisfies Campaign);
    },

    async listCampaigns(organisationId, limit, after) {
      const prefix = campaignKeys.listedPrefix;
      const listing = { pk: campaignKeys.ofOrganisation(organisationId), prefix, descending: true };
      const { items, next } = await pageOfItems(database, table, listing, limit, after);
      const ids = items.map((item) => String(item.sk).slice(prefix.length));
      const found = ids.length === 0 ? [] : await database.getMany(table, ids.map(key));
      const campaigns = found.map((item): Campaign => campaignItem.parse(item));
      const inOrder = ids.flatMap((id) => campaigns.find(({ campaignId }) => campaignId === id) ?? []);
      return { items: inOrder, next };
    },

    async listTargets(campaignId, limit, after) {
      const listing = { pk: campaignKeys.partition(campaignId), prefix: campaignKeys.targetPrefix, descending: false };
      const { items, next } = await pageOfItems(database, table, listing, limit, after);
      return { items: items.map((item): CampaignTarget => targetItem.parse(item)), next };
    },

    async waveOf({ campaignId, wave, waveSize }) {
      const first = wave * waveSize;
      const [low, high] = [campaignKeys.target(first), campaignKeys.target(first + waveSize - 1)];
      const range = { pk: campaignKeys.partition(campaignId), low, high };
      const items = await database.between(table, range, { limit: waveSize });
      return items.map((item): CampaignTarget => targetItem.parse(item));
    },

    moveLook: (campaignId, from, to) =>
      change(campaignId, 'SET #nextLookAt = :to', { from, to }, '#nextLookAt = :from'),

    noteCommands: (campaignId, index, commands, note) =>
      changeTarget(campaignId, index, 'waiting', { state: 'commanded', commands, note }),

    endTarget: (campaignId, index, from, outcome) => changeTarget(campaignId, index, from, outcome),

    async endWave(campaignId, before, { wave, waveFrom, succeeded, failed, reasons, state }) {
      const states = state === undefined ? '' : ', #state = :state';
      const values = { before, wave, waveFrom, succeeded, failed, reasons, ...(state !== undefined && { state }) };
      const counts =
        '#wave = :wave, #waveFrom = :waveFrom, #succeeded = :succeeded, #failed = :failed, #reasons = :reasons';
      const reason = state === 'stopped' ? ', #reason = :failureRate' : '';
      const given = state === 'stopped' ? { ...values, failureRate: 'failureRate' } : values;
      return change(campaignId, `SET ${counts}${states}${reason}`, given, '#wave = :before');
    },

    stopCampaign: (campaignId, reason) =>
      change(
        campaignId,
        'SET #state = :stopped, #reason = :reason',
        { stopped: 'stopped', running: 'running', reason },
        '#state = :running',
      ),

    pauseCampaign: (campaignId) =>
      change(campaignId, 'SET #state = :paused', { paused: 'paused', running: 'running' }, '#state = :running'),

    resumeCampaign(campaignId, at, limits) {
      const given = Object.entries(limits).filter(([, value]) => value !== undefined);
      const sets = ['#state = :running', '#nextLookAt = :at', ...given.map(([name]) => `#${name} = :${name}`)];
      return change(
        campaignId,
        `SET ${sets.join(', ')} REMOVE #reason`,
        { at, running: 'running', ended: 'ended', ...Object.fromEntries(given) },
        'attribute_exists(pk) AND #state <> :ended',
      );
    },
  };
}
