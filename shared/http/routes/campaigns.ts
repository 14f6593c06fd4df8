import * as z from 'zod';
import { campaign, campaignCommand, campaignPages, campaignPlan, campaignState } from '../campaign.ts';
import { defineRoute } from '../route.ts';
import { listOf, nothing } from '../schemas.ts';
import { operators, pages } from './common.ts';

const ofCampaign = z.strictObject({ campaignId: z.string().min(1).max(100) });

export const routes = {
  createCampaign: defineRoute({
    method: 'POST',
    path: '/api/campaigns',
    summary: 'Send a command to many chargers, wave by wave',
    roles: operators,
    params: nothing,
    query: nothing,
    body: campaignPlan,
    ok: { 200: campaign, 201: campaign },
    errors: [422],
  }),
  listCampaigns: defineRoute({
    method: 'GET',
    path: '/api/campaigns',
    summary: 'The campaigns of an organisation, newest first',
    roles: operators,
    params: nothing,
    query: campaignPages,
    body: nothing,
    ok: { 200: listOf(campaign) },
    errors: [],
  }),
  getCampaign: defineRoute({
    method: 'GET',
    path: '/api/campaigns/{campaignId}',
    summary: 'A campaign, and how far it has come',
    roles: operators,
    params: ofCampaign,
    query: nothing,
    body: nothing,
    ok: { 200: campaign },
    errors: [404],
  }),
  putCampaignState: defineRoute({
    method: 'PUT',
    path: '/api/campaigns/{campaignId}/state',
    summary: 'Pause a campaign, or let it go on: also one that a rule has stopped',
    roles: operators,
    params: ofCampaign,
    query: nothing,
    body: campaignState,
    ok: { 200: campaign },
    errors: [404, 409],
  }),
  listCampaignCommands: defineRoute({
    method: 'GET',
    path: '/api/campaigns/{campaignId}/commands',
    summary: 'The chargers of a campaign in their order, each with what its command came to',
    roles: operators,
    params: ofCampaign,
    query: pages,
    body: nothing,
    ok: { 200: listOf(campaignCommand) },
    errors: [404],
  }),
} as const;
