import type { Timers } from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import { routes } from '#shared/http/routes/campaigns.ts';
import { campaignAnswer } from '#shared/runtime/answers/campaign.ts';
import { type App, deployedApp, lazily } from '#shared/runtime/app.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { campaignFor } from '#shared/runtime/principal.ts';
import { deployedTimers } from '#shared/runtime/timers.ts';

interface CallingApp extends App {
  timers: Timers;
}

/** The same state again is no error; a campaign that runs is looked after at once when it is told to. */
export const putCampaignState: OperationFunction<typeof routes.putCampaignState, CallingApp> = async (
  { params, body },
  context,
) => {
  const { stores, timers, nowMs } = context;
  const { campaignId, state } = await campaignFor(context, params.campaignId);
  const { window, stopAtFailureRate } = body;
  if (body.state === 'paused') {
    const paused = await stores.campaigns.pauseCampaign(campaignId);
    if (!paused && state !== 'paused') throw new HttpProblem(409, `The campaign does not run: it is ${state}`);
  } else {
    const resumed = await stores.campaigns.resumeCampaign(campaignId, toInstant(nowMs), { window, stopAtFailureRate });
    if (!resumed) throw new HttpProblem(409, 'The campaign has ended: create another one');
    await timers.after(0, { campaignId, looks: 0 });
  }
  const campaign = await campaignFor(context, campaignId);
  return { status: 200, body: await campaignAnswer(context, campaign) };
};

const deployed = lazily((): CallingApp => ({ ...deployedApp(), timers: deployedTimers }));

export const handler = httpHandler('putCampaignState', routes.putCampaignState, putCampaignState, deployed);
