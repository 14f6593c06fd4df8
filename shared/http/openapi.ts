import * as z from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { charger, chargerPlan, chargerWithKey } from './charger.ts';
import { command } from './command.ts';
import { configuration, template, templatePlan } from './configuration.ts';
import { evidence, violation } from './evidence.ts';
import { chargerFile, firmwareFile, firmwarePlan, newFirmwareFile } from './files.ts';
import { type OperationId, operationIds, routes } from './index.ts';
import type { Route } from './route.ts';
import { nothing, problem } from './schemas.ts';
import { meterReading, session } from './session.ts';
import { tag, tagPlan } from './tag.ts';

/** The app API for people and tools that do not read TypeScript. Made by a test, never by a function: its library is in no bundle. */
export const openApiDocument = () =>
  createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Chargeline',
      version: '1',
      summary: 'Chargers, sessions and tags of an OCPP central system',
      description: [
        'Times are UTC in ISO 8601, energies whole Wh, powers whole W.',
        'Lists answer `{items, next}`: `next`, unless it is null, is given back as the query parameter of the same name.',
        'What an organisation does not own is not there for its people: 404, not 403.',
        'Fields may be added to answers; unknown fields in requests are refused by their names.',
      ].join(' '),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'Any installation; `npm start` runs one at http://127.0.0.1:8080' }],
    tags: [
      { name: 'chargers', description: 'What an operator decides about chargers, and what they tell' },
      { name: 'configuration-templates', description: 'How chargers of a make ought to be configured' },
      { name: 'sessions', description: 'What was charged, by whom, and what should be looked at before it is billed' },
      { name: 'id-tags', description: 'Who may charge' },
      { name: 'campaigns', description: 'Commands to many chargers, wave by wave' },
      { name: 'firmware-files', description: 'What chargers can be updated with' },
    ],
    paths: pathsOf(operationIds),
    components: {
      schemas: {
        Charger: charger,
        ChargerPlan: chargerPlan,
        ChargerWithKey: chargerWithKey,
        Command: command,
        Configuration: configuration,
        ConfigurationTemplate: template,
        ConfigurationTemplatePlan: templatePlan,
        Session: session,
        MeterReading: meterReading,
        FirmwareFile: firmwareFile,
        FirmwarePlan: firmwarePlan,
        NewFirmwareFile: newFirmwareFile,
        ChargerFile: chargerFile,
        Evidence: evidence,
        Violation: violation,
        Tag: tag,
        TagPlan: tagPlan,
        Problem: problem,
        GatewayMessage: gatewayMessage,
      },
      securitySchemes: {
        idToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'An ID token of the user pool. The role is one of its groups; `POST /local/token` makes one on one machine.',
        },
      },
    },
  });

/** What API Gateway itself answers, before any function of ours: its body cannot be chosen. */
const gatewayMessage = z.object({ message: z.string() });

function pathsOf(ids: readonly OperationId[]): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const id of ids) {
    const { method, path } = routes[id];
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(id, routes[id]) };
  }
  return paths;
}

function operationOf(operationId: OperationId, route: Route): ZodOpenApiOperationObject {
  const { path, summary, roles, params, query, body } = route;
  return {
    operationId,
    summary,
    tags: [path.split('/')[2] ?? ''],
    security: [{ idToken: [...roles] }],
    requestParams: {
      ...(params !== nothing && params instanceof z.ZodObject && { path: params }),
      ...(query !== nothing && query instanceof z.ZodObject && { query }),
    },
    ...(body !== nothing && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: responsesOf(route),
  };
}

const successes: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Created',
  202: 'Taken up: what becomes of it is asked for later',
};

const refusals: Readonly<Record<number, string>> = {
  400: 'The request breaks its contract: `errors` names each field and the rule',
  401: 'No token, or none that counts: answered by the gateway',
  403: 'The token has not the role, or asks for the rows of another organisation',
  404: 'There is none, or it belongs to another organisation',
  409: 'It belongs to another organisation, or was deleted meanwhile',
  422: 'What is asked for cannot be: `errors` names each field and the rule',
  500: 'The request could not be processed: try again',
};

function responsesOf({ ok, errors }: Route): ZodOpenApiOperationObject['responses'] {
  const succeeding = Object.entries(ok).map(([status, schema]) => [
    status,
    { description: successes[Number(status)] ?? status, content: { 'application/json': { schema } } },
  ]);
  const refusing = [400, 401, 403, ...errors, 500].map((status) => [
    String(status),
    { description: refusals[status] ?? String(status), content: refusalContent(status) },
  ]);
  return Object.fromEntries([...succeeding, ...refusing]);
}

const refusalContent = (status: number) =>
  status === 401
    ? { 'application/json': { schema: gatewayMessage } }
    : { 'application/problem+json': { schema: problem } };
