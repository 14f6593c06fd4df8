import { describe, expect, test } from 'vitest';
import { believe, toInstant } from '#shared/domain/time.ts';
import { noon } from '#test/support/examples.ts';

const minutes = 60_000;

describe('row 32: a time that a charger tells', () => {
  test.each([
    ['now', noon],
    ['five minutes ahead', noon + 5 * minutes],
    ['of yesterday', noon - 24 * 60 * minutes],
    ['of ten years ago', Date.UTC(2016, 5, 1)],
    ['of the day on which OCPP 1.6 was published', Date.UTC(2015, 9, 8)],
  ])('%s is believed', (_, reportedMs) => {
    expect(believe(reportedMs, noon)).toEqual({ at: toInstant(reportedMs), plausible: true });
  });

  test.each([
    ['more than five minutes ahead', noon + 5 * minutes + 1],
    ['of the year 9999', Date.UTC(9999, 11, 31)],
    ['of 1970', 0],
    ['from before OCPP 1.6', Date.UTC(2015, 9, 8) - 1],
    ['that is none', Number.NaN],
    ['that was not told', undefined],
  ])('%s counts as the receive time', (_, reportedMs) => {
    expect(believe(reportedMs, noon)).toEqual({ at: toInstant(noon), plausible: false });
  });
});

test('instants are in order as text', () => {
  const moments = [noon, noon - 1, noon + 1, Date.UTC(2015, 9, 8), Date.UTC(2099, 0, 1)];

  const texts = moments.map(toInstant).toSorted();

  expect(texts).toEqual(moments.toSorted((a, b) => a - b).map(toInstant));
});
