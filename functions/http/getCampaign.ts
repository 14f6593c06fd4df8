import { routes } from '#shared/http/routes/campaigns.ts';
import { campaignAnswer } from '#shared/runtime/answers/campaign.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { campaignFor } from '#shared/runtime/principal.ts';

export const getCampaign: OperationFunction<typeof routes.getCampaign> = async ({ params }, context) => {
  const campaign = await campaignFor(context, params.campaignId);
  return { status: 200, body: await campaignAnswer(context, campaign) };
};

export const handler = httpHandler('getCampaign', routes.getCampaign, getCampaign);
