import * as z from 'zod';
import { command, commandOptions, commandPayload } from '../command.ts';
import { defineRoute } from '../route.ts';
import { chargerId, listOf, nothing } from '../schemas.ts';
import { ofCharger, operators, pages } from './common.ts';

export const routes = {
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
} as const;
