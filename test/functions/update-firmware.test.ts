import { expect, test } from 'vitest';
import { updateFirmware } from '#functions/ocpp/v16/outbound/UpdateFirmware.ts';
import { atSecond, chargerPlan, noon } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

/** What a charger has reported since it was told to update: which of it says how that ended. */

type Report = [second: number, status: string];

async function seen(reports: Report[], { atS = 100, retries = 0, retryInterval = 600, untilAt = '' } = {}) {
  const stores = memoryStores();
  const charger = { ...chargerPlan(), revision: 1 };
  const action = 'FirmwareStatusNotification';
  for (const [second, status] of reports) {
    const content = JSON.stringify([2, `id${second}`, action, { status }]);
    await stores.evidence.keep(charger.id, { at: atSecond(second), kind: 'firmwareStatus', action, content });
  }
  const request = { location: 'https://example.org/fw.bin', retrieveDate: atSecond(0), retries, retryInterval };
  const caused = { charger, stores, sentAt: atSecond(0), nowMs: noon + atS * 1000, ...(untilAt && { untilAt }) };
  return (await updateFirmware.look?.(request, caused))?.map(({ what }) => what);
}

test('the last status is the end of it, and what was said before it was sent is not', async () => {
  expect(
    await seen([
      [-5, 'Installed'],
      [5, 'Downloading'],
      [50, 'Downloaded'],
    ]),
  ).toEqual([]);
  expect(
    await seen([
      [5, 'Downloading'],
      [90, 'Installed'],
    ]),
  ).toEqual(['Installed']);
  expect(
    await seen([
      [5, 'Downloading'],
      [90, 'InstallationFailed'],
    ]),
  ).toEqual(['InstallationFailed']);
});

test('a download that failed is the end where it is tried once', async () => {
  expect(
    await seen([
      [5, 'Downloading'],
      [9, 'DownloadFailed'],
    ]),
  ).toEqual(['DownloadFailed']);
});

test('a download that failed may be tried again for as long as that takes, and is no end where it was', async () => {
  const failed: Report[] = [
    [5, 'Downloading'],
    [9, 'DownloadFailed'],
  ];

  expect(await seen(failed, { retries: 2, atS: 60 })).toEqual([]);
  expect(await seen(failed, { retries: 2, atS: 9 + 600 + 901 })).toEqual(['DownloadFailed']);
  expect(await seen([...failed, [700, 'Downloading']], { retries: 2, atS: 4000 })).toEqual([]);
  expect(await seen([...failed, [700, 'Downloading'], [900, 'Installed']], { retries: 2, atS: 4000 })).toEqual([
    'Installed',
  ]);
});

test('what was said since the next update was sent is about that one', async () => {
  expect(
    await seen(
      [
        [5, 'Downloading'],
        [90, 'Installed'],
      ],
      { untilAt: atSecond(60) },
    ),
  ).toEqual([]);
});

test('it is looked for until the retries are over, and a day more', () => {
  const request = {
    location: 'https://example.org/fw.bin',
    retrieveDate: atSecond(3600),
    retries: 2,
    retryInterval: 600,
  };
  const until = updateFirmware.watchUntilMs?.(request, {}, { nowMs: noon, durations: { effectMs: 0 } });

  expect(until).toBe(noon + (3600 + 2 * (600 + 900) + 24 * 3600) * 1000);
});
