import { withoutLogin } from '#shared/domain/files.ts';
import { UpdateFirmware } from '#shared/ocpp/v16/UpdateFirmware.ts';
import { defineOperation } from '#shared/runtime/operation.ts';
import { reportsSince } from '#shared/runtime/sightings.ts';

/** From the moment it may be retrieved: a download, its retries, and a car that has to leave before it is installed. */
const UPDATE_MS = 24 * 3600_000;

const isLast = (status: string) => ['Installed', 'InstallationFailed', 'DownloadFailed'].includes(status);

/** The answer is empty: how the update goes is told by FirmwareStatusNotification. */
export const updateFirmware = defineOperation<typeof UpdateFirmware>({
  action: UpdateFirmware,
  withoutSecrets(request) {
    const location = withoutLogin(request.location);
    return location === undefined ? undefined : { ...request, location };
  },
  watchUntilMs: ({ retrieveDate }, _, { nowMs }) => Math.max(nowMs, Date.parse(retrieveDate)) + UPDATE_MS,
  look: async (_, caused) => (await reportsSince(caused, 'firmwareStatus')).filter(({ what }) => isLast(what)),
});
