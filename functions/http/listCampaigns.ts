import { routes } from '#shared/http/routes/campaigns.ts';
import { campaignAnswer } from '#shared/runtime/answers/campaign.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { organisationOf } from '#shared/runtime/principal.ts';

export const listCampaigns: OperationFunction<typeof routes.listCampaigns> = async ({ query }, context) => {
  const organisationId = organisationOf(context.principal, query.organisationId);
  const page = await context.stores.campaigns.listCampaigns(organisationId, query.limit, query.next);
  const items = await Promise.all(page.items.map((campaign) => campaignAnswer(context, campaign)));
  return { status: 200, body: { items, next: page.next ?? null } };
};

export const handler = httpHandler('listCampaigns', routes.listCampaigns, listCampaigns);
