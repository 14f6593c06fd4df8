import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CampaignTarget,
  type CampaignWindow,
  dueNow,
  expiryOf,
  isMeant,
  outcomeOf,
  outcomeOfAll,
  tallyOf,
  waveEnd,
  windowAt,
} from '#shared/domain/campaign.ts';
import type { Charger } from '#shared/domain/charger.ts';
import type { Command } from '#shared/domain/command.ts';
import { campaign } from '#test/support/campaigns.ts';
import { atSecond, chargerPlan, noon } from '#test/support/examples.ts';

const minute = 60_000;
const hour = 60 * minute;

function charger(id: string, boot?: { vendor: string; model: string; firmwareVersion?: string }): Charger {
  return { ...chargerPlan({ id }), revision: 1, ...(boot && { boot: { ...boot, at: atSecond(0) } }) };
}

describe('a charger is meant', () => {
  const alfen = charger('Garage-1', { vendor: 'Alfen BV', model: 'NG910', firmwareVersion: '5.8.1' });

  test.each([
    ['by everything', {}, true],
    ['by its make', { vendor: 'alfen' }, true],
    ['by another make', { vendor: 'ABB' }, false],
    ['by its firmware', { vendor: 'Alfen', firmware: { from: '5.8', below: '6' } }, true],
    ['by a newer firmware', { firmware: { from: '6' } }, false],
    ['by its name, in any case', { chargerIds: ['OTHER', 'GARAGE-1'] }, true],
    ['by its name, but not by its model', { chargerIds: ['Garage-1'], model: 'Twin' }, false],
    ['by another name', { vendor: 'Alfen', chargerIds: ['Garage-2'] }, false],
  ])('%s: %j', (_, filter, expected) => {
    expect(isMeant(alfen, filter)).toBe(expected);
  });

  test('by nothing about its make before it has booted', () => {
    expect(isMeant(charger('New'), { vendor: 'Alfen' })).toBe(false);
    expect(isMeant(charger('New'), {})).toBe(true);
  });
});

describe('a window', () => {
  const night = { from: '22:00', to: '05:00', timeZone: 'Europe/Berlin' };
  const at = (text: string) => windowAt({ daily: night }, Date.parse(text));

  test('is open from one moment on and before another, and closed for good then', () => {
    const window = { from: atSecond(0), to: atSecond(60) };

    expect([-1, 0, 59, 60].map((second) => windowAt(window, noon + second * 1000))).toEqual([
      'notNow',
      'open',
      'open',
      'closed',
    ]);
    expect(windowAt(undefined, noon)).toBe('open');
  });

  test('has the hours of its zone, in summer and in winter, over midnight', () => {
    expect(['19:59', '20:00', '23:30'].map((time) => at(`2026-07-01T${time}:00Z`))).toEqual(['notNow', 'open', 'open']);
    expect(['20:59', '21:00'].map((time) => at(`2026-01-01T${time}:00Z`))).toEqual(['notNow', 'open']);
    expect(['03:59', '04:00'].map((time) => at(`2026-01-01T${time}:00Z`))).toEqual(['open', 'notNow']);
  });

  test('that begins at midnight is open at midnight', () => {
    const daily = { from: '00:00', to: '00:01', timeZone: 'UTC' };

    expect(windowAt({ daily }, Date.UTC(2026, 0, 1))).toBe('open');
    expect(windowAt({ daily }, Date.UTC(2026, 0, 1, 0, 1))).toBe('notNow');
  });

  test('and the one with its ends exchanged share the day between them', () => {
    const times = fc.integer({ min: 0, max: 24 * 60 - 1 });
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/St_Johns');
    const text = (minutes: number) =>
      [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
    fc.assert(
      fc.property(times, times, zones, fc.integer({ min: 0, max: 365 * 24 * 60 }), (from, to, timeZone, later) => {
        fc.pre(from !== to);
        const nowMs = noon + later * minute;
        const states = [
          [from, to],
          [to, from],
        ].map(([begin = 0, end = 0]) => windowAt({ daily: { from: text(begin), to: text(end), timeZone } }, nowMs));

        expect(states.toSorted()).toEqual(['notNow', 'open']);
      }),
    );
  });

  test('ends what is asked for within it, if that would not expire before', () => {
    const until = (to: number) => expiryOf(campaign({ expiresInS: 300, window: { to: atSecond(to) } }), noon);

    expect([until(100), until(1000), expiryOf(campaign({ expiresInS: 300 }), noon)]).toEqual([
      atSecond(100),
      atSecond(300),
      atSecond(300),
    ]);
  });
});

describe('a command', () => {
  const command = (changes: Partial<Command>): Command => ({
    commandId: 'c1',
    chargerId: 'CP',
    action: 'Reset',
    payload: {},
    state: 'answered',
    by: 'campaign:1',
    createdAt: atSecond(0),
    expiresAt: atSecond(300),
    whenOffline: 'fail',
    ...changes,
  });

  test.each<[string, Partial<Command>, unknown]>([
    ['waits', { state: 'queued' }, undefined],
    ['is not answered yet', { state: 'sent' }, undefined],
    ['is answered with Accepted', { answer: { status: 'Accepted' } }, { state: 'succeeded' }],
    ['needs a restart', { answer: { status: 'RebootRequired' } }, { state: 'succeeded' }],
    ['is done later', { answer: { status: 'Scheduled' } }, { state: 'succeeded' }],
    ['has an answer without a status', { answer: { fileName: 'log.zip' } }, { state: 'succeeded' }],
    ['caused nothing that was seen', { answer: { status: 'Accepted' }, reason: 'notObserved' }, { state: 'succeeded' }],
    ['is rejected', { answer: { status: 'Rejected' } }, { state: 'failed', reason: 'Rejected' }],
    [
      'is not known',
      { answer: { callError: { code: 'NotImplemented', description: '' } } },
      { state: 'failed', reason: 'NotImplemented' },
    ],
    ...['so what?', 'constructor', 'toString', 'valueOf', 'x'.repeat(51)].map(
      (code): [string, Partial<Command>, unknown] => [
        `has an odd error (${code})`,
        { answer: { callError: { code, description: '' } } },
        { state: 'failed', reason: 'CallError' },
      ],
    ),
    [
      'has an answer that breaks the contract',
      { answer: {}, reason: 'unlawfulAnswer' },
      { state: 'failed', reason: 'unlawfulAnswer' },
    ],
    ['found nobody', { state: 'failed', reason: 'offline' }, { state: 'failed', reason: 'offline' }],
    ['had no answer', { state: 'timedOut', reason: 'noAnswer' }, { state: 'failed', reason: 'noAnswer' }],
    ['expired', { state: 'expired', reason: 'notSentInTime' }, { state: 'failed', reason: 'notSentInTime' }],
  ])('that %s comes to this', (_, changes, outcome) => {
    expect(outcomeOf(command(changes), 'answer', noon)).toEqual(outcome);
  });

  const yes = { answer: { status: 'Accepted' } };
  const seen = (what: string) => ({ observed: { at: atSecond(9), what } });
  const watched = { watchedUntil: atSecond(3600) };
  test.each<[string, Partial<Command>, unknown]>([
    ['is watched', { ...yes, ...watched }, undefined],
    ['did what was asked', { ...yes, ...watched, ...seen('Installed') }, { state: 'succeeded' }],
    [
      'failed at it',
      { ...yes, ...watched, ...seen('InstallationFailed') },
      { state: 'failed', reason: 'InstallationFailed' },
    ],
    [
      'could not fetch the file',
      { answer: {}, ...watched, ...seen('DownloadFailed') },
      { state: 'failed', reason: 'DownloadFailed' },
    ],
    [
      'caused nothing that was seen',
      { ...yes, ...watched, reason: 'notObserved' },
      { state: 'failed', reason: 'notObserved' },
    ],
    [
      'nobody looks after any more',
      { ...yes, watchedUntil: atSecond(-3601) },
      { state: 'failed', reason: 'notObserved' },
    ],
    ['causes nothing that could be seen', yes, { state: 'succeeded' }],
    ['is rejected', { answer: { status: 'Rejected' } }, { state: 'failed', reason: 'Rejected' }],
    ['found nobody', { state: 'failed', reason: 'offline' }, { state: 'failed', reason: 'offline' }],
  ])('that %s comes to this, judged by its effect', (_, changes, outcome) => {
    expect(outcomeOf(command(changes), 'effect', noon)).toEqual(outcome);
  });
});

describe('a charger that is given several commands', () => {
  const commands = ['A', 'B', 'C'].map((key) => ({ commandId: `c${key}`, setting: { key, value: '1' } }));
  const target: CampaignTarget = { index: 0, chargerId: 'CP', state: 'commanded', commands };
  const yes = { state: 'succeeded' } as const;
  const no = (reason: string) => ({ state: 'failed', reason }) as const;

  test('has no outcome while one of them is under way', () => {
    expect(outcomeOfAll(target, [yes, undefined, no('Rejected')])).toBeUndefined();
  });

  test('has done it when it has done all', () => {
    expect(outcomeOfAll({ ...target, note: 'X: readonly' }, [yes, yes, yes])).toEqual(yes);
  });

  test('has failed with one of them, and it is told which, beside what was told before', () => {
    const outcome = outcomeOfAll({ ...target, note: 'X: readonly' }, [yes, no('Rejected'), no('noAnswer')]);

    expect(outcome).toEqual({ state: 'failed', reason: 'Rejected', note: 'B: Rejected; C: noAnswer; X: readonly' });
  });

  test('of one command without a setting has that one’s outcome', () => {
    expect(outcomeOfAll({ ...target, commands: [{ commandId: 'c' }] }, [no('offline')])).toEqual(no('offline'));
  });
});

const states = fc.constantFrom('waiting' as const, 'commanded' as const, 'succeeded' as const, 'failed' as const);
const reasons = fc.constantFrom('offline', 'Rejected');
const wave = fc.array(
  fc.record({ state: states, reason: reasons }).map(
    ({ state, reason }): CampaignTarget => ({
      index: 0,
      chargerId: 'CP',
      state,
      ...(state === 'failed' && { reason }),
    }),
  ),
  { minLength: 1, maxLength: 20 },
);

describe('a wave', () => {
  const ended = (...states: CampaignTarget['state'][]) =>
    states.map(
      (state, index): CampaignTarget => ({
        index,
        chargerId: `CP${index}`,
        state,
        ...(state === 'failed' && { reason: 'offline' }),
      }),
    );

  test('ends when each of its chargers has an outcome, and all of them are counted', () => {
    fc.assert(
      fc.property(wave, fc.nat({ max: 50 }), fc.nat({ max: 50 }), (targets, succeeded, failed) => {
        const before = campaign({ succeeded, failed, reasons: { offline: failed }, total: 1000 });
        const end = waveEnd(before, targets, noon);

        const isOver = targets.every(({ state }) => state === 'succeeded' || state === 'failed');
        expect(end !== undefined).toBe(isOver);
        const tally = tallyOf(before, targets);
        const outcomes = targets.filter(({ state }) => state === 'succeeded' || state === 'failed').length;
        expect(tally.succeeded + tally.failed).toBe(succeeded + failed + outcomes);
        expect(Object.values(tally.reasons).reduce((sum, count) => sum + count, 0)).toBe(tally.failed);
        if (end) expect(end).toMatchObject({ ...tally, wave: 1 });
      }),
    );
  });

  test('stops the campaign exactly where the share of failures reaches the limit', () => {
    const counts = fc.record({
      ok: fc.nat({ max: 30 }),
      bad: fc.nat({ max: 30 }),
      limit: fc.integer({ min: 1, max: 100 }),
    });
    fc.assert(
      fc.property(counts, ({ ok, bad, limit }) => {
        fc.pre(ok + bad > 0);
        const targets = ended(...Array(ok).fill('succeeded'), ...Array(bad).fill('failed'));
        const end = waveEnd(campaign({ stopAtFailureRate: limit, total: 1000 }), targets, noon);

        expect(end?.state).toBe(bad > 0 && bad / (ok + bad) >= limit / 100 - 1e-9 ? 'stopped' : undefined);
      }),
    );
  });

  test('counts those of the waves before it in the share', () => {
    const before = { succeeded: 8, failed: 1, reasons: { offline: 1 }, total: 100 };

    expect(waveEnd(campaign({ ...before, stopAtFailureRate: 20 }), ended('failed'), noon)?.state).toBe('stopped');
    expect(waveEnd(campaign({ ...before, stopAtFailureRate: 21 }), ended('failed'), noon)?.state).toBeUndefined();
    expect(waveEnd(campaign(before), ended('failed'), noon)?.state).toBeUndefined();
  });

  test('that is the last one ends the campaign, however it fared', () => {
    const last = waveEnd(campaign({ stopAtFailureRate: 1, total: 2 }), ended('failed', 'failed'), noon);

    expect(last).toMatchObject({ state: 'ended', failed: 2, reasons: { offline: 2 } });
  });

  test('is followed by the next one after the interval', () => {
    const end = waveEnd(campaign({ intervalS: 60, total: 10 }), ended('succeeded'), noon);

    expect(end?.waveFrom).toBe(atSecond(60));
  });

  test('is commanded only while the campaign runs, within its window and not before its time', () => {
    const targets = ended('waiting', 'commanded', 'failed', 'waiting');
    const due = (changes: object, window?: CampaignWindow) =>
      dueNow(campaign({ ...changes, ...(window && { window }) }), targets, noon).map(({ index }) => index);

    expect(due({})).toEqual([0, 3]);
    expect(due({ state: 'paused' })).toEqual([]);
    expect(due({ state: 'stopped' })).toEqual([]);
    expect(due({ waveFrom: atSecond(1) })).toEqual([]);
    expect(due({}, { from: atSecond(1) })).toEqual([]);
    expect(due({}, { to: atSecond(0) })).toEqual([]);
    expect(due({}, { from: atSecond(-hour / 1000), to: atSecond(1) })).toEqual([0, 3]);
  });
});
