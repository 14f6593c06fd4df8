import { describe, expect, test } from 'vitest';
import type { Evidence } from '#shared/domain/evidence.ts';
import { InvalidCursor } from '#shared/domain/paging.ts';
import { eachKind, forgedCursors } from '#test/support/each-kind.ts';
import { anew, atSecond } from '#test/support/examples.ts';
import { allPages } from '#test/support/pages.ts';

const refused = (second: number, changes: Partial<Evidence> = {}): Evidence => ({
  at: atSecond(second),
  kind: 'refused',
  action: 'StartTransaction',
  note: 'idTag: missing',
  content: '[2,"1","StartTransaction",{}]',
  ...changes,
});

const violation = (second: number, changes: { field?: string; rule?: string; example?: string } = {}) => ({
  action: 'MeterValues',
  field: 'meterValue[].unit',
  rule: 'not one of the allowed values',
  at: atSecond(second),
  example: `frame ${second}`,
  ...changes,
});

describe.each(eachKind)('evidence $kind', ({ stores: { evidence } }) => {
  test('what was refused is kept raw under the charger in any case, newest first', async () => {
    const chargerId = anew('Garage');
    const raw = refused(2, { content: '[2,"id","MeterValues",{"transactionId":,\u{1F50C} <b>', note: undefined });

    await evidence.keep(chargerId, refused(1));
    await evidence.keep(chargerId.toLowerCase(), raw);
    await evidence.keep(anew('CP'), refused(3));

    expect(await evidence.listEvidence(chargerId.toUpperCase(), 10)).toEqual({ items: [raw, refused(1)] });
  });

  test('a message of the longest length that arrives is kept whole', async () => {
    const chargerId = anew('CP');
    const long = refused(1, { content: 'x'.repeat(128 * 1024) });

    await evidence.keep(chargerId, long);

    expect((await evidence.listEvidence(chargerId, 1)).items).toEqual([long]);
  });

  test('the same content at the same moment is kept once; another content, kind or moment is not the same', async () => {
    const chargerId = anew('CP');
    const different = [refused(1), refused(1, { content: 'x' }), refused(1, { kind: 'stop' }), refused(2)];

    await Promise.all([...different, ...different].map((one) => evidence.keep(chargerId, one)));

    expect((await evidence.listEvidence(chargerId, 10)).items).toHaveLength(4);
  });

  test('evidence is paged, and ends with a full page where nothing is left', async () => {
    const chargerId = anew('CP');
    const all = [5, 4, 3, 2, 1, 0].map((second) => refused(second));
    for (const one of all) await evidence.keep(chargerId, one);

    const byTwo = await allPages((after) => evidence.listEvidence(chargerId, 2, after));
    const byFour = await allPages((after) => evidence.listEvidence(chargerId, 4, after));

    expect(byTwo).toEqual([all.slice(0, 2), all.slice(2, 4), all.slice(4)]);
    expect(byFour).toEqual([all.slice(0, 4), all.slice(4)]);
  });

  test('a violation is counted, with its first and last time and the latest example', async () => {
    const chargerId = anew('CP');

    for (const second of [1, 2, 3]) await evidence.countViolation(chargerId, violation(second));
    await evidence.countViolation(chargerId.toLowerCase(), violation(4, { rule: 'missing' }));

    const { items } = await evidence.listViolations(chargerId.toUpperCase(), 10);
    expect(items).toEqual([
      {
        action: 'MeterValues',
        field: 'meterValue[].unit',
        rule: 'missing',
        count: 1,
        firstAt: atSecond(4),
        lastAt: atSecond(4),
        example: 'frame 4',
      },
      {
        action: 'MeterValues',
        field: 'meterValue[].unit',
        rule: 'not one of the allowed values',
        count: 3,
        firstAt: atSecond(1),
        lastAt: atSecond(3),
        example: 'frame 3',
      },
    ]);
  });

  test('violations at the same moment are all counted', async () => {
    const chargerId = anew('CP');

    await Promise.all(Array.from({ length: 20 }, () => evidence.countViolation(chargerId, violation(1))));

    const { items } = await evidence.listViolations(chargerId, 10);
    expect(items.map(({ count }) => count)).toEqual([20]);
  });

  test('a violation that is counted late counts, and the example stays that of the latest', async () => {
    const chargerId = anew('CP');

    for (const second of [2, 3, 1]) await evidence.countViolation(chargerId, violation(second));

    const { items } = await evidence.listViolations(chargerId, 10);
    expect(items).toMatchObject([{ count: 3, lastAt: atSecond(3), example: 'frame 3' }]);
  });

  test('violations are paged, whatever characters a charger puts into a field’s name', async () => {
    const chargerId = anew('CP');
    const fields = ['', '\u{1F50C}', '\uFFFF', 'a#b', 'zz', 'é'];
    for (const field of fields) await evidence.countViolation(chargerId, violation(1, { field }));

    const byOne = await allPages((after) => evidence.listViolations(chargerId, 1, after));
    const byThree = await allPages((after) => evidence.listViolations(chargerId, 3, after));

    expect(
      byOne
        .flat()
        .map(({ field }) => field)
        .toSorted(),
    ).toEqual(fields.toSorted());
    expect(byOne).toHaveLength(6);
    expect(byThree).toHaveLength(2);
  });

  test('evidence and violations are lists of their own', async () => {
    const chargerId = anew('CP');
    await evidence.keep(chargerId, refused(1));
    await evidence.countViolation(chargerId, violation(1));
    await evidence.keep(chargerId, refused(2));
    await evidence.countViolation(chargerId, violation(1, { rule: 'missing' }));

    const reports = await evidence.listEvidence(chargerId, 1);
    const violations = await evidence.listViolations(chargerId, 1);

    await expect(evidence.listEvidence(chargerId, 10, reports.next)).resolves.toEqual({ items: [refused(1)] });
    await expect(evidence.listViolations(chargerId, 10, violations.next)).resolves.toMatchObject({
      items: [{ count: 1 }],
    });
  });

  test('lists are empty where nothing was kept', async () => {
    expect(await evidence.listEvidence(anew('CP'), 10)).toEqual({ items: [] });
    expect(await evidence.listViolations(anew('CP'), 10)).toEqual({ items: [] });
  });

  test.each(forgedCursors)('lists refuse to begin after what no page gave: %s', async (_, cursor) => {
    await expect(evidence.listEvidence(anew('CP'), 10, cursor)).rejects.toThrow(InvalidCursor);
    await expect(evidence.listViolations(anew('CP'), 10, cursor)).rejects.toThrow(InvalidCursor);
  });

  test.each(['report#', 'violation#'])('lists survive a forged cursor that begins rightly: %s', async (prefix) => {
    const listed = ['\u{10FFFF}', 'x'.repeat(1500)].flatMap((rest) => [
      evidence.listEvidence(anew('CP'), 10, `${prefix}${rest}`),
      evidence.listViolations(anew('CP'), 10, `${prefix}${rest}`),
    ]);

    const outcomes = await Promise.allSettled(listed);

    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(InvalidCursor);
      else expect(outcome.value).toEqual({ items: [] });
    }
  });
});
