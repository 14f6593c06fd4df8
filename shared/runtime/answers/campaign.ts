import type * as z from 'zod';
import { type Campaign, type CampaignTarget, tallyOf } from '#shared/domain/campaign.ts';
import type { campaign, campaignCommand } from '#shared/http/campaign.ts';
import type { Stores } from '#shared/store/stores.ts';

/** With the wave that is under way: its outcomes are not in the tally yet. */
export async function campaignAnswer({ stores }: { stores: Stores }, it: Campaign): Promise<z.input<typeof campaign>> {
  const targets = it.state === 'ended' ? [] : await stores.campaigns.waveOf(it);
  const { succeeded, failed, reasons } = tallyOf(it, targets);
  const commanded = targets.filter(({ state }) => state === 'commanded').length;
  const waves = Math.ceil(it.total / it.waveSize);
  return {
    campaignId: it.campaignId,
    name: it.name,
    organisationId: it.organisationId,
    command: { action: it.action, payload: it.payload },
    chargers: it.chargers,
    waveSize: it.waveSize,
    intervalS: it.intervalS,
    window: it.window ?? null,
    stopAtFailureRate: it.stopAtFailureRate ?? null,
    whenOffline: it.whenOffline,
    expiresInS: it.expiresInS,
    by: it.by,
    createdAt: it.createdAt,
    state: it.state,
    reason: it.state === 'stopped' ? (it.reason ?? null) : null,
    wave: Math.min(it.wave + 1, waves),
    waves,
    counts: { total: it.total, waiting: it.total - commanded - succeeded - failed, commanded, succeeded, failed },
    failures: reasons,
  };
}

export const campaignCommandAnswer = (
  { waveSize }: Campaign,
  { index, chargerId, state, reason, note, commandId }: CampaignTarget,
): z.input<typeof campaignCommand> => ({
  chargerId,
  wave: Math.floor(index / waveSize) + 1,
  state,
  reason: reason ?? null,
  note: note ?? null,
  commandId: commandId ?? null,
});
