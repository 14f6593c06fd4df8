import { describe, expect, test } from 'vitest';
import type { Campaign } from '#shared/domain/campaign.ts';
import { InvalidCursor } from '#shared/domain/paging.ts';
import { campaign as example } from '#test/support/campaigns.ts';
import { eachKind, forgedCursors } from '#test/support/each-kind.ts';
import { anew, atSecond } from '#test/support/examples.ts';
import { allPages } from '#test/support/pages.ts';

describe.each(eachKind)('campaigns $kind', ({ stores: { campaigns } }) => {
  const names = (count: number) => Array.from({ length: count }, () => anew('Cp'));

  async function created(chargerIds: string[], changes: Partial<Campaign> = {}): Promise<Campaign> {
    const it = example({ total: chargerIds.length, ...changes });
    await campaigns.createCampaign(it, chargerIds);
    return it;
  }

  const found = async ({ campaignId }: Campaign) => campaigns.findCampaign(campaignId);

  test('are found as they were created, with their chargers in order', async () => {
    const chargerIds = names(30);
    const window = { from: atSecond(0), daily: { from: '22:00', to: '05:00', timeZone: 'Europe/Berlin' } };
    const it = await created(chargerIds, {
      chargers: { vendor: 'Acme', firmware: { below: '2' }, chargerIds },
      window,
      stopAtFailureRate: 20,
    });

    const pages = await allPages((after) => campaigns.listTargets(it.campaignId, 12, after));

    expect(await found(it)).toEqual(it);
    expect(pages.map((page) => page.length)).toEqual([12, 12, 6]);
    expect(pages.flat()).toEqual(chargerIds.map((chargerId, index) => ({ index, chargerId, state: 'waiting' })));
    expect(await campaigns.findCampaign(anew('none'))).toBeUndefined();
    expect(await campaigns.findCampaign('x'.repeat(3000))).toBeUndefined();
    expect(await campaigns.listTargets(anew('none'), 10)).toEqual({ items: [] });
  });

  test.each<Campaign['work']>([
    { is: 'command', action: 'Reset', payload: { type: 'Soft' } },
    { is: 'firmware', firmwareFileId: 'f1' },
    { is: 'firmware', firmwareFileId: 'f1', retrieveDate: atSecond(60), retries: 2, retryIntervalS: 30 },
    { is: 'configuration' },
    { is: 'configuration', keys: ['HeartbeatInterval'] },
  ])('are found with what each charger is told: %j', async (work) => {
    const it = await created(names(1), { work, judgedBy: 'effect' });

    expect(await found(it)).toEqual(it);
  });

  test('of an organisation are listed newest first, page by page', async () => {
    const organisationId = anew('sunny');
    const all: Campaign[] = [];
    for (const chargerId of names(5)) all.push(await created([chargerId], { organisationId }));
    await created(names(1), { organisationId: anew('other') });

    const pages = await allPages((after) => campaigns.listCampaigns(organisationId, 2, after));

    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(pages.flat()).toEqual(all.toReversed());
    expect(await campaigns.listCampaigns(anew('none'), 10)).toEqual({ items: [] });
  });

  test('are created once under a key, for a day and within an organisation', async () => {
    const organisationId = anew('sunny');
    const key = { key: anew('key'), digest: 'd1' };
    const [first, again, elsewhere, nextDay] = [
      example({ organisationId, total: 1 }),
      example({ organisationId, total: 1 }),
      example({ organisationId: anew('other'), total: 1 }),
      example({ organisationId, total: 1, createdAt: atSecond(24 * 3600 + 1) }),
    ];
    const create = (it: Campaign, digest: string) => campaigns.createCampaign(it, [anew('CP')], { ...key, digest });

    expect(await create(first, 'd1')).toEqual({ is: 'created' });
    expect(await create(again, 'd2')).toEqual({ is: 'repeated', campaignId: first.campaignId, digest: 'd1' });
    expect(await found(again)).toBeUndefined();
    expect((await campaigns.listTargets(again.campaignId, 10)).items).toEqual([]);
    expect(await create(elsewhere, 'd1')).toEqual({ is: 'created' });
    expect(await create(nextDay, 'd3')).toEqual({ is: 'created' });
  });

  test('that are created at once under one key are one', async () => {
    const organisationId = anew('sunny');
    const several = [1, 2, 3].map(() => example({ organisationId, total: 1 }));

    const outcomes = await Promise.allSettled(
      several.map((it) => campaigns.createCampaign(it, [anew('CP')], { key: 'k', digest: 'd' })),
    );

    const isCreated = outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value.is === 'created');
    expect(isCreated).toHaveLength(1);
    expect((await campaigns.listCampaigns(organisationId, 10)).items).toHaveLength(1);
  });

  test('have waves, of which the last may be a small one', async () => {
    const chargerIds = names(5);
    const it = await created(chargerIds, { waveSize: 2 });
    const waveOf = async (wave: number) => (await campaigns.waveOf({ ...it, wave })).map(({ chargerId }) => chargerId);

    expect(await waveOf(0)).toEqual(chargerIds.slice(0, 2));
    expect(await waveOf(1)).toEqual(chargerIds.slice(2, 4));
    expect(await waveOf(2)).toEqual(chargerIds.slice(4));
    expect(await waveOf(3)).toEqual([]);
  });

  test('give a charger one command, whoever asks at the same time, and one outcome', async () => {
    const it = await created(names(2));
    const { campaignId } = it;

    const given = ['c1', 'c2', 'c3'].map((commandId) => [
      { commandId, setting: { key: 'k', value: '' } },
      { commandId: `${commandId}b` },
    ]);
    const noted = await Promise.all(given.map((commands) => campaigns.noteCommands(campaignId, 0, commands, 'left')));
    const [target] = await campaigns.waveOf(it);
    const tooEarly = await campaigns.endTarget(campaignId, 0, 'waiting', { state: 'succeeded' });
    const ended = await Promise.all([
      campaigns.endTarget(campaignId, 0, 'commanded', { state: 'failed', reason: 'offline' }),
      campaigns.endTarget(campaignId, 0, 'commanded', { state: 'failed', reason: 'offline' }),
    ]);
    const afterwards = await campaigns.noteCommands(campaignId, 0, [{ commandId: 'c4' }]);
    await campaigns.endTarget(campaignId, 1, 'waiting', { state: 'failed', reason: 'refused', note: 'x: y' });

    expect(noted.filter(Boolean)).toHaveLength(1);
    expect(target).toMatchObject({ state: 'commanded', commands: given[noted.indexOf(true)], note: 'left' });
    expect(tooEarly).toBe(false);
    expect(ended.filter(Boolean)).toHaveLength(1);
    expect(afterwards).toBe(false);
    const [first, second] = await campaigns.waveOf(it);
    expect(first).toEqual({ ...target, state: 'failed', reason: 'offline' });
    expect(second).toMatchObject({ state: 'failed', reason: 'refused', note: 'x: y' });
    expect(await campaigns.noteCommands(campaignId, 7, [{ commandId: 'c5' }])).toBe(false);
  });

  test('end a wave once', async () => {
    const it = await created(names(4), { waveSize: 2 });
    const end = { wave: 1, waveFrom: atSecond(60), succeeded: 1, failed: 1, reasons: { offline: 1 } };

    const ends = await Promise.all([1, 2].map(() => campaigns.endWave(it.campaignId, 0, end)));
    const later = { ...end, wave: 2, succeeded: 3, state: 'ended' as const };

    expect(ends.filter(Boolean)).toHaveLength(1);
    expect(await found(it)).toEqual({ ...it, ...end });
    expect(await campaigns.endWave(it.campaignId, 1, later)).toBe(true);
    expect(await found(it)).toEqual({ ...it, ...later });
  });

  test('are stopped by the end of a wave, for its failures', async () => {
    const it = await created(names(2), { waveSize: 1 });
    const end = { wave: 1, waveFrom: atSecond(60), succeeded: 0, failed: 1, reasons: { offline: 1 } };

    await campaigns.endWave(it.campaignId, 0, { ...end, state: 'stopped' });

    expect(await found(it)).toEqual({ ...it, ...end, state: 'stopped', reason: 'failureRate' });
  });

  test('are looked after by one at a time', async () => {
    const it = await created(names(1));
    const look = (from: string, to: number) => campaigns.moveLook(it.campaignId, from, atSecond(to));

    const taken = await Promise.all([look(it.nextLookAt, 30), look(it.nextLookAt, 31)]);
    const until = atSecond(taken[0] ? 30 : 31);

    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await found(it)).toMatchObject({ nextLookAt: until });
    expect(await look(until, 40)).toBe(true);
    expect(await campaigns.moveLook(anew('none'), atSecond(0), atSecond(1))).toBe(false);
  });

  test('are paused, stopped and resumed, with other limits where some are given', async () => {
    const it = await created(names(1), { stopAtFailureRate: 10 });
    const { campaignId } = it;

    expect(await campaigns.pauseCampaign(campaignId)).toBe(true);
    expect(await campaigns.pauseCampaign(campaignId)).toBe(false);
    expect(await campaigns.stopCampaign(campaignId, 'windowClosed')).toBe(false);
    expect(await found(it)).toEqual({ ...it, state: 'paused' });
    expect(await campaigns.resumeCampaign(campaignId, atSecond(5), {})).toBe(true);
    expect(await found(it)).toEqual({ ...it, nextLookAt: atSecond(5) });
    expect(await campaigns.stopCampaign(campaignId, 'windowClosed')).toBe(true);
    expect(await found(it)).toEqual({ ...it, nextLookAt: atSecond(5), state: 'stopped', reason: 'windowClosed' });

    const limits = { window: { to: atSecond(90) }, stopAtFailureRate: 50 };
    expect(await campaigns.resumeCampaign(campaignId, atSecond(6), limits)).toBe(true);
    expect(await found(it)).toEqual({ ...it, ...limits, nextLookAt: atSecond(6) });
  });

  test('that have ended stay so', async () => {
    const it = await created(names(1), { state: 'ended' });

    expect(await campaigns.resumeCampaign(it.campaignId, atSecond(5), {})).toBe(false);
    expect(await campaigns.pauseCampaign(it.campaignId)).toBe(false);
    expect(await campaigns.resumeCampaign(anew('none'), atSecond(5), {})).toBe(false);
    expect(await found(it)).toEqual(it);
  });

  test.each(forgedCursors)('lists refuse to begin after what no page gave: %s', async (_, cursor) => {
    const it = await created(names(1));

    await expect(campaigns.listCampaigns(it.organisationId, 10, cursor)).rejects.toThrow(InvalidCursor);
    await expect(campaigns.listTargets(it.campaignId, 10, cursor)).rejects.toThrow(InvalidCursor);
  });
});
