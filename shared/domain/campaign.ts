import { type Charger, canonicalId } from './charger.ts';
import { type Command, type CommandReason, type IdempotencyKey, isOver } from './command.ts';
import { isOfMake, type MakePattern } from './make.ts';
import type { Paged } from './paging.ts';
import { type Instant, toInstant } from './time.ts';

/** paused: by an operator. stopped: by a rule, which `reason` names. Both can go on. ended: every charger has its outcome. */
export const campaignStates = ['running', 'paused', 'stopped', 'ended'] as const;

type CampaignState = (typeof campaignStates)[number];

export const stopReasons = ['failureRate', 'windowClosed'] as const;

type StopReason = (typeof stopReasons)[number];

/** Which chargers of an organisation are meant; what is absent is any. */
export interface CampaignFilter extends MakePattern {
  chargerIds?: string[];
}

/** When commands may be asked for. What was asked for may go out later, until it expires. */
export interface CampaignWindow {
  from?: Instant;
  to?: Instant;
  /** `HH:MM` in the zone, an IANA name; `to` may be on the next day. */
  daily?: { from: string; to: string; timeZone: string };
}

/** What each charger is told. */
export type CampaignWork =
  | { is: 'command'; action: string; payload: Record<string, unknown> }
  /** To fetch a file of ours and install it: each by a link of its own, made when it is told. */
  | { is: 'firmware'; firmwareFileId: string; retrieveDate?: Instant; retries?: number; retryIntervalS?: number }
  /** What it lacks of the template for its make; where keys are named, of these. */
  | { is: 'configuration'; keys?: string[] };

/** What an operator decided. */
interface CampaignPlan {
  name: string;
  organisationId: string;
  work: CampaignWork;
  chargers: CampaignFilter;
  waveSize: number;
  /** So long a wave begins after the one before has ended. */
  intervalS: number;
  window?: CampaignWindow;
  /** Percent of those that have ended, looked at when a wave has; absent, it goes on whatever happens. */
  stopAtFailureRate?: number;
  /** effect: a charger that has said yes has its outcome once what the command should cause was seen, or was not seen in time. */
  judgedBy: 'answer' | 'effect';
  whenOffline: 'fail' | 'wait';
  expiresInS: number;
  by: string;
  createdAt: Instant;
}

/** How the chargers of the waves that have ended fared. */
export interface Tally {
  succeeded: number;
  failed: number;
  /** How often each reason for a failure. */
  reasons: Record<string, number>;
}

export interface Campaign extends CampaignPlan, Tally {
  campaignId: string;
  state: CampaignState;
  reason?: StopReason;
  /** How many chargers it has: they are fixed when it is created. */
  total: number;
  /** The one that is under way or comes next, from 0. */
  wave: number;
  /** It does not begin before. */
  waveFrom: Instant;
  /** Nobody else looks after the campaign before. */
  nextLookAt: Instant;
}

export type TargetOutcome = { state: 'succeeded'; note?: string } | { state: 'failed'; reason: string; note?: string };

/** One that a charger of a campaign is given. */
export interface TargetCommand {
  commandId: string;
  /** In a campaign of configuration. */
  setting?: { key: string; value: string };
}

/** One charger of a campaign. */
export interface CampaignTarget {
  /** Its place, from 0. */
  index: number;
  chargerId: string;
  /** commanded: its commands are asked for, or about to be; it is never given others. */
  state: 'waiting' | 'commanded' | 'succeeded' | 'failed';
  commands?: TargetCommand[];
  reason?: string;
  note?: string;
}

/** What the end of a wave makes of the campaign. */
export type WaveEnd = Pick<Campaign, keyof Tally | 'wave' | 'waveFrom'> & { state?: 'ended' | 'stopped' };

export interface CampaignStore {
  /** With its chargers, in this order. Where the key was used before, nothing changes: answers the campaign and the digest of then. */
  createCampaign(
    campaign: Campaign,
    chargerIds: string[],
    idempotencyKey?: IdempotencyKey,
  ): Promise<{ is: 'created' } | { is: 'repeated'; campaignId: string; digest: string }>;
  findCampaign(campaignId: string): Promise<Campaign | undefined>;
  /** Newest first. */
  listCampaigns(organisationId: string, limit: number, after?: string): Promise<Paged<Campaign>>;
  /** By place. */
  listTargets(campaignId: string, limit: number, after?: string): Promise<Paged<CampaignTarget>>;
  /** Those of the wave that is under way or comes next, by place. */
  waveOf(campaign: Campaign): Promise<CampaignTarget[]>;
  /** Whoever knows when the next look is due moves it; false when somebody else has. */
  moveLook(campaignId: string, from: Instant, to: Instant): Promise<boolean>;
  /** waiting → commanded; false when it waits no more. */
  noteCommands(campaignId: string, index: number, commands: TargetCommand[], note?: string): Promise<boolean>;
  /** False when it is in another state than `from`. */
  endTarget(campaignId: string, index: number, from: CampaignTarget['state'], outcome: TargetOutcome): Promise<boolean>;
  /** Once for each wave: false when that wave was ended before. */
  endWave(campaignId: string, wave: number, end: WaveEnd): Promise<boolean>;
  /** running → stopped; false when it does not run. */
  stopCampaign(campaignId: string, reason: StopReason): Promise<boolean>;
  /** running → paused; false when it does not run. */
  pauseCampaign(campaignId: string): Promise<boolean>;
  /** paused or stopped → running, with other limits where some are given; due to be looked at. False when it is ended or not there. */
  resumeCampaign(
    campaignId: string,
    at: Instant,
    limits: Pick<Partial<Campaign>, 'window' | 'stopAtFailureRate'>,
  ): Promise<boolean>;
}

/** So many chargers one campaign has at most. */
export const LARGEST_CAMPAIGN = 2000;

export function isMeant(charger: Charger, { chargerIds, ...pattern }: CampaignFilter): boolean {
  const { vendor, model, firmware } = pattern;
  const ofAnyMake = vendor === undefined && model === undefined && firmware === undefined;
  const named = chargerIds === undefined || chargerIds.some((id) => canonicalId(id) === canonicalId(charger.id));
  return named && (ofAnyMake || (charger.boot !== undefined && isOfMake(charger.boot, pattern)));
}

/** closed: for good. */
export function windowAt(window: CampaignWindow | undefined, nowMs: number): 'open' | 'notNow' | 'closed' {
  const { from, to, daily } = window ?? {};
  if (to !== undefined && nowMs >= Date.parse(to)) return 'closed';
  if (from !== undefined && nowMs < Date.parse(from)) return 'notNow';
  return daily === undefined || isWithin(daily, nowMs) ? 'open' : 'notNow';
}

function isWithin({ from, to, timeZone }: NonNullable<CampaignWindow['daily']>, nowMs: number): boolean {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const now = clock.format(nowMs);
  return from <= to ? from <= now && now < to : from <= now || now < to;
}

/** Until when a command of the campaign may be sent. */
export function expiryOf({ expiresInS, window }: Campaign, nowMs: number): Instant {
  const closesMs = window?.to === undefined ? Number.POSITIVE_INFINITY : Date.parse(window.to);
  return toInstant(Math.min(nowMs + expiresInS * 1000, closesMs));
}

/** What a charger answers to say that it does what it was asked; most operations have one of them, the others answer without a status. */
const YES: readonly unknown[] = ['Accepted', 'RebootRequired', 'Scheduled', 'Unlocked', undefined];

const GIVEN_UP_MS = 3600_000;

/** What a charger tells when it has not done what it said it would. */
const MISHAPS: readonly unknown[] = ['DownloadFailed', 'InstallationFailed', 'UploadFailed'];

/** What the command came to; undefined while it is under way. */
export function outcomeOf(command: Command, judgedBy: Campaign['judgedBy'], nowMs: number): TargetOutcome | undefined {
  if (!isOver(command)) return undefined;
  const { state, answer = {}, reason, observed, watchedUntil } = command;
  if (state !== 'answered' || reason === 'unlawfulAnswer') return failed(reason ?? state);
  if (isCallError(answer)) return failed(answer.callError.code);
  if (!YES.includes(answer.status)) return failed(String(answer.status));
  if (judgedBy === 'answer') return { state: 'succeeded' };
  if (observed) return MISHAPS.includes(observed.what) ? failed(observed.what) : { state: 'succeeded' };
  if (reason === 'notObserved') return failed(reason);
  if (watchedUntil === undefined) return { state: 'succeeded' };
  // Whoever looks for the effect has written it down by then, or does no more.
  return nowMs > Date.parse(watchedUntil) + GIVEN_UP_MS ? failed('notObserved') : undefined;
}

/** What all that a charger was given came to; undefined while one of them is under way. It has failed where one of them has. */
export function outcomeOfAll(
  target: CampaignTarget,
  outcomes: readonly (TargetOutcome | undefined)[],
): TargetOutcome | undefined {
  if (outcomes.includes(undefined)) return undefined;
  const failures = outcomes.flatMap((outcome, place) => (outcome?.state === 'failed' ? [{ outcome, place }] : []));
  const [first] = failures;
  if (!first) return { state: 'succeeded' };
  const told = failures.flatMap(({ outcome, place }) => {
    const key = target.commands?.[place]?.setting?.key;
    return key === undefined ? [] : [`${key}: ${outcome.reason}`];
  });
  const note = [...told, ...(target.note === undefined ? [] : [target.note])].join('; ');
  return { ...first.outcome, ...(note !== '' && { note }) };
}

const isCallError = (
  answer: NonNullable<Command['answer']>,
): answer is { callError: { code: string; description: string } } =>
  typeof answer.callError === 'object' && answer.callError !== null && 'code' in answer.callError;

/** Counted by: a charger may answer an error with any code, also with one that every object has a member of. */
const failed = (reason: CommandReason | string): TargetOutcome => ({
  state: 'failed',
  reason: /^[A-Za-z]{1,50}$/.test(reason) && !(reason in {}) ? reason : 'CallError',
});

/** The tally with those of a wave that have their outcome. */
export function tallyOf({ succeeded, failed, reasons }: Tally, targets: readonly CampaignTarget[]): Tally {
  const tally = { succeeded, failed, reasons: { ...reasons } };
  for (const { state, reason = 'unknown' } of targets) {
    if (state === 'succeeded') tally.succeeded++;
    if (state !== 'failed') continue;
    tally.failed++;
    tally.reasons[reason] = (tally.reasons[reason] ?? 0) + 1;
  }
  return tally;
}

/** What the wave's end makes of the campaign; undefined while one of its chargers has no outcome. */
export function waveEnd(campaign: Campaign, targets: readonly CampaignTarget[], nowMs: number): WaveEnd | undefined {
  if (targets.some(({ state }) => state === 'waiting' || state === 'commanded')) return undefined;
  const tally = tallyOf(campaign, targets);
  const ended = tally.succeeded + tally.failed;
  const { stopAtFailureRate: limit } = campaign;
  const isLast = ended >= campaign.total;
  const failsTooOften = limit !== undefined && tally.failed * 100 >= limit * ended && tally.failed > 0;
  return {
    ...tally,
    wave: campaign.wave + 1,
    waveFrom: toInstant(nowMs + campaign.intervalS * 1000),
    ...(isLast ? { state: 'ended' } : failsTooOften && { state: 'stopped' }),
  };
}

/** Which of the wave's chargers are to be commanded now. */
export function dueNow(campaign: Campaign, targets: readonly CampaignTarget[], nowMs: number): CampaignTarget[] {
  const { state, window, waveFrom } = campaign;
  const isTime = state === 'running' && windowAt(window, nowMs) === 'open' && nowMs >= Date.parse(waveFrom);
  return isTime ? targets.filter((target) => target.state === 'waiting') : [];
}
