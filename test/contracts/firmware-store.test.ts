import { describe, expect, test } from 'vitest';
import type { FirmwareFile } from '#shared/domain/firmware.ts';
import { InvalidCursor } from '#shared/domain/paging.ts';
import { eachKind, forgedCursors } from '#test/support/each-kind.ts';
import { anew, atSecond } from '#test/support/examples.ts';
import { allPages } from '#test/support/pages.ts';

const file = (changes: Partial<FirmwareFile> = {}): FirmwareFile => ({
  fileId: anew('file'),
  organisationId: 'sunny',
  name: 'fw-2.bin',
  version: '2.0',
  vendor: 'Acme',
  model: 'One',
  by: 'somebody',
  createdAt: atSecond(0),
  ...changes,
});

describe.each(eachKind)('files of firmware $kind', ({ stores: { firmware } }) => {
  test('are found by their organisation as they were kept', async () => {
    const kept = file({ sizeBytes: 12, sha256: 'ab'.repeat(32) });

    await firmware.keepFile(kept);

    expect(await firmware.findFile('sunny', kept.fileId)).toEqual(kept);
    expect(await firmware.findFile('windy', kept.fileId)).toBeUndefined();
  });

  test('do not change when they are kept again', async () => {
    const kept = file();
    await firmware.keepFile(kept);

    await firmware.keepFile({ ...kept, version: '3.0' });

    expect(await firmware.findFile('sunny', kept.fileId)).toEqual(kept);
  });

  test('are not found by what is no id', async () => {
    expect(await firmware.findFile('sunny', 'x'.repeat(2000))).toBeUndefined();
  });

  test('are listed to the end, newest first', async () => {
    const organisationId = anew('listed').toLowerCase();
    const files = ['1', '2', '3'].map((fileId) => file({ organisationId, fileId }));
    for (const each of files) await firmware.keepFile(each);

    const pages = await allPages((after) => firmware.listFiles(organisationId, 2, after));

    expect(pages.map((page) => page.map(({ fileId }) => fileId))).toEqual([['3', '2'], ['1']]);
  });

  test.each(forgedCursors)('are not listed after %s', async (_case, after) => {
    await expect(firmware.listFiles('sunny', 2, after)).rejects.toThrow(InvalidCursor);
  });
});
