import type * as z from 'zod';
import { type Campaign, type CampaignTarget, type CampaignWork, tallyOf } from '#shared/domain/campaign.ts';
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
    ...workAnswer(it.work),
    chargers: it.chargers,
    waveSize: it.waveSize,
    intervalS: it.intervalS,
    window: it.window ?? null,
    stopAtFailureRate: it.stopAtFailureRate ?? null,
    judgedBy: it.judgedBy,
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

/** One of the three. */
function workAnswer(work: CampaignWork): Pick<z.input<typeof campaign>, 'command' | 'firmware' | 'configuration'> {
  const none = { command: null, firmware: null, configuration: null };
  if (work.is === 'command') return { ...none, command: { action: work.action, payload: work.payload } };
  if (work.is === 'configuration') return { ...none, configuration: { keys: work.keys ?? null } };
  const { firmwareFileId, retrieveDate, retries, retryIntervalS } = work;
  return {
    ...none,
    firmware: {
      firmwareFileId,
      retrieveDate: retrieveDate ?? null,
      retries: retries ?? null,
      retryIntervalS: retryIntervalS ?? null,
    },
  };
}

export const campaignCommandAnswer = (
  { waveSize }: Campaign,
  { index, chargerId, state, reason, note, commands = [] }: CampaignTarget,
): z.input<typeof campaignCommand> => ({
  chargerId,
  wave: Math.floor(index / waveSize) + 1,
  state,
  reason: reason ?? null,
  note: note ?? null,
  commandIds: commands.map(({ commandId }) => commandId),
});
