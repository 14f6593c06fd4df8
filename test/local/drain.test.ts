import { beforeAll, expect, onTestFailed, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { fixtureCloud } from '#test/support/fixture-cloud.ts';
import { type Client, connect } from '#test/support/gateway.ts';
import { LocalCloud } from '#test/support/local-cloud.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { until } from '#test/support/until.ts';

let fixture: ReturnType<typeof fixtureCloud>;

beforeAll(() => {
  fixture = fixtureCloud({
    handlers: {
      // Two writes, some time apart: an end in between would leave the half of it.
      Echo: `
        import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
        const client = new DynamoDBClient({});
        const add = (pk, name) => client.send(new UpdateItemCommand({
          TableName: process.env.TABLE, Key: { pk: { S: pk }, sk: { S: name } },
          UpdateExpression: 'ADD n :one', ExpressionAttributeValues: { ':one': { N: '1' } },
        }));
        export const handler = async ({ body }) => {
          const [, id] = JSON.parse(body);
          const [charger] = id.split('.');
          await add(charger, 'begun');
          await new Promise((resolve) => setTimeout(resolve, 20));
          await add(charger, 'ended');
          return { statusCode: 200, body: id };
        }`,
      getThing: `
        import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
        const client = new DynamoDBClient({});
        export const handler = async (event) => {
          const { Items } = await client.send(new QueryCommand({
            TableName: process.env.TABLE, KeyConditionExpression: 'pk = :pk', ConsistentRead: true,
            ExpressionAttributeValues: { ':pk': { S: event.pathParameters.thingId } },
          }));
          return Object.fromEntries(Items.map(({ sk, n }) => [sk.S, Number(n.N)]));
        }`,
    },
  });
  return () => fixture.remove();
}, 120_000);

const counts = z.object({ begun: z.number(), ended: z.number() });

test('told to stop under load, the local cloud ends what it began, answers it, and says goodbye; nothing answered is lost', async () => {
  const data = temporaryDirectory();
  const cloud = new LocalCloud();
  onTestFailed(() => console.error(`The local cloud printed:\n${cloud.printed}`));
  onTestFinished(() => cloud.stop());
  await cloud.start({ assembly: fixture.directory, data });
  const chargers = await Promise.all(['a', 'b', 'c'].map((id) => talking(cloud, id)));
  await until('there is some load', () => chargers.every(({ client }) => client.frames.length > 10));

  cloud.kill('SIGTERM');
  const codes = await Promise.all(chargers.map(({ client }) => client.closed));
  await cloud.ended();
  await cloud.start({ assembly: fixture.directory, data });

  expect(codes).toEqual([1001, 1001, 1001]);
  for (const { id, client } of chargers) {
    const { begun, ended } = await kept(cloud, id);
    expect(ended).toBe(begun);
    expect(client.frames).toHaveLength(ended);
  }
}, 120_000);

/** A charger that has three messages under way at any time. */
async function talking(cloud: LocalCloud, id: string): Promise<{ id: string; client: Client }> {
  const client = await connect(`${cloud.url.replace(/^http/, 'ws')}/ocpp/${id}`, ['ocpp1.6']);
  let sent = 0;
  const sendNext = () => client.socket.send(JSON.stringify([2, `${id}.${sent++}`, 'Echo', {}]));
  client.socket.on('message', sendNext);
  for (let i = 0; i < 3; i++) sendNext();
  return { id, client };
}

async function kept(cloud: LocalCloud, id: string): Promise<z.output<typeof counts>> {
  const authorization = `Bearer ${await cloud.token('operator')}`;
  const response = await fetch(`${cloud.url}/api/things/${id}`, { headers: { authorization } });
  return counts.parse(await response.json());
}
