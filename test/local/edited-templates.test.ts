import { expect, onTestFailed, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { inboundNames } from '#shared/ocpp/v16/index.ts';
import { type AssemblyEdit, editedAssembly } from '#test/support/edited-assembly.ts';
import { LocalCloud } from '#test/support/local-cloud.ts';
import { Refusal } from '#test/support/raw-charger.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { until } from '#test/support/until.ts';

/** The local cloud does what the synthesised templates and bundles say, and nothing that it knows of itself. */

test('without the route of an action its calls reach $default, and are answered by the complete router', async () => {
  const cloud = await cloudWhere(({ removeRoutes }) => removeRoutes(['DataTransfer']));
  const charger = await (await cloud.charger()).boot();

  const answer = await charger.call('DataTransfer', { vendorId: 'maker' });

  expect(answer).toEqual({ status: 'UnknownVendorId' });
  const users = await usersOf(cloud, 'evidence');
  expect(users).toContain('answer');
  expect(users).not.toContain('DataTransfer');
});

test('without the routes of all actions a whole session runs through $default', async () => {
  const cloud = await cloudWhere(({ removeRoutes }) => removeRoutes(inboundNames));

  const session = await chargeOnce(cloud);

  expect(session).toMatchObject({ state: 'ended', endedBy: 'charger', energyWh: 7200, reviewReasons: [] });
  expect(await usersOf(cloud, 'sessions')).toEqual(['answer', 'listChargerSessions']);
});

test('without $default as well the gateway answers that it is forbidden, and the connection stays', async () => {
  const cloud = await cloudWhere(({ removeRoutes }) => removeRoutes(['Heartbeat', '$default']));
  const charger = await (await cloud.charger()).boot();

  charger.send('[2,"1","Heartbeat",{}]');

  expect(refusal.parse(JSON.parse(await charger.next())).message).toBe('Forbidden');
  expect(await charger.call('DataTransfer', { vendorId: 'maker' })).toEqual({ status: 'UnknownVendorId' });
});

test('with another route selection expression everything goes to $default', async () => {
  const cloud = await cloudWhere(({ ofType }) => {
    for (const { properties } of ofType('AWS::ApiGatewayV2::Api')) {
      if (properties.RouteSelectionExpression) properties.RouteSelectionExpression = '$request.body.action';
    }
  });

  const session = await chargeOnce(cloud);

  expect(session).toMatchObject({ state: 'ended', energyWh: 7200 });
  expect(await usersOf(cloud, 'sessions')).toEqual(['answer', 'listChargerSessions']);
});

test('a function that is told another table fails, and no other', async () => {
  const cloud = await cloudWhere(({ variables }) => {
    variables('Authorize').TAGS_TABLE = 'elsewhere';
  });
  const charger = await (await cloud.charger()).boot();
  const idTag = await cloud.tag();

  const refused = await charger.refusal('Authorize', { idTag });
  const started = await charger.call('StartTransaction', startOf(idTag));

  expect(refused[0]).toBe('InternalError');
  expect(started.idTagInfo).toEqual({ status: 'Accepted' });
});

test('the direct way is shut by ENTRANCE=cloudfront and opened by ENTRANCE=both', async () => {
  const shut = await cloudWhere(() => {});
  const open = await cloudWhere(({ variables }) => {
    variables('authorize').ENTRANCE = 'both';
  });
  const directly = async (cloud: LocalCloud) => {
    const { id, credentials } = await cloud.charger();
    return cloud.dial(`/ocpp?id=${id}`, { basic: credentials });
  };

  const inFront = await (await open.charger()).boot();

  await expect(directly(shut)).rejects.toThrow(new Refusal(403));
  expect((await directly(open)).isOpen).toBe(true);
  expect(inFront.isOpen).toBe(true);
});

test('another bundle gives another answer', async () => {
  const cloud = await cloudWhere(({ replaceBundle }) =>
    replaceBundle(
      'Heartbeat',
      `export const handler = async (event) => {
        const [, id] = JSON.parse(event.body);
        return { statusCode: 200, body: JSON.stringify([3, id, { currentTime: '2000-01-01T00:00:00Z' }]) };
      };`,
    ),
  );
  const charger = await (await cloud.charger()).boot();

  const answer = await charger.call('Heartbeat', {});

  expect(answer).toEqual({ currentTime: '2000-01-01T00:00:00Z' });
});

test('a bundle that fails is an internal server error, told without its reason, and the connection stays', async () => {
  const cloud = await cloudWhere(({ replaceBundle }) => {
    replaceBundle('Authorize', `export const handler = async () => { throw new Error('of the inside') };`);
    replaceBundle('DataTransfer', `import 'inside'; export const handler = async () => ({ statusCode: 200 });`);
    replaceBundle(
      'MeterValues',
      `export const handler = async () => 'from the inside, where nobody knows the gateway';`,
    );
  });
  const charger = await (await cloud.charger()).boot();

  const answers: string[] = [];
  for (const action of ['Authorize', 'DataTransfer', 'MeterValues']) {
    charger.send(`[2,"1","${action}",{}]`);
    answers.push(await charger.next());
  }

  expect(answers.map((answer) => refusal.parse(JSON.parse(answer)).message)).toEqual(
    Array(3).fill('Internal server error'),
  );
  expect(answers.join()).not.toContain('inside');
  expect(await charger.call('Heartbeat', {})).toEqual({ currentTime: expect.any(String) });
});

test('an unknown type of resource is refused at the start, by its name', async () => {
  const started = cloudWhere(({ add }) => add('Brew', { Type: 'AWS::Coffee::Machine' }));

  await expect(started).rejects.toThrow(
    /ended with 1:\nThe local cloud neither emulates nor leaves out .*:\n {2}Chargeline-dev-Data\/Brew: AWS::Coffee::Machine\n$/,
  );
});

test('an authorizer that throws lets nobody in', async () => {
  const cloud = await cloudWhere(({ replaceBundle }) =>
    replaceBundle('authorize', `export const handler = async () => { throw new Error('out of order') };`),
  );
  const charger = await cloud.charger();

  await expect(charger.dial()).rejects.toThrow(new Refusal(500));
  expect(await charger.read()).toMatchObject({ online: false, connectedAt: null });
});

test('a connection without the verdict "in" is refused by $connect', async () => {
  const cloud = await cloudWhere(({ replaceBundle }) => replaceBundle('authorize', careless));
  const charger = await cloud.charger();

  await expect(charger.dial()).rejects.toThrow(new Refusal(401));
  expect(await charger.read()).toMatchObject({ online: false, connectedAt: null });
});

test('a connection without the verdict "in" that came through $connect nevertheless is heard by no function', async () => {
  const cloud = await cloudWhere(({ replaceBundle }) => {
    replaceBundle('authorize', careless);
    replaceBundle(
      'connect',
      `export const handler = async () => ({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'ocpp1.6' } });`,
    );
  });
  const charger = await cloud.charger();
  const socket = await charger.dial();

  const codes: string[] = [];
  for (const action of [...inboundNames, 'Unheard']) codes.push((await socket.refusal(action, {}))[0]);

  expect(new Set(codes)).toEqual(new Set(['SecurityError']));
  expect(await charger.evidence()).toEqual([]);
  expect(await charger.violations()).toEqual([]);
});

const refusal = z.strictObject({ message: z.string(), connectionId: z.string(), requestId: z.string() });

/** Lets everybody in, says who it is, and forgets to say that it looked. */
const careless = `export const handler = async (event) => ({
  principalId: 'anybody',
  policyDocument: {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn }],
  },
  context: {
    chargerId: event.queryStringParameters.id,
    organisationId: 'default',
    acceptedAt: '2026-01-01T00:00:00.000Z',
    heartbeatIntervalS: 300,
    strictness: 'tolerant',
    quirks: '',
    connectors: '',
    protocol: 'ocpp1.6',
  },
});`;

async function cloudWhere(edit: (assembly: AssemblyEdit) => void): Promise<LocalCloud> {
  const assembly = await editedAssembly(temporaryDirectory(), edit);
  const cloud = new LocalCloud();
  onTestFinished(() => cloud.stop());
  onTestFailed(() => console.error(`The local cloud printed:\n${cloud.printed}`));
  await cloud.start({ assembly });
  return cloud;
}

/** Boot, Authorize, start, a reading, stop; answers the session as the API tells it. */
async function chargeOnce(cloud: LocalCloud) {
  const charger = await cloud.charger();
  const idTag = await cloud.tag();
  const socket = await charger.boot();
  await socket.call('Authorize', { idTag });
  const { transactionId } = await socket.call('StartTransaction', startOf(idTag));
  await socket.call('MeterValues', {
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp: '2026-06-01T12:30:00Z', sampledValue: [{ value: '4600' }] }],
  });
  await socket.call('StopTransaction', { transactionId, meterStop: 8200, timestamp: '2026-06-01T13:00:00Z' });
  return charger.session(transactionId);
}

const startOf = (idTag: string) => ({ connectorId: 1, idTag, meterStart: 1000, timestamp: '2026-06-01T12:00:00Z' });

/** The functions that have used a table. The router is among them when it has ended, which is after the charger has heard its answer. */
async function usersOf(cloud: LocalCloud, table: string): Promise<string[]> {
  return until('the router has ended', async () => {
    const used = (await cloud.usage()).filter(({ resource }) => resource.includes(`-${table}`));
    const users = [...new Set(used.map(({ functionId }) => functionId))].sort();
    return users.includes('answer') && users;
  });
}
