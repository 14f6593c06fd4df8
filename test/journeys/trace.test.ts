import { describe, test } from 'vitest';
import type { BodyOf } from '#test/support/api.ts';
import { localCloud } from '#test/support/local-cloud.ts';
import type { TestCharger } from '#test/support/test-charger.ts';
import { until } from '#test/support/until.ts';

/** What a charger says and hears, kept while somebody wants to see it. */

const cloud = localCloud({ variables: { TRACE_LOOK_S: '0', BOOT_GRACE_S: '1' } });

type Frames = BodyOf<'listTraceFrames'>['items'];

const named = ({ id }: TestCharger) => ({ params: { chargerId: id } });
const startTrace = (charger: TestCharger, hours = 1) =>
  cloud.api.ask('putTrace', { ...named(charger), body: { hours } });

/** Oldest first, once there are so many. */
async function framesOf(charger: TestCharger, count: number, query = {}): Promise<Frames> {
  return until(`${count} frames were traced`, async () => {
    const { items } = await cloud.api.ask('listTraceFrames', { ...named(charger), query: { limit: 100, ...query } });
    return items.length >= count && items.toReversed();
  });
}

const told = (frames: Frames) => frames.map(({ direction, action, text }) => [direction, action, text]);

describe.concurrent('a trace', () => {
  test('is off until it is switched on, and tells until when it is on', async ({ expect }) => {
    const charger = await cloud.charger();
    const off = await cloud.api.ask('getTrace', named(charger));
    const before = Date.now();

    const started = await startTrace(charger, 3);
    const on = await cloud.api.ask('getTrace', named(charger));
    const longer = await startTrace(charger, 72);
    const ended = await cloud.api.ask('deleteTrace', named(charger));
    const again = await cloud.api.ask('deleteTrace', named(charger));

    expect(off).toEqual({ chargerId: charger.id, until: null, takesEffectWithinS: 0 });
    expect(Date.parse(started.until ?? '') - before).toBeGreaterThanOrEqual(3 * 3_600_000);
    expect(on).toEqual(started);
    expect(Date.parse(longer.until ?? '') - Date.parse(started.until ?? '')).toBeGreaterThan(68 * 3_600_000);
    expect([ended, again]).toEqual([off, off]);
    expect(await cloud.api.ask('getTrace', named(charger))).toEqual(off);
  });

  test('has every frame both ways, in order, with times and with what became of the connection', async ({ expect }) => {
    const charger = await cloud.charger();
    await startTrace(charger);
    const socket = await charger.dial();

    await socket.boot();
    await socket.exchange('NoSuchAction', {}, 'odd');
    const asked = charger.command('ClearCache', {}, { wait: 20 });
    const call = await socket.nextCall();
    socket.answer(call, { status: 'Accepted' });
    await asked;
    socket.send('no json at all');
    await framesOf(charger, 8);
    await socket.close();

    const frames = await framesOf(charger, 9);
    expect(told(frames)).toEqual([
      ['connected', null, 'ocpp1.6'],
      ['in', 'BootNotification', expect.stringContaining('"chargePointVendor":"Acme"')],
      ['out', 'BootNotification', expect.stringMatching(/^\[3,.*"status":"Accepted"/)],
      ['in', 'NoSuchAction', '[2,"odd","NoSuchAction",{}]'],
      ['out', 'NoSuchAction', expect.stringMatching(/^\[4,"odd","NotImplemented"/)],
      ['out', 'ClearCache', `[2,"${call.id}","ClearCache",{}]`],
      ['in', 'ClearCache', `[3,"${call.id}",{"status":"Accepted"}]`],
      ['in', null, 'no json at all'],
      ['disconnected', null, expect.stringMatching(/^1000/)],
    ]);
    expect(new Set(frames.map(({ connectionId }) => connectionId)).size).toBe(1);
    expect(frames.flatMap(({ ms, action }) => (ms === null ? [] : [action]))).toEqual([
      'BootNotification',
      'NoSuchAction',
    ]);
    expect(frames.map(({ at }) => at)).toEqual(frames.map(({ at }) => at).toSorted());
  });

  test('is found by what it says, by action and by time, page by page', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await startTrace(charger);
    for (const id of ['one', 'two', 'three']) await socket.call('Heartbeat', {}, id);
    await socket.call('DataTransfer', { vendorId: 'maker' }, 'four');

    const all = await framesOf(charger, 8);
    const found = async (query: object) =>
      told(await framesOf(charger, 0, query)).map(([direction, , text]) => [direction, text]);
    const [, , second] = all;

    expect(await found({ action: 'DataTransfer' })).toEqual([
      ['in', '[2,"four","DataTransfer",{"vendorId":"maker"}]'],
      ['out', expect.stringMatching(/^\[3,"four"/)],
    ]);
    expect(await found({ search: '"two"' })).toHaveLength(2);
    expect(await found({ search: '"TWO"' })).toEqual([]);
    expect(await found({ search: '"two"', action: 'DataTransfer' })).toEqual([]);
    expect((await found({ to: second?.at })).length).toBeLessThanOrEqual(2);
    expect((await found({ from: second?.at })).length).toBeGreaterThanOrEqual(6);
    const pages = await cloud.api.pages('listTraceFrames', { ...named(charger), query: { limit: 3 } });
    expect(pages.map((page) => page.length)).toEqual([3, 3, 2]);
    expect(pages.flat()).toEqual(all.toReversed());
  });

  test('comes out as lines, oldest first', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await startTrace(charger);
    for (const id of ['one', 'two']) await socket.call('Heartbeat', {}, id);
    const frames = await framesOf(charger, 4);
    const lines = (part: Frames) => part.map((frame) => `${JSON.stringify(frame)}\n`).join('');

    const whole = await cloud.api.ask('exportTrace', named(charger));
    const first = await cloud.api.ask('exportTrace', { ...named(charger), query: { limit: 3 } });
    const rest = await cloud.api.ask('exportTrace', { ...named(charger), query: { next: first.next ?? '' } });

    expect(whole).toEqual({ text: lines(frames), next: null });
    expect(first).toEqual({ text: lines(frames.slice(0, 3)), next: expect.any(String) });
    expect(rest).toEqual({ text: lines(frames.slice(3)), next: null });
  });

  test('shows no key that is sent to the charger', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await startTrace(charger);
    const value = 'deadbeefdeadbeefdeadbeefdeadbeef';

    const asked = charger.command('ChangeConfiguration', { key: 'AuthorizationKey', value }, { wait: 20 });
    const call = await socket.nextCall();
    socket.answer(call, { status: 'Accepted' });
    await asked;

    const frames = await framesOf(charger, 2);
    expect(call.payload.value).toBe(value);
    expect(JSON.stringify(frames)).not.toContain(value);
    expect(frames[0]).toMatchObject({ direction: 'out', text: expect.stringContaining('"(hidden)"') });
  });

  test('shows no login of a location, nor where the charger answers with it', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await startTrace(charger);
    const location = 'ftp://me:hunter2@example.org/logs/';

    const asked = charger.command('GetDiagnostics', { location }, { wait: 20 });
    socket.answer(await socket.nextCall(), { fileName: `${location}log.zip` });
    await asked;

    const frames = await framesOf(charger, 2);
    expect(JSON.stringify(frames)).not.toContain('hunter2');
    expect(frames.map(({ text }) => text)).toEqual([
      expect.stringContaining('ftp://***@example.org/logs/'),
      expect.stringContaining('ftp://***@example.org/logs/log.zip'),
    ]);
  });

  test('shows no key that the charger repeats when it refuses it', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await startTrace(charger);
    const value = 'feedbeeffeedbeeffeedbeeffeedbeef';

    const asked = charger.command('ChangeConfiguration', { key: 'AuthorizationKey', value }, { wait: 20 });
    socket.refuse(await socket.nextCall(), 'PropertyConstraintViolation', `not ${value}`);
    await asked;

    const frames = await framesOf(charger, 2);
    expect(JSON.stringify(frames)).not.toContain(value);
    expect(JSON.stringify(frames)).toContain('PropertyConstraintViolation');
  });

  test('has nothing of what was said before it began or after it was ended', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await startTrace(charger);
    await socket.call('Heartbeat', {}, 'within');
    await cloud.api.ask('deleteTrace', named(charger));
    await socket.call('Heartbeat', {}, 'after');

    const frames = await framesOf(charger, 2);

    expect(frames.map(({ text }) => JSON.parse(text)[1])).toEqual(['within', 'within']);
  });

  test('is for hours, not for days', async ({ expect }) => {
    const charger = await cloud.charger();

    for (const hours of [0, 73, 1.5]) {
      const refusal = await cloud.api.refusal('putTrace', { ...named(charger), body: { hours } });
      expect(refusal).toMatchObject({ status: 400, errors: [{ field: 'hours' }] });
    }
    const forged = await cloud.api.refusal('listTraceFrames', { ...named(charger), query: { next: 'forged' } });
    expect(forged).toMatchObject({ status: 400, errors: [{ field: 'next' }] });
  });
});
