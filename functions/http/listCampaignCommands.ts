import { routes } from '#shared/http/routes/campaigns.ts';
import { campaignCommandAnswer } from '#shared/runtime/answers/campaign.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { campaignFor } from '#shared/runtime/principal.ts';

export const listCampaignCommands: OperationFunction<typeof routes.listCampaignCommands> = async (
  { params, query },
  context,
) => {
  const campaign = await campaignFor(context, params.campaignId);
  const page = await context.stores.campaigns.listTargets(campaign.campaignId, query.limit, query.next);
  const items = page.items.map((target) => campaignCommandAnswer(campaign, target));
  return { status: 200, body: { items, next: page.next ?? null } };
};

export const handler = httpHandler('listCampaignCommands', routes.listCampaignCommands, listCampaignCommands);
