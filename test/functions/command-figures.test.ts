import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test, vi } from 'vitest';
import * as z from 'zod';
import { command } from '#bench/cost/measured.ts';
import { looksInVain } from '#bench/cost/model.ts';
import { sendCommand } from '#functions/http/sendCommand.ts';
import { commandTimer } from '#functions/jobs/commandTimer.ts';
import { operations } from '#functions/ocpp/v16/operations.ts';
import type { Timers } from '#shared/domain/send-commands.ts';
import type { CampaignApp } from '#shared/runtime/campaigns.ts';
import { lookAgainMs, takeAnswer } from '#shared/runtime/commands.ts';
import { dynamoStores } from '#shared/store/stores.ts';
import { countingClient } from '#test/support/counting-client.ts';
import { testDatabase } from '#test/support/database.ts';
import {
  anewTag,
  atSecond,
  chargerPlan,
  closing,
  durations,
  noon,
  opening,
  session,
  untraced,
} from '#test/support/examples.ts';

/** What a command costs, from the request until its last timer has passed: what the cost model multiplies (bench/cost/measured.ts). */

type Call = Parameters<Timers['after']>[1];

const { endpoint, region, client, stores, tableNames } = await testDatabase();
const count = countingClient(client);
/** The same tables, uncounted. */
const beside = dynamoStores(
  new DynamoDBClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  }),
  tableNames,
);
const idTag = anewTag();

test('a remote start whose session is seen takes five runs, and what the cost model says', async () => {
  const { app, ask, due, frames, chargerId } = await aCharger();

  await ask();
  const calls = due();
  await beside.sessions.openSession(opening({ chargerId, idTag, ...begunAt(5) }));
  for (const { atMs, call } of calls) await run(app, atMs, call);

  const [frame = '', answer = ''] = frames;
  expect(due()).toEqual([]);
  expect(calls.map(({ atMs }) => atMs - noon)).toEqual([1000, 60_000, 61_000]);
  expect({
    ...counted(),
    timers: calls.length,
    sentBytes: answer.length,
    receivedBytes: frame.length,
  }).toEqual(command.$command);
  const [kept] = (await beside.commands.listCommands(chargerId, 1)).items;
  expect(kept).toMatchObject({ state: 'answered', observed: { at: atSecond(5) } });
});

test('each look for its session in vain takes what the cost model says', async () => {
  const { app, ask, due } = await aCharger();
  await ask();
  const [first] = due();
  count.forget();

  if (first) await run(app, first.atMs, first.call);

  const again = due();
  expect(again.map(({ call }) => call)).toEqual([{ ...first?.call, looks: 1 }]);
  expect({ ...counted(), timers: again.length, sentBytes: 0, receivedBytes: 0 }).toEqual(command.$commandLook);
});

test('a session that begins within five seconds, an update of half an hour and an upload of five minutes are looked for so often', () => {
  const { command: commands, update, diagnostics } = looksInVain;

  expect([before(5), 1 + before(1800), 1 + before(300)]).toEqual([commands, update, diagnostics]);
});

/** How many looks there are in so many seconds after the answer: the first after one. */
function before(seconds: number): number {
  let looks = 0;
  for (let atMs = 1000; atMs < seconds * 1000; atMs += lookAgainMs(looks++));
  return looks;
}

/** One that is connected, has had ten sessions, and answers at once. */
async function aCharger() {
  const plan = chargerPlan();
  await beside.chargers.saveCharger(plan);
  await beside.chargers.markAccepted(plan.id, atSecond(-3600));
  await beside.chargers.connect(plan.id, 'there', 1, atSecond(-3600));
  for (let number = 0; number < 10; number++) {
    const earlier = session({ chargerId: plan.id, ...begunAt(number - 3000) });
    await beside.sessions.openSession({ ...opening(), session: earlier });
    await beside.sessions.closeSession(closing(earlier));
  }
  const calls: { atMs: number; call: Call }[] = [];
  const frames: string[] = [];
  const app: CampaignApp & { nowMs: number } = {
    nowMs: noon,
    clock: () => app.nowMs,
    stores,
    durations,
    tracing: untraced,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    timers: { after: async (ms, call) => void calls.push({ atMs: app.nowMs + ms, call }) },
    sealing: { seal: vi.fn(), unseal: vi.fn(), digest: vi.fn() },
    credentials: { keep: vi.fn(), matches: vi.fn() },
    links: { link: vi.fn() },
    files: { find: vi.fn(), list: vi.fn() },
    connections: {
      cut: vi.fn(),
      send: async (_, text) => {
        const [, messageId] = z.tuple([z.int(), z.string()]).rest(z.unknown()).parse(JSON.parse(text));
        const payload = { status: 'Accepted' };
        frames.push(text, JSON.stringify([3, messageId, payload]));
        await takeAnswer(app, operations, plan.id, { kind: 'result', messageId, payload });
        return 'sent';
      },
    },
  };
  const principal = { subject: 'somebody', roles: [], reach: 'installation' as const };
  count.forget();
  return {
    app,
    frames,
    chargerId: plan.id,
    ask: () =>
      sendCommand(
        {
          params: { chargerId: plan.id, action: 'RemoteStartTransaction' },
          query: { wait: 20, whenOffline: 'fail' },
          body: { connectorId: 1, idTag },
        },
        { ...app, principal },
      ),
    /** Those that were set since it was last asked, in the order in which they call. */
    due: () => calls.splice(0).sort((a, b) => a.atMs - b.atMs),
  };
}

const begunAt = (second: number) => ({ startedAt: atSecond(second), receivedAt: atSecond(second) });

async function run(app: CampaignApp & { nowMs: number }, atMs: number, call: Call): Promise<void> {
  app.nowMs = atMs;
  const { batchItemFailures } = await commandTimer(app, {
    Records: [{ messageId: '1', body: JSON.stringify(call) }],
  });
  if (batchItemFailures.length > 0) throw new Error('The timer could not be followed');
}

function counted() {
  return { requests: count.requests.length, readUnits: count.readUnits(), writeUnits: count.writeUnits() };
}
