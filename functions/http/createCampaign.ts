import { createHash } from 'node:crypto';
import { operations } from '#functions/ocpp/v16/operations.ts';
import {
  type Campaign,
  type CampaignFilter,
  type CampaignWork,
  isMeant,
  LARGEST_CAMPAIGN,
} from '#shared/domain/campaign.ts';
import { canonicalId } from '#shared/domain/charger.ts';
import type { Make, MakePattern } from '#shared/domain/make.ts';
import { callFrame, type Timers } from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import type { BodyOf } from '#shared/http/route.ts';
import { routes } from '#shared/http/routes/campaigns.ts';
import type { Action } from '#shared/ocpp/action.ts';
import { campaignAnswer } from '#shared/runtime/answers/campaign.ts';
import { lazily } from '#shared/runtime/app.ts';
import { deployedFileApp, type FileApp } from '#shared/runtime/file-app.ts';
import { wholeFile } from '#shared/runtime/firmware-file.ts';
import { check, HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { isKnown, type Operation } from '#shared/runtime/operation.ts';
import { organisationOf } from '#shared/runtime/principal.ts';
import { EXPIRY_S, FRAME_BYTES, newCommandId } from '#shared/runtime/request-command.ts';
import { deployedTimers } from '#shared/runtime/timers.ts';

/** A campaign whose first look was never asked for, because this function died, is looked after then. */
const LOOK_AFTER_MS = 60_000;

interface PlanningApp extends FileApp {
  timers: Timers;
}

/** The chargers that are meant are fixed here: those that come later, or become other ones, change nothing. */
export const createCampaign: OperationFunction<typeof routes.createCampaign, PlanningApp> = async (
  { body },
  context,
) => {
  const { stores, principal, nowMs, timers, idempotencyKey } = context;
  const {
    command,
    firmware,
    configuration,
    organisationId: asked,
    expiresInS,
    window,
    stopAtFailureRate,
    ...plan
  } = body;
  const organisationId = organisationOf(principal, asked);
  const { work, make } = command
    ? { work: commandWork(command) }
    : firmware
      ? await firmwareWork(context, organisationId, firmware)
      : { work: { is: 'configuration' as const, ...(configuration?.keys && { keys: configuration.keys }) } };
  const chargerIds = await meant(context, organisationId, plan.chargers, make);

  const campaignId = newCommandId(nowMs);
  const createdAt = toInstant(nowMs);
  const campaign: Campaign = {
    ...plan,
    campaignId,
    organisationId,
    work,
    ...(window && { window: inUtc(window) }),
    ...(stopAtFailureRate !== null && { stopAtFailureRate }),
    judgedBy: plan.judgedBy ?? (firmware ? 'effect' : 'answer'),
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

type Plan = BodyOf<typeof routes.createCampaign>;

function commandWork({ action, payload }: NonNullable<Plan['command']>): CampaignWork {
  const operation = isKnown(operations, action) ? operations[action] : undefined;
  if (!operation) throw refused('command.action', `none of ${Object.keys(operations).join(', ')}`);
  const request = requestOf(operation, payload);
  if (operation.withoutSecrets?.(request as never)) {
    throw refused('command.payload', 'it has a secret, and a campaign is kept: command each charger by itself');
  }
  return { is: 'command', action: operation.action.name, payload: request };
}

/** The file, and the make that it is for. */
async function firmwareWork(
  app: FileApp,
  organisationId: string,
  { firmwareFileId, retrieveDate, retries, retryIntervalS }: NonNullable<Plan['firmware']>,
): Promise<{ work: CampaignWork; make: Make }> {
  const { vendor, model } = await wholeFile(app, organisationId, firmwareFileId, 'firmware.firmwareFileId');
  const work = {
    is: 'firmware' as const,
    firmwareFileId,
    ...(retrieveDate !== undefined && { retrieveDate: toInstant(Date.parse(retrieveDate)) }),
    ...(retries !== undefined && { retries }),
    ...(retryIntervalS !== undefined && { retryIntervalS }),
  };
  return { work, make: { vendor, model } };
}

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
const TOGETHER = 100;

/** Those that the filter means, and of a make where that is given: whoever is named has to be. */
async function meant(
  { stores }: FileApp,
  organisationId: string,
  filter: CampaignFilter,
  make: MakePattern = {},
): Promise<string[]> {
  const named = filter.chargerIds && [...new Set(filter.chargerIds.map(canonicalId))];
  const found: string[] = [];
  for await (const some of named ? chunks(named) : all()) {
    const chargers = await stores.chargers.findChargers(some);
    const theirs = chargers.map((charger) => (charger?.organisationId === organisationId ? charger : undefined));
    const strangers = some.filter((_, place) => !theirs[place]);
    if (named && strangers.length > 0) {
      throw refused('chargers.chargerIds', `no such charger: ${strangers.slice(0, 10).join(', ')}`);
    }
    const ofMake = theirs.filter((charger) => charger !== undefined && isMeant(charger, make));
    const others = some.filter((_, place) => !ofMake.includes(theirs[place]));
    if (named && others.length > 0) {
      throw refused('chargers.chargerIds', `of another make than the file: ${others.slice(0, 10).join(', ')}`);
    }
    found.push(...ofMake.flatMap((charger) => (charger && isMeant(charger, filter) ? [charger.id] : [])));
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
  for (let from = 0; from < ids.length; from += TOGETHER) yield ids.slice(from, from + TOGETHER);
}

const deployed = lazily((): PlanningApp => ({ ...deployedFileApp(), timers: deployedTimers }));

export const handler = httpHandler('createCampaign', routes.createCampaign, createCampaign, deployed);
