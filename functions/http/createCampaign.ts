import { createHash } from 'node:crypto';
import { operations } from '#functions/ocpp/v16/operations.ts';
import { type Campaign, type CampaignFilter, isMeant, LARGEST_CAMPAIGN } from '#shared/domain/campaign.ts';
import { canonicalId } from '#shared/domain/charger.ts';
import { callFrame, type Timers } from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import { routes } from '#shared/http/routes/campaigns.ts';
import type { Action } from '#shared/ocpp/action.ts';
import { campaignAnswer } from '#shared/runtime/answers/campaign.ts';
import { type App, deployedApp, lazily } from '#shared/runtime/app.ts';
import { check, HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { isKnown, type Operation } from '#shared/runtime/operation.ts';
import { organisationOf } from '#shared/runtime/principal.ts';
import { newCommandId } from '#shared/runtime/request-command.ts';
import { deployedTimers } from '#shared/runtime/timers.ts';

/** What a frame of the gateway holds; a longer one would cost the charger its connection. */
const FRAME_BYTES = 32 * 1024;

const EXPIRY_S = { fail: 300, wait: 24 * 3600 };

/** A campaign whose first look was never asked for, because this function died, is looked after then. */
const LOOK_AFTER_MS = 60_000;

interface PlanningApp extends App {
  timers: Timers;
}

/** The chargers that are meant are fixed here: those that come later, or become other ones, change nothing. */
export const createCampaign: OperationFunction<typeof routes.createCampaign, PlanningApp> = async (
  { body },
  context,
) => {
  const { stores, principal, nowMs, timers, idempotencyKey } = context;
  const { command, organisationId: asked, expiresInS, window, stopAtFailureRate, ...plan } = body;
  const operation = isKnown(operations, command.action) ? operations[command.action] : undefined;
  if (!operation) throw refused('command.action', `none of ${Object.keys(operations).join(', ')}`);
  const request = requestOf(operation, command.payload);
  const organisationId = organisationOf(principal, asked);
  const chargerIds = await meant(context, organisationId, plan.chargers);

  if (operation.withoutSecrets?.(request as never))
    throw refused('command.payload', 'it has a secret, and a campaign is kept: command each charger by itself');

  const campaignId = newCommandId(nowMs);
  const createdAt = toInstant(nowMs);
  const campaign: Campaign = {
    ...plan,
    campaignId,
    organisationId,
    action: operation.action.name,
    payload: request,
    ...(window && { window: inUtc(window) }),
    ...(stopAtFailureRate !== null && { stopAtFailureRate }),
    expiresInS: expiresInS ?? EXPIRY_S[plan.whenOffline],
    by: principal.subject,
    createdAt,
    state: 'running',
    total: chargerIds.length,
    wave: 0,
    waveFrom: createdAt,
    succeeded: 0,
    failed: 0,
    reasons: {},
    nextLookAt: createdAt,
  };
  await timers.after(LOOK_AFTER_MS, { campaignId, looks: 0 });
  const digest = createHash('sha256').update(JSON.stringify(body)).digest('base64url');
  const key = idempotencyKey === undefined ? undefined : { key: idempotencyKey, digest };
  const created = await stores.campaigns.createCampaign(campaign, chargerIds, key);
  if (created.is === 'created') {
    await timers.after(0, { campaignId, looks: 0 });
    return { status: 201, body: await campaignAnswer(context, campaign) };
  }
  if (created.digest !== digest) throw refused('Idempotency-Key', 'used for another campaign');
  const earlier = await stores.campaigns.findCampaign(created.campaignId);
  if (!earlier) throw new Error('The campaign is not there');
  return { status: 200, body: await campaignAnswer(context, earlier) };
};

const refused = (field: string, rule: string) => new HttpProblem(422, `${field}: ${rule}`, [{ field, rule }]);

/** The payload, held to the contract of its action; what it breaks is told with the place that it has in the body. */
function requestOf({ action }: Operation<Action>, payload: unknown): Record<string, unknown> {
  try {
    const request = check(action.request, payload) as Record<string, unknown>;
    const bytes = Buffer.byteLength(callFrame('x'.repeat(36), action.name, request));
    if (bytes > FRAME_BYTES) throw refused('command.payload', `${bytes} bytes as a frame: at most ${FRAME_BYTES}`);
    return request;
  } catch (error) {
    if (!(error instanceof HttpProblem) || error.status !== 400) throw error;
    const errors = error.errors?.map(({ field, rule }) => ({ field: `command.payload.${field}`, rule }));
    throw new HttpProblem(400, errors?.map(({ field, rule }) => `${field}: ${rule}`).join('; ') ?? '', errors);
  }
}

/** Text order is time order then. */
const inUtc = ({ from, to, daily }: NonNullable<Campaign['window']>): Campaign['window'] => ({
  ...(from !== undefined && { from: toInstant(Date.parse(from)) }),
  ...(to !== undefined && { to: toInstant(Date.parse(to)) }),
  ...(daily && { daily }),
});

const PAGE = 1000;
/** So many chargers are read at once. */
const ABREAST = 50;

async function meant({ stores }: App, organisationId: string, filter: CampaignFilter): Promise<string[]> {
  const named = filter.chargerIds && [...new Set(filter.chargerIds.map(canonicalId))];
  const found: string[] = [];
  for await (const some of named ? chunks(named) : all()) {
    const chargers = await Promise.all(some.map((id) => stores.chargers.findCharger(id)));
    const theirs = chargers.map((charger) => (charger?.organisationId === organisationId ? charger : undefined));
    const strangers = some.filter((_, place) => !theirs[place]);
    if (named && strangers.length > 0) {
      throw refused('chargers.chargerIds', `no such charger: ${strangers.slice(0, 10).join(', ')}`);
    }
    found.push(...theirs.flatMap((charger) => (charger && isMeant(charger, filter) ? [charger.id] : [])));
    if (found.length > LARGEST_CAMPAIGN) throw refused('chargers', `more than ${LARGEST_CAMPAIGN} are meant`);
  }
  if (found.length === 0) throw refused('chargers', 'no charger is meant');
  return found;

  async function* all(): AsyncGenerator<string[]> {
    for (let after: string | undefined; ; ) {
      const page = await stores.chargers.listChargerIds(organisationId, PAGE, after);
      yield* chunks(page);
      if (page.length < PAGE) return;
      after = page.at(-1);
    }
  }
}

function* chunks(ids: string[]): Generator<string[]> {
  for (let from = 0; from < ids.length; from += ABREAST) yield ids.slice(from, from + ABREAST);
}

const deployed = lazily((): PlanningApp => ({ ...deployedApp(), timers: deployedTimers }));

export const handler = httpHandler('createCampaign', routes.createCampaign, createCampaign, deployed);
