import { afterEach, expect, test, vi } from 'vitest';
import { durationSeconds } from '#lib/durations.ts';
import { deployedDurations } from '#shared/runtime/durations.ts';
import { durations } from '#test/support/examples.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('what the templates tell functions to wait is what functions read', () => {
  for (const [name, seconds] of Object.entries(durationSeconds)) vi.stubEnv(name, String(seconds));

  expect({ ...deployedDurations() }).toEqual(durations);
});

test('what was not told is missed by name', () => {
  vi.stubEnv('FREE_GRACE_S', undefined);

  expect(() => deployedDurations().freeGraceMs).toThrow('FREE_GRACE_S');
});

test.each(['', 'soon', '-1', '1e9'])('%j is no duration', (text) => {
  vi.stubEnv('FREE_GRACE_S', text);

  expect(() => deployedDurations().freeGraceMs).toThrow('seconds are due');
});

test('a slot for heartbeats has a length', () => {
  vi.stubEnv('HEARD_SLOT_S', '0');

  expect(deployedDurations().heardSlotMs).toBe(1000);
});
