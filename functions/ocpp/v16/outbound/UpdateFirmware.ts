import { withoutLogin } from '#shared/domain/files.ts';
import { retryingMs } from '#shared/domain/firmware.ts';
import { UpdateFirmware } from '#shared/ocpp/v16/UpdateFirmware.ts';
import { defineOperation } from '#shared/runtime/operation.ts';
import { reportsSince } from '#shared/runtime/sightings.ts';

/** From the moment it may be retrieved: a download, its retries, and a car that has to leave before it is installed. */
const UPDATE_MS = 24 * 3600_000;

/** The pauses between attempts, and a quarter of an hour for each to begin; some chargers tell of each that it failed. */
const tryingMs = ({ retries = 0, retryInterval }: { retries?: number; retryInterval?: number }): number =>
  retries === 0 ? 0 : retryingMs({ retries, retryIntervalS: retryInterval }) + retries * BEGIN_MS;

const BEGIN_MS = 900_000;

const isLast = (status: string) => ['Installed', 'InstallationFailed', 'DownloadFailed'].includes(status);

/** The answer is empty: how the update goes is told by FirmwareStatusNotification. */
export const updateFirmware = defineOperation<typeof UpdateFirmware>({
  action: UpdateFirmware,
  withoutSecrets(request) {
    const location = withoutLogin(request.location);
    return location === undefined ? undefined : { ...request, location };
  },
  watchUntilMs: ({ retrieveDate, ...attempts }, _, { nowMs }) =>
    Math.max(nowMs, Date.parse(retrieveDate)) + tryingMs(attempts) + UPDATE_MS,
  async look(request, caused) {
    const reports = await reportsSince(caused, 'firmwareStatus');
    return reports.filter(({ what, at }, place) => {
      if (what !== 'DownloadFailed') return isLast(what);
      const isTriedAgain = reports.slice(0, place).some((later) => !isLast(later.what));
      const mayBeTriedAgain =
        caused.nowMs < Date.parse(at) + tryingMs({ ...request, retries: Math.min(1, request.retries ?? 0) });
      return !isTriedAgain && !mayBeTriedAgain;
    });
  },
});
