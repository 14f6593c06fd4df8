import type { Campaign } from '#shared/domain/campaign.ts';
import type { Charger } from '#shared/domain/charger.ts';
import { defaultOrganisation } from '#shared/domain/organisation.ts';
import type { Session } from '#shared/domain/session.ts';
import { parseSessionId } from '#shared/domain/session-id.ts';
import type { Issuer } from '#shared/domain/tag.ts';
import { type HttpContext, HttpProblem, type Principal } from './http-handler.ts';

/** Rows of another organisation are not there. */
export const maySee = (principal: Principal, organisationId: string): boolean =>
  principal.reach === 'installation' || principal.reach.organisationId === organisationId;

/** The organisation that new things belong to: whoever looks after the installation makes them for the default one. */
export const ownOrganisation = ({ reach }: Principal): string =>
  reach === 'installation' ? defaultOrganisation : reach.organisationId;

/** The organisation whose lists are asked for. */
export function organisationOf(principal: Principal, asked: string | undefined): string {
  if (asked !== undefined && !maySee(principal, asked)) throw new HttpProblem(403, 'organisationId: not yours');
  return asked ?? ownOrganisation(principal);
}

/** In whose name a tag is kept. */
export const issuerOf = ({ reach }: Principal): Issuer => reach;

export async function chargerFor({ stores, principal }: HttpContext, chargerId: string): Promise<Charger> {
  const charger = await stores.chargers.findCharger(chargerId);
  if (!charger || !maySee(principal, charger.organisationId)) throw new HttpProblem(404, 'No such charger');
  return charger;
}

export async function sessionFor({ stores, principal }: HttpContext, sessionId: string): Promise<Session> {
  const key = parseSessionId(sessionId);
  const session = key && (await stores.sessions.findSession(key.chargerId, key.localId));
  if (!session || !maySee(principal, session.organisationId)) throw new HttpProblem(404, 'No such session');
  return session;
}

export async function campaignFor({ stores, principal }: HttpContext, campaignId: string): Promise<Campaign> {
  const campaign = await stores.campaigns.findCampaign(campaignId);
  if (!campaign || !maySee(principal, campaign.organisationId)) throw new HttpProblem(404, 'No such campaign');
  return campaign;
}
