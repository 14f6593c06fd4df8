import {
  type Campaign,
  type CampaignTarget,
  dueNow,
  expiryOf,
  outcomeOf,
  outcomeOfAll,
  type TargetCommand,
  type TargetOutcome,
  waveEnd,
  windowAt,
} from '#shared/domain/campaign.ts';
import type { Charger } from '#shared/domain/charger.ts';
import { barOf } from '#shared/domain/command.ts';
import { isSameKey } from '#shared/domain/configuration-keys.ts';
import { configurationOf } from '#shared/domain/configurations.ts';
import { type CampaignCall, sendNext } from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import type { CommandApp } from './command-app.ts';
import { sendingOf } from './commands.ts';
import { isToBeChanged } from './configurations.ts';
import type { FileReach } from './file-app.ts';
import { demandHttps } from './file-command-app.ts';
import { demandMake, updateOf, wholeFile } from './firmware-file.ts';
import { HttpProblem } from './http-handler.ts';
import { isKnown, type Operations } from './operation.ts';
import { newCommandId, requestCommand } from './request-command.ts';

/** For the function that looks after campaigns. */
export type CampaignApp = CommandApp & FileReach;

/** So long nobody else looks after a campaign: longer than a function runs, shorter than a call back that failed takes to come again. */
const LOOK_MS = 30_000;

/** How far the clocks of two functions may be apart. */
const SKEW_MS = 1000;

/** Chargers are commanded until there were so many commands; the others of the wave with the next look. */
const COMMANDS_PER_LOOK = 50;

/** A look that takes longer leaves the rest to the next one: functions are ended, and other calls back with them. */
const LONGEST_LOOK_MS = 6000;

/** So many chargers are seen to at once. */
const ABREAST = 10;

const LONGEST_PAUSE_MS = 60_000;

/** Soon after something has happened, then in ever longer turns. Never longer than a call back that failed takes to come again. */
const lookAgainMs = (looks: number): number => Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** Math.min(looks, 10));

/**
 * Looks after a campaign: notes what its commands came to, ends a wave, begins the next. May be called twice, at once, and die anywhere: what is done
 * is noted, the call back comes again, and whoever looks next goes on. Calls itself back for as long as there is something to wait for.
 */
export async function lookAfterCampaign(app: CampaignApp, operations: Operations, call: CampaignCall): Promise<void> {
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

async function goOn(app: CampaignApp, operations: Operations, campaign: Campaign): Promise<Progress> {
  const { campaigns } = app.stores;
  const { campaignId, wave } = campaign;
  const targets = await campaigns.waveOf(campaign);
  const before = targets.map(({ state }) => state).join();
  const endsMs = app.clock() + LONGEST_LOOK_MS;
  const isTime = () => app.clock() < endsMs;

  await abreast(
    targets,
    ({ state }) => state === 'commanded',
    isTime,
    (target) => hear(app, operations, campaign, target),
  );
  const due = new Set(dueNow(campaign, targets, app.clock()));
  const budget = { commands: COMMANDS_PER_LOOK };
  await abreast(
    targets,
    (target) => due.has(target),
    () => budget.commands > 0 && isTime(),
    (target) => command(app, operations, campaign, target, budget),
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

/** Each that is meant becomes what is made of it, for as long as it goes on. */
async function abreast(
  targets: CampaignTarget[],
  isMeant: (target: CampaignTarget) => boolean,
  goesOn: () => boolean,
  make: (target: CampaignTarget) => Promise<CampaignTarget>,
): Promise<void> {
  const places = targets.flatMap((target, place) => (isMeant(target) ? [{ target, place }] : []));
  for (let from = 0; from < places.length && goesOn(); from += ABREAST) {
    await Promise.all(
      places.slice(from, from + ABREAST).map(async ({ target, place }) => {
        targets[place] = await make(target);
      }),
    );
  }
}

/** What its commands have come to. Those that were noted and not queued, because the function died in between, are queued now. */
async function hear(
  app: CampaignApp,
  operations: Operations,
  campaign: Campaign,
  target: CampaignTarget,
): Promise<CampaignTarget> {
  const { chargerId, commands = [] } = target;
  const outcomes: (TargetOutcome | undefined)[] = [];
  const unasked: TargetCommand[] = [];
  // The last one is sent last: while it is under way, nothing else has to be looked at.
  for (const command of commands.toReversed()) {
    const found = await app.stores.commands.findCommand(chargerId, command.commandId);
    const outcome = found && outcomeOf(found, campaign.judgedBy, app.clock());
    if (found && !outcome) return target;
    outcomes.unshift(outcome);
    if (!found) unasked.unshift(command);
  }
  if (unasked.length > 0) {
    // Where the window has closed they expire at once.
    const refusal = campaign.state === 'paused' ? undefined : await ask(app, operations, campaign, target, unasked);
    return refusal ? end(app, campaign, target, refusal) : target;
  }
  const outcome = outcomeOfAll(target, outcomes);
  return outcome ? end(app, campaign, target, outcome) : target;
}

/** Commands one charger, or says why it is not. Which commands it is given is noted first: whatever happens, it is given no others. */
async function command(
  app: CampaignApp,
  operations: Operations,
  campaign: Campaign,
  target: CampaignTarget,
  budget: { commands: number },
): Promise<CampaignTarget> {
  const { stores, clock } = app;
  const charger = await stores.chargers.findCharger(target.chargerId);
  const isTheirs = charger?.organisationId === campaign.organisationId;
  const bar = barOf(isTheirs ? charger : undefined, actionOf(campaign));
  if (bar !== undefined || !charger)
    return end(app, campaign, target, { state: 'failed', reason: bar ?? 'chargerUnknown' });
  const plan = await problemOr(() => planFor(app, operations, campaign, charger));
  if ('state' in plan) return end(app, campaign, target, plan);
  const { settings, note } = plan;
  if (settings.length === 0) return end(app, campaign, target, { state: 'succeeded', ...(note && { note }) });
  // Others that were planned meanwhile may have used it up.
  if (budget.commands <= 0) return target;
  budget.commands -= settings.length;
  // Commands are sent by the order of their ids.
  const ids = settings.map(() => newCommandId(clock())).sort();
  const commands = ids.map((commandId, place): TargetCommand => {
    const setting = settings[place];
    return { commandId, ...(setting && { setting }) };
  });
  // Somebody else was faster: what became of it is seen with the next look.
  if (!(await stores.campaigns.noteCommands(campaign.campaignId, target.index, commands, note))) return target;
  const commanded: CampaignTarget = { ...target, state: 'commanded', commands, ...(note && { note }) };
  const refusal = await ask(app, operations, campaign, commanded, commands);
  return refusal ? end(app, campaign, commanded, refusal) : commanded;
}

const actionOf = ({ work }: Campaign): string =>
  work.is === 'command' ? work.action : work.is === 'firmware' ? 'UpdateFirmware' : 'ChangeConfiguration';

/** The settings that a charger is to be given, a command for each; elsewhere one command without. Throws the problem that stands against it. */
async function planFor(
  app: CampaignApp,
  operations: Operations,
  { work, organisationId }: Campaign,
  charger: Charger,
): Promise<{ settings: (TargetCommand['setting'] | undefined)[]; note?: string }> {
  const { stores, clock } = app;
  switch (work.is) {
    case 'firmware': {
      // The charger may have become another one since, and the file.
      const file = await wholeFile(app, organisationId, work.firmwareFileId, 'firmwareFileId');
      demandMake(charger, file, 'firmwareFileId');
      await demandHttps(stores, charger);
      return { settings: [undefined] };
    }
    case 'command': {
      const operation = isKnown(operations, work.action) ? operations[work.action] : undefined;
      const context = { commandId: newCommandId(clock()), charger, stores, nowMs: clock() };
      const refusals = (await operation?.refuse?.(work.payload as never, context)) ?? [];
      if (refusals.length > 0) {
        throw new HttpProblem(422, refusals.map(({ field, rule }) => `${field}: ${rule}`).join('; '));
      }
      return { settings: [undefined] };
    }
    case 'configuration': {
      const { template, drift } = await configurationOf(stores.configurations, charger);
      if (!template) throw new HttpProblem(409, 'it has not booted yet: which template is its own is not known');
      const meant = drift.filter(({ key }) => work.keys?.some((each) => isSameKey(each, key)) ?? true);
      const left = meant.filter((each) => !isToBeChanged(each)).map(({ key, found }) => `${key}: ${found}`);
      return {
        settings: meant.filter(isToBeChanged).map(({ key, wanted: value }) => ({ key, value })),
        ...(left.length > 0 && { note: left.join('; ') }),
      };
    }
  }
}

/** What it has come to already, where one of them cannot be asked for: it would be refused the next time as well. */
async function ask(
  app: CampaignApp,
  operations: Operations,
  campaign: Campaign,
  { chargerId }: CampaignTarget,
  commands: readonly TargetCommand[],
): Promise<TargetOutcome | undefined> {
  const { campaignId, whenOffline } = campaign;
  const charger = await app.stores.chargers.findCharger(chargerId);
  if (!charger) return { state: 'failed', reason: 'chargerUnknown' };
  const nowMs = app.clock();
  const expiresMs = Math.max(nowMs, Date.parse(expiryOf(campaign, nowMs)));
  const asked = await problemOr(async () => {
    for (const { commandId, setting } of commands) {
      await requestCommand(app, operations, {
        charger,
        action: actionOf(campaign),
        payload: setting ?? (await payloadOf(app, campaign, expiresMs)),
        by: `campaign:${campaignId}`,
        whenOffline,
        expiresInS: (expiresMs - nowMs) / 1000,
        noted: { commandId, key: `campaign ${setting ? commandId : campaignId}`, digest: campaignId },
      });
    }
    return 'asked' as const;
  });
  // Those that were asked for before it go out: the charger has failed with one of them.
  if (asked !== 'asked') return asked;
  await sendNext(sendingOf(app, operations), chargerId);
  return undefined;
}

/** Of the one command that a charger is given. */
async function payloadOf(
  { stores, links, clock }: CampaignApp,
  { work, organisationId }: Campaign,
  expiresMs: number,
): Promise<Record<string, unknown>> {
  if (work.is === 'command') return work.payload;
  if (work.is === 'configuration') throw new Error('A campaign of configuration has settings');
  const file = await stores.firmware.findFile(organisationId, work.firmwareFileId);
  if (!file) throw new HttpProblem(422, 'the file of firmware is not there');
  const retrieveMs = work.retrieveDate === undefined ? clock() : Date.parse(work.retrieveDate);
  return updateOf(links, file, { ...work, retrieveMs, expiresMs });
}

/** A problem as what it makes of a charger; anything else is thrown, and the look comes again. */
async function problemOr<T>(make: () => Promise<T>): Promise<T | Extract<TargetOutcome, { state: 'failed' }>> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    return { state: 'failed', reason: 'refused', note: error.message };
  }
}

async function end(
  { stores }: CampaignApp,
  { campaignId }: Campaign,
  target: CampaignTarget,
  outcome: TargetOutcome,
): Promise<CampaignTarget> {
  const isEnded = await stores.campaigns.endTarget(campaignId, target.index, target.state, outcome);
  return isEnded ? { ...target, ...outcome } : target;
}
