import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { empty } from './types.ts';

/** How far a firmware update has come (S 4.5, 6.19, 6.20). */
export const FirmwareStatusNotification = defineAction('FirmwareStatusNotification', {
  section: '4.5',
  request: z.strictObject({
    status: z.enum([
      'Downloaded',
      'DownloadFailed',
      'Downloading',
      'Idle',
      'InstallationFailed',
      'Installing',
      'Installed',
    ]),
  }),
  response: empty,
});
