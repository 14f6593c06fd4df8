import type { Campaign, CampaignStore, CampaignTarget } from '#shared/domain/campaign.ts';
import type { IdempotencyKey } from '#shared/domain/command.ts';
import { InvalidCursor } from '#shared/domain/paging.ts';
import { pageOfRows, Rows } from './rows.ts';

export function memoryCampaignStore(): CampaignStore {
  const campaigns = new Rows<Campaign>();
  const targets = new Rows<CampaignTarget>();
  const listed = new Rows<string>();
  const keys = new Rows<IdempotencyKey & { campaignId: string; untilMs: number }>();
  const placed = (campaignId: string, index: number) => `${campaignId}/${String(index).padStart(6, '0')}`;

  function change(campaignId: string, may: (it: Campaign) => boolean, make: (it: Campaign) => Campaign): boolean {
    const it = campaigns.get(campaignId);
    if (!it || !may(it)) return false;
    campaigns.set(campaignId, make(it));
    return true;
  }

  function changeTarget(
    campaignId: string,
    index: number,
    from: CampaignTarget['state'],
    changes: Partial<CampaignTarget>,
  ): boolean {
    const it = targets.get(placed(campaignId, index));
    if (it?.state !== from) return false;
    targets.set(placed(campaignId, index), { ...it, ...changes });
    return true;
  }

  return {
    async createCampaign(campaign, chargerIds, idempotencyKey) {
      const { campaignId, organisationId, createdAt } = campaign;
      if (idempotencyKey) {
        const key = `${organisationId}/${idempotencyKey.key}`;
        const before = keys.get(key);
        if (before && before.untilMs >= Date.parse(createdAt)) {
          return { is: 'repeated', campaignId: before.campaignId, digest: before.digest };
        }
        keys.set(key, { ...idempotencyKey, campaignId, untilMs: Date.parse(createdAt) + 24 * 3600_000 });
      }
      for (const [index, chargerId] of chargerIds.entries()) {
        targets.set(placed(campaignId, index), { index, chargerId, state: 'waiting' });
      }
      campaigns.set(campaignId, campaign);
      listed.set(`${organisationId}/${campaignId}`, campaignId);
      return { is: 'created' };
    },

    async findCampaign(campaignId) {
      return campaignId === '' ? undefined : campaigns.get(campaignId);
    },

    async listCampaigns(organisationId, limit, after) {
      const newestFirst = listed.startingWith(`${organisationId}/`).reverse();
      const { items, next } = pageOfRows(newestFirst, 'descending', limit, after);
      return { items: items.flatMap((id) => campaigns.get(id) ?? []), next };
    },

    async listTargets(campaignId, limit, after) {
      if (after !== undefined && after.length > 1024) throw new InvalidCursor();
      return pageOfRows(targets.startingWith(`${campaignId}/`), 'ascending', limit, after);
    },

    async waveOf({ campaignId, wave, waveSize }) {
      const first = wave * waveSize;
      return targets
        .startingWith(`${campaignId}/`)
        .slice(first, first + waveSize)
        .map(([, target]) => target);
    },

    async moveLook(campaignId, from, to) {
      return change(
        campaignId,
        ({ nextLookAt }) => nextLookAt === from,
        (it) => ({ ...it, nextLookAt: to }),
      );
    },

    async noteCommands(campaignId, index, commands, note) {
      return changeTarget(campaignId, index, 'waiting', {
        state: 'commanded',
        commands,
        ...(note !== undefined && { note }),
      });
    },

    async endTarget(campaignId, index, from, outcome) {
      return changeTarget(campaignId, index, from, outcome);
    },

    async endWave(campaignId, before, { state, ...end }) {
      const stopped = state === 'stopped' ? { reason: 'failureRate' as const } : {};
      return change(
        campaignId,
        ({ wave }) => wave === before,
        (it) => ({ ...it, ...end, ...(state && { state }), ...stopped }),
      );
    },

    async stopCampaign(campaignId, reason) {
      const runs = ({ state }: Campaign) => state === 'running';
      return change(campaignId, runs, (it) => ({ ...it, state: 'stopped', reason }));
    },

    async pauseCampaign(campaignId) {
      const runs = ({ state }: Campaign) => state === 'running';
      return change(campaignId, runs, (it) => ({ ...it, state: 'paused' }));
    },

    async resumeCampaign(campaignId, at, limits) {
      const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
      return change(
        campaignId,
        ({ state }) => state !== 'ended',
        ({ reason, ...it }) => ({ ...it, ...given, state: 'running', nextLookAt: at }),
      );
    },
  };
}
