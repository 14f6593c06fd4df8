import * as z from 'zod';
import { chargerId, instant, organisationId } from './schemas.ts';

const sizeBytes = z
  .int()
  .min(1)
  .max(5 * 1024 ** 3);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits in lower case are due');
const word = z.string().min(1).max(50);

export const firmwarePlan = z.strictObject({
  name: z
    .string()
    .max(100)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dots, dashes and underscores')
    .describe('The name under which chargers fetch it: some look at its ending'),
  version: word,
  vendor: word.describe('As chargers boot with it: whole words at its beginning, in any case'),
  model: word.describe('Like vendor'),
  sizeBytes: sizeBytes.optional().describe('Where given, a file of another size is sent to nobody'),
  sha256: sha256.optional().describe('For people: it is kept as it is told, and not compared'),
});

export const firmwareFile = z.strictObject({
  ...firmwarePlan.shape,
  firmwareFileId: z.string(),
  organisationId,
  sizeBytes: sizeBytes.nullable(),
  sha256: sha256.nullable(),
  by: z.string().describe('The subject of whoever made it'),
  createdAt: instant,
  uploaded: z
    .strictObject({ sizeBytes: z.int(), at: instant })
    .nullable()
    .describe('What lies there by now; null until the file was put'),
});

export const newFirmwareFile = z.strictObject({
  ...firmwareFile.shape,
  upload: z
    .strictObject({ url: z.string(), endsAt: instant })
    .describe('Where to PUT the bytes; whoever has the URL may, until it ends'),
});

const attempts = {
  retries: z.int().min(0).max(100).optional(),
  retryIntervalS: z.int().min(0).max(86_400).optional(),
};

/** From one file: to one charger, or to those of a campaign. */
export const firmwareUpdatePlan = z.strictObject({
  firmwareFileId: z.string().min(1).max(100),
  retrieveDate: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('From when on it may be fetched; now, unless given'),
  ...attempts,
});

export const diagnosticsPlan = z
  .strictObject({
    startTime: z.iso.datetime({ offset: true }).optional(),
    stopTime: z.iso.datetime({ offset: true }).optional(),
    ...attempts,
  })
  .refine(({ startTime, stopTime }) => !startTime || !stopTime || Date.parse(startTime) < Date.parse(stopTime), {
    path: ['stopTime'],
    error: 'after startTime',
  });

export const chargerFile = z.strictObject({
  chargerId,
  commandId: z.string().describe('The command for which it was uploaded'),
  name: z.string(),
  sizeBytes: z.int(),
  at: instant.describe('When it was uploaded'),
  url: z.string().describe('Where to GET it; whoever has the URL may, until it ends'),
  urlEndsAt: instant,
});

export const timeline = z.strictObject({
  items: z.array(z.strictObject({ at: instant.describe('When it was received'), status: z.string() })),
});
