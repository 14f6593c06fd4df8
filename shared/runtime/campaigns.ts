import {
  type Campaign,
  type CampaignTarget,
  dueNow,
  expiryOf,
  outcomeOf,
  type TargetOutcome,
  waveEnd,
  windowAt,
} from '#shared/domain/campaign.ts';
import { barOf } from '#shared/domain/command.ts';
import { type CampaignCall, sendNext } from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import type { CommandApp } from './command-app.ts';
import { sendingOf } from './commands.ts';
import { HttpProblem } from './http-handler.ts';
import { isKnown, type Operations } from './operation.ts';
import { newCommandId, requestCommand } from './request-command.ts';

/** So long nobody else looks after a campaign: longer than a function runs, shorter than a call back that failed takes to come again. */
const LOOK_MS = 30_000;

/** How far the clocks of two functions may be apart. */
const SKEW_MS = 1000;

/** A wave of more is commanded in several looks. */
const COMMANDS_PER_LOOK = 50;

/** So many chargers are seen to at once. */
const ABREAST = 10;

const LONGEST_PAUSE_MS = 60_000;

/** Soon after something has happened, then in ever longer turns. Never longer than a call back that failed takes to come again. */
const lookAgainMs = (looks: number): number => Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** Math.min(looks, 10));

/**
 * Looks after a campaign: notes what its commands came to, ends a wave, begins the next. May be called twice, at once, and die anywhere: what is done
 * is noted, the call back comes again, and whoever looks next goes on. Calls itself back for as long as there is something to wait for.
 */
export async function lookAfterCampaign(app: CommandApp, operations: Operations, call: CampaignCall): Promise<void> {
  const { stores, timers, clock } = app;
  const { campaignId, looks } = call;
  const campaign = await stores.campaigns.findCampaign(campaignId);
  const nowMs = clock();
  if (!campaign || campaign.state === 'ended' || Date.parse(campaign.nextLookAt) > nowMs + SKEW_MS) return;
  const mineUntil = toInstant(nowMs + LOOK_MS);
  if (!(await stores.campaigns.moveLook(campaignId, campaign.nextLookAt, mineUntil))) {
    // Somebody else looks now; or a request that was sent twice met what it had written itself, and nobody does.
    return timers.after(LOOK_MS, call);
  }

  const progress = await goOn(app, operations, campaign);
  if (progress === 'nothingToWaitFor') return;
  const next = progress === 'none' ? looks + 1 : 0;
  const inMs = progress === 'nextWave' ? Math.min(LONGEST_PAUSE_MS, campaign.intervalS * 1000) : lookAgainMs(next);
  await stores.campaigns.moveLook(campaignId, mineUntil, toInstant(clock() + inMs));
  // Also where somebody has moved it meanwhile: a call when nothing is due comes to nothing.
  await timers.after(inMs, { campaignId, looks: next });
}

type Progress = 'some' | 'none' | 'nextWave' | 'nothingToWaitFor';

async function goOn(app: CommandApp, operations: Operations, campaign: Campaign): Promise<Progress> {
  const { campaigns } = app.stores;
  const { campaignId, wave } = campaign;
  const targets = await campaigns.waveOf(campaign);
  const before = targets.map(({ state }) => state).join();

  await abreast(
    targets,
    ({ state }) => state === 'commanded',
    (target) => hear(app, operations, campaign, target),
  );
  const due = new Set(dueNow(campaign, targets, app.clock()).slice(0, COMMANDS_PER_LOOK));
  await abreast(
    targets,
    (target) => due.has(target),
    (target) => command(app, operations, campaign, target),
  );

  const end = waveEnd(campaign, targets, app.clock());
  if (end) {
    await campaigns.endWave(campaignId, wave, end);
    const goesOn = campaign.state === 'running' && end.state === undefined;
    return goesOn ? 'nextWave' : 'nothingToWaitFor';
  }
  const isClosed = windowAt(campaign.window, app.clock()) === 'closed';
  const stops = isClosed && campaign.state === 'running' && targets.some(({ state }) => state === 'waiting');
  if (stops) await campaigns.stopCampaign(campaignId, 'windowClosed');
  const waits = targets.some(({ state }) => state === 'commanded');
  if (!waits && (stops || campaign.state !== 'running')) return 'nothingToWaitFor';
  return before === targets.map(({ state }) => state).join() ? 'none' : 'some';
}

/** Each that is meant becomes what is made of it. */
async function abreast(
  targets: CampaignTarget[],
  isMeant: (target: CampaignTarget) => boolean,
  make: (target: CampaignTarget) => Promise<CampaignTarget>,
): Promise<void> {
  const places = targets.flatMap((target, place) => (isMeant(target) ? [{ target, place }] : []));
  for (let from = 0; from < places.length; from += ABREAST) {
    await Promise.all(
      places.slice(from, from + ABREAST).map(async ({ target, place }) => {
        targets[place] = await make(target);
      }),
    );
  }
}

/** What its command has come to. One that was noted and not queued, because the function died in between, is queued now. */
async function hear(
  app: CommandApp,
  operations: Operations,
  campaign: Campaign,
  target: CampaignTarget,
): Promise<CampaignTarget> {
  const { commands } = app.stores;
  const { chargerId, commandId = '' } = target;
  const found = await commands.findCommand(chargerId, commandId);
  if (!found) {
    // Where the window has closed it expires at once.
    const refusal = campaign.state === 'paused' ? undefined : await ask(app, operations, campaign, target, commandId);
    return refusal ? end(app, campaign, target, refusal) : target;
  }
  const outcome = outcomeOf(found);
  return outcome ? end(app, campaign, target, outcome) : target;
}

/** Commands one charger, or says why it is not. Which command it is given is noted first: whatever happens, it is given no other one. */
async function command(
  app: CommandApp,
  operations: Operations,
  campaign: Campaign,
  target: CampaignTarget,
): Promise<CampaignTarget> {
  const { stores } = app;
  const { campaignId, action, payload } = campaign;
  const charger = await stores.chargers.findCharger(target.chargerId);
  const isTheirs = charger?.organisationId === campaign.organisationId;
  const bar = barOf(isTheirs ? charger : undefined, action);
  if (bar !== undefined || !charger)
    return end(app, campaign, target, { state: 'failed', reason: bar ?? 'chargerUnknown' });
  const operation = isKnown(operations, action) ? operations[action] : undefined;
  const commandId = newCommandId(app.clock());
  const context = { commandId, charger, stores, nowMs: app.clock() };
  const refusals = (await operation?.refuse?.(payload as never, context)) ?? [];
  if (refusals.length > 0) {
    const note = refusals.map(({ field, rule }) => `${field}: ${rule}`).join('; ');
    return end(app, campaign, target, { state: 'failed', reason: 'refused', note });
  }
  // Somebody else was faster: what became of it is seen with the next look.
  if (!(await stores.campaigns.noteCommand(campaignId, target.index, commandId))) return target;
  const commanded: CampaignTarget = { ...target, state: 'commanded', commandId };
  const refusal = await ask(app, operations, campaign, commanded, commandId);
  return refusal ? end(app, campaign, commanded, refusal) : commanded;
}

/** What it has come to already, where it cannot be asked for. */
async function ask(
  app: CommandApp,
  operations: Operations,
  campaign: Campaign,
  { chargerId }: CampaignTarget,
  commandId: string,
): Promise<TargetOutcome | undefined> {
  const { campaignId, action, payload, whenOffline } = campaign;
  const charger = await app.stores.chargers.findCharger(chargerId);
  if (!charger) return { state: 'failed', reason: 'chargerUnknown' };
  const nowMs = app.clock();
  const by = `campaign:${campaignId}`;
  try {
    await requestCommand(app, operations, {
      ...{ charger, action, payload, by, whenOffline },
      expiresInS: Math.max(0, Date.parse(expiryOf(campaign, nowMs)) - nowMs) / 1000,
      noted: { commandId, key: `campaign ${campaignId}`, digest: campaignId },
    });
  } catch (error) {
    // It would be refused the next time as well.
    if (!(error instanceof HttpProblem)) throw error;
    return { state: 'failed', reason: 'refused', note: error.message };
  }
  await sendNext(sendingOf(app, operations), chargerId);
  return undefined;
}

async function end(
  { stores }: CommandApp,
  { campaignId }: Campaign,
  target: CampaignTarget,
  outcome: TargetOutcome,
): Promise<CampaignTarget> {
  const isEnded = await stores.campaigns.endTarget(campaignId, target.index, target.state, outcome);
  return isEnded ? { ...target, ...outcome } : target;
}
