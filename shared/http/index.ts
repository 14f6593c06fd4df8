import * as z from 'zod';
import { charger, chargerPlan, chargerWithKey, nextCredential } from './charger.ts';
import { command, commandOptions, commandPayload } from './command.ts';
import { evidence, violation } from './evidence.ts';
import {
  chargerFile,
  diagnosticsPlan,
  firmwareFile,
  firmwarePlan,
  firmwareUpdatePlan,
  newFirmwareFile,
  timeline,
} from './files.ts';
import { defineRoute } from './route.ts';
import { chargerId, idTag, listOf, nothing, organisationId, page, written } from './schemas.ts';
import { meterReading, session, verdict } from './session.ts';
import { tag, tagPlan } from './tag.ts';

const operators = ['operator'] as const;
const ofCharger = z.strictObject({ chargerId });
const ofSession = z.strictObject({ sessionId: z.string().min(1).max(200) });
const ofTag = z.strictObject({ idTag });
const pages = z.strictObject(page);
/** Operators of the whole installation look into one organisation at a time; absent means the default one. */
const organisationPages = z.strictObject({ ...page, organisationId: organisationId.optional() });

const ofOrganisation = z.strictObject({ organisationId: organisationId.optional() });
const wishes = commandOptions.omit({ wait: true });

/** The app API. Route, Lambda, grants, local cloud and OpenAPI follow from this list; a key is the operationId. */
export const routes = {
  listChargers: defineRoute({
    method: 'GET',
    path: '/api/chargers',
    summary: 'The chargers of an organisation, by identity',
    roles: operators,
    params: nothing,
    query: organisationPages,
    body: nothing,
    ok: { 200: listOf(charger) },
    errors: [],
  }),
  getCharger: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}',
    summary: 'A charger with its connectors and their status',
    roles: operators,
    params: ofCharger,
    query: nothing,
    body: nothing,
    ok: { 200: charger },
    errors: [404],
  }),
  putCharger: defineRoute({
    method: 'PUT',
    path: '/api/chargers/{chargerId}',
    summary: 'Create or update a charger',
    roles: operators,
    params: ofCharger,
    query: nothing,
    body: chargerPlan,
    ok: { 200: chargerWithKey, 201: chargerWithKey },
    errors: [409],
  }),
  putNextCredential: defineRoute({
    method: 'PUT',
    path: '/api/chargers/{chargerId}/next-credential',
    summary:
      'A key that the charger is about to get: until it uses it, or it is withdrawn, the old one opens the door as well',
    roles: operators,
    params: ofCharger,
    query: nothing,
    body: nextCredential,
    ok: { 200: chargerWithKey },
    errors: [404, 409],
  }),
  deleteNextCredential: defineRoute({
    method: 'DELETE',
    path: '/api/chargers/{chargerId}/next-credential',
    summary: 'The charger did not take the key: the old one stays',
    roles: operators,
    params: ofCharger,
    query: nothing,
    body: nothing,
    ok: { 200: charger },
    errors: [404],
  }),
  listChargerSessions: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/sessions',
    summary: 'The sessions of a charger, newest received first',
    roles: operators,
    params: ofCharger,
    query: pages,
    body: nothing,
    ok: { 200: listOf(session) },
    errors: [404],
  }),
  listChargerViolations: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/violations',
    summary: 'Where a charger breaks the protocol: counts, each with an example',
    roles: operators,
    params: ofCharger,
    query: pages,
    body: nothing,
    ok: { 200: listOf(violation) },
    errors: [404],
  }),
  listChargerEvidence: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/evidence',
    summary: 'What a charger reported beside its state, refused frames included; newest first',
    roles: operators,
    params: ofCharger,
    query: pages,
    body: nothing,
    ok: { 200: listOf(evidence) },
    errors: [404],
  }),
  listChargerMeterValues: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/meter-values',
    summary:
      'The readings of a connector that name no transaction, or of a transaction id, known or not; by the time of the charger',
    roles: operators,
    params: ofCharger,
    query: z
      .strictObject({
        ...page,
        connectorId: written(z.int().min(0).max(2_147_483_647))
          .optional()
          .describe('Either this or transactionId is due'),
        transactionId: z
          .string()
          .regex(
            /^\d{1,10}$/,
            'an id that can have been issued: readings that name another are found under their connector',
          )
          .optional(),
      })
      .refine((query) => (query.connectorId === undefined) !== (query.transactionId === undefined), {
        path: ['connectorId'],
        error: 'either connectorId or transactionId is due',
      }),
    body: nothing,
    ok: { 200: listOf(meterReading) },
    errors: [404],
  }),
  sendCommand: defineRoute({
    method: 'POST',
    path: '/api/chargers/{chargerId}/commands/{action}',
    summary: 'Send an OCPP command to a charger',
    roles: operators,
    params: z.strictObject({ chargerId, action: z.string().min(1).max(50) }),
    query: commandOptions,
    body: commandPayload,
    ok: { 200: command, 202: command },
    errors: [404, 409, 422],
  }),
  listCommands: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/commands',
    summary: 'The commands of a charger, newest first',
    roles: operators,
    params: ofCharger,
    query: pages,
    body: nothing,
    ok: { 200: listOf(command) },
    errors: [404],
  }),
  getCommand: defineRoute({
    method: 'GET',
    path: '/api/chargers/{chargerId}/commands/{commandId}',
    summary: 'A command, with what became of it',
    roles: operators,
    params: z.strictObject({ chargerId, commandId: z.string().min(1).max(100) }),
    query: nothing,
    body: nothing,
    ok: { 200: command },
    errors: [404],
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
  listSessions: defineRoute({
    method: 'GET',
    path: '/api/sessions',
    summary:
      'Sessions that await review, the last to come into it first; or that are active, the newest received first',
    roles: operators,
    params: nothing,
    query: z
      .strictObject({
        ...page,
        organisationId: organisationId.optional(),
        review: z.literal('true').optional().describe('Either this or state is due'),
        state: z.literal('active').optional(),
      })
      .refine((query) => (query.review === undefined) !== (query.state === undefined), {
        path: ['review'],
        error: 'either review=true or state=active is due',
      }),
    body: nothing,
    ok: { 200: listOf(session) },
    errors: [],
  }),
  getSession: defineRoute({
    method: 'GET',
    path: '/api/sessions/{sessionId}',
    summary: 'A session',
    roles: operators,
    params: ofSession,
    query: nothing,
    body: nothing,
    ok: { 200: session },
    errors: [404],
  }),
  decideSession: defineRoute({
    method: 'POST',
    path: '/api/sessions/{sessionId}/decisions',
    summary: 'Takes a session out of review: approved, corrected or waived, with a note',
    roles: operators,
    params: ofSession,
    query: nothing,
    body: verdict,
    ok: { 200: session },
    errors: [404, 409],
  }),
  listSessionMeterValues: defineRoute({
    method: 'GET',
    path: '/api/sessions/{sessionId}/meter-values',
    summary: "The meter readings of a session, by the charger's time",
    roles: operators,
    params: ofSession,
    query: pages,
    body: nothing,
    ok: { 200: listOf(meterReading) },
    errors: [404],
  }),
  getIdTag: defineRoute({
    method: 'GET',
    path: '/api/id-tags/{idTag}',
    summary: 'An idTag',
    roles: operators,
    params: ofTag,
    query: nothing,
    body: nothing,
    ok: { 200: tag },
    errors: [404],
  }),
  putIdTag: defineRoute({
    method: 'PUT',
    path: '/api/id-tags/{idTag}',
    summary: 'Create or update an idTag',
    roles: operators,
    params: ofTag,
    query: nothing,
    body: tagPlan,
    ok: { 200: tag, 201: tag },
    errors: [],
  }),
} as const;

export type OperationId = keyof typeof routes;

export const operationIds = Object.keys(routes) as OperationId[];
