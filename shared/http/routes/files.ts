import * as z from 'zod';
import { command, commandOptions } from '../command.ts';
import {
  chargerFile,
  diagnosticsPlan,
  firmwareFile,
  firmwarePlan,
  firmwareUpdatePlan,
  newFirmwareFile,
  timeline,
} from '../files.ts';
import { defineRoute } from '../route.ts';
import { chargerId, listOf, nothing } from '../schemas.ts';
import { ofCharger, ofOrganisation, operators, organisationPages, pages } from './common.ts';

const wishes = commandOptions.omit({ wait: true, confirm: true });

export const routes = {
  updateFirmware: defineRoute({
    method: 'POST',
    path: '/api/chargers/{chargerId}/firmware-updates',
    summary: 'Have a charger fetch and install a file of firmware',
    roles: operators,
    params: ofCharger,
    query: wishes,
    body: firmwareUpdatePlan,
    ok: { 200: command, 202: command },
    errors: [404, 409, 422],
  }),
  askDiagnostics: defineRoute({
    method: 'POST',
    path: '/api/chargers/{chargerId}/diagnostics',
    summary: 'Have a charger upload its logs',
    roles: operators,
    params: ofCharger,
    query: wishes,
    body: diagnosticsPlan,
    ok: { 200: command, 202: command },
    errors: [404, 409, 422],
  }),
  getCommandTimeline: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/commands/{commandId}/timeline',
    summary: 'How an update of firmware or an upload of diagnostics went, status by status',
    roles: operators,
    params: z.strictObject({ chargerId, commandId: z.string().min(1).max(100) }),
    query: nothing,
    body: nothing,
    ok: { 200: timeline },
    errors: [404],
  }),
  listChargerFiles: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/files',
    summary: 'What a charger uploaded in the last ninety days, for the newest command first',
    roles: operators,
    params: ofCharger,
    query: pages,
    body: nothing,
    ok: { 200: listOf(chargerFile) },
    errors: [404],
  }),
  addFirmwareFile: defineRoute({
    method: 'POST',
    path: '/api/firmware-files',
    summary: 'Announce a file of firmware; the answer says where to put its bytes',
    roles: operators,
    params: nothing,
    query: ofOrganisation,
    body: firmwarePlan,
    ok: { 201: newFirmwareFile },
    errors: [],
  }),
  listFirmwareFiles: defineRoute({
    method: 'GET',
    path: '/api/firmware-files',
    summary: 'The files of firmware of an organisation, newest first',
    roles: operators,
    params: nothing,
    query: organisationPages,
    body: nothing,
    ok: { 200: listOf(firmwareFile) },
    errors: [],
  }),
  getFirmwareFile: defineRoute({
    method: 'GET',
    path: '/api/firmware-files/{firmwareFileId}',
    summary: 'A file of firmware, and whether its bytes were put',
    roles: operators,
    params: z.strictObject({ firmwareFileId: z.string().min(1).max(100) }),
    query: ofOrganisation,
    body: nothing,
    ok: { 200: firmwareFile },
    errors: [404],
  }),
} as const;
