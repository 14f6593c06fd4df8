import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { authorize as authorizer } from '#functions/ocpp/authorize.ts';
import { connect } from '#functions/ocpp/connect.ts';
import { disconnect } from '#functions/ocpp/disconnect.ts';
import { authorize } from '#functions/ocpp/v16/inbound/Authorize.ts';
import { bootNotification } from '#functions/ocpp/v16/inbound/BootNotification.ts';
import { dataTransfer } from '#functions/ocpp/v16/inbound/DataTransfer.ts';
import { diagnosticsStatusNotification } from '#functions/ocpp/v16/inbound/DiagnosticsStatusNotification.ts';
import { firmwareStatusNotification } from '#functions/ocpp/v16/inbound/FirmwareStatusNotification.ts';
import { heartbeat } from '#functions/ocpp/v16/inbound/Heartbeat.ts';
import { meterValues } from '#functions/ocpp/v16/inbound/MeterValues.ts';
import { startTransaction } from '#functions/ocpp/v16/inbound/StartTransaction.ts';
import { statusNotification } from '#functions/ocpp/v16/inbound/StatusNotification.ts';
import { stopTransaction } from '#functions/ocpp/v16/inbound/StopTransaction.ts';
import { type Charger, HeardSlots } from '#shared/domain/charger.ts';
import type { Session } from '#shared/domain/session.ts';
import { Tracer } from '#shared/domain/trace.ts';
import { lookAfter, lookOver } from '#shared/domain/watch-session.ts';
import { type InboundName, inbound } from '#shared/ocpp/v16/index.ts';
import type { App } from '#shared/runtime/app.ts';
import type { ActionFunction } from '#shared/runtime/call.ts';
import { contextFor } from '#shared/runtime/caller.ts';
import { ocppHandler } from '#shared/runtime/ocpp-handler.ts';
import { dynamoStores, type Stores } from '#shared/store/stores.ts';
import { countingClient } from '#test/support/counting-client.ts';
import { testDatabase } from '#test/support/database.ts';
import { anew, anewTag, atSecond, chargerPlan, durations, noon, untraced } from '#test/support/examples.ts';

/** What a message costs is the number of its requests, how many of them wait for another, and the capacity that they consume. */

vi.hoisted(() => {
  process.env.POWERTOOLS_METRICS_DISABLED = 'true';
});

const database = await testDatabase();
const count = countingClient(database.client);
const timers = { after: vi.fn() };
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
/** The same tables, uncounted: for what a test arranges, and for whoever comes in between. */
const beside = besides();

const actions: { [Name in InboundName]: ActionFunction<(typeof inbound)[Name]> } = {
  Authorize: authorize,
  BootNotification: bootNotification(timers),
  DataTransfer: dataTransfer,
  DiagnosticsStatusNotification: diagnosticsStatusNotification,
  FirmwareStatusNotification: firmwareStatusNotification,
  Heartbeat: heartbeat(new HeardSlots()),
  MeterValues: meterValues,
  StartTransaction: startTransaction,
  StatusNotification: statusNotification(timers),
  StopTransaction: stopTransaction,
};

/** What has happened before the message, and the message; a charger of its own for each. */
interface Scene {
  charger: Charger;
  idTag: string;
  /** Says something, uncounted, and answers what was answered. */
  said(action: InboundName, payload: object, atMs?: number): Promise<unknown>;
}

interface Message {
  action: InboundName;
  payload: object;
  atMs?: number;
}

interface Figure {
  message: string;
  requests: string[];
  inTurn: number;
  readUnits: number;
  writeUnits: number;
  say: (scene: Scene) => Message | Promise<Message>;
}

const start = (idTag: string, changes: object = {}) => ({
  connectorId: 1,
  idTag,
  meterStart: 1000,
  timestamp: atSecond(-5),
  ...changes,
});

const stop = (transactionId: unknown, changes: object = {}) => ({
  transactionId,
  meterStop: 8200,
  timestamp: atSecond(-1),
  ...changes,
});

const fourValues = [
  { value: '1234567', measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
  { value: '7200.5', measurand: 'Power.Active.Import', unit: 'W' },
  { value: '230.1', measurand: 'Voltage', phase: 'L1-N', unit: 'V' },
  { value: '31.3', measurand: 'Current.Import', phase: 'L1', unit: 'A' },
];

const figures: Figure[] = [
  {
    message: 'Heartbeat, the first of its five minutes',
    requests: ['UpdateItem chargers'],
    inTurn: 1,
    readUnits: 0,
    writeUnits: 1,
    say: () => ({ action: 'Heartbeat', payload: {} }),
  },
  {
    message: 'Heartbeat, a later one',
    requests: [],
    inTurn: 0,
    readUnits: 0,
    writeUnits: 0,
    say: () => ({ action: 'Heartbeat', payload: {}, atMs: noon + 60_000 }),
  },
  {
    message: 'Authorize',
    requests: ['Query tags'],
    inTurn: 1,
    readUnits: 1,
    writeUnits: 0,
    say: ({ idTag }) => ({ action: 'Authorize', payload: { idTag } }),
  },
  {
    message: 'MeterValues with four values',
    requests: ['PutItem readings'],
    inTurn: 1,
    readUnits: 0,
    writeUnits: 1,
    say: () => ({ action: 'MeterValues', payload: meterValuesOf(1) }),
  },
  {
    message: 'MeterValues with four values, from a clock of 1970',
    requests: ['PutItem readings'],
    inTurn: 1,
    readUnits: 0,
    writeUnits: 1,
    say: () => ({ action: 'MeterValues', payload: meterValuesOf(1, '1970-01-01T00:00:00.000Z') }),
  },
  {
    message: 'MeterValues of an outage, twenty readings at once',
    requests: ['BatchWriteItem readings'],
    inTurn: 1,
    readUnits: 0,
    writeUnits: 20,
    say: () => ({ action: 'MeterValues', payload: meterValuesOf(20) }),
  },
  {
    message: 'StatusNotification',
    requests: ['UpdateItem chargers'],
    inTurn: 1,
    readUnits: 0,
    writeUnits: 1,
    say: () => ({ action: 'StatusNotification', payload: statusAt(-1) }),
  },
  {
    message: 'StatusNotification, older than the one before',
    requests: ['UpdateItem chargers', 'PutItem evidence'],
    inTurn: 2,
    readUnits: 0,
    // A failed condition is billed: by AWS as one unit, by this database as none.
    writeUnits: 1,
    say: async ({ said }) => {
      await said('StatusNotification', statusAt(-1));
      return { action: 'StatusNotification', payload: statusAt(-60) };
    },
  },
  {
    message: 'StartTransaction',
    requests: ['BatchGetItem sessions', 'Query tags', 'TransactWriteItems sessions'],
    inTurn: 2,
    readUnits: 3,
    writeUnits: 9,
    say: ({ idTag }) => ({ action: 'StartTransaction', payload: start(idTag) }),
  },
  {
    message: 'StartTransaction that uses a reservation',
    requests: [
      'BatchGetItem sessions',
      'Query tags',
      'GetItem commands',
      'TransactWriteItems sessions',
      'UpdateItem commands',
    ],
    inTurn: 3,
    readUnits: 4,
    writeUnits: 10,
    say: async ({ idTag, charger }) => {
      await beside.reservations.recordReservation({
        chargerId: charger.id,
        reservationId: 7,
        connectorId: 1,
        idTag,
        expiryDate: atSecond(600),
        state: 'active',
        commandId: 'command-1',
        acceptedAt: atSecond(-60),
      });
      return { action: 'StartTransaction', payload: start(idTag, { reservationId: 7 }) };
    },
  },
  {
    message: 'StartTransaction, sent again',
    requests: ['BatchGetItem sessions', 'Query tags'],
    inTurn: 1,
    readUnits: 3,
    writeUnits: 0,
    say: async ({ idTag, said }) => {
      await said('StartTransaction', start(idTag));
      return { action: 'StartTransaction', payload: start(idTag) };
    },
  },
  {
    message: 'StartTransaction that supersedes a session',
    requests: ['BatchGetItem sessions', 'Query tags', 'TransactWriteItems sessions'],
    inTurn: 2,
    readUnits: 3,
    writeUnits: 15,
    say: async ({ idTag, said }) => {
      await said('StartTransaction', start(idTag));
      return { action: 'StartTransaction', payload: start(idTag, { meterStart: 2000 }) };
    },
  },
  {
    message: 'StartTransaction with a limited tag',
    requests: ['BatchGetItem sessions', 'Query tags', 'TransactWriteItems sessions tags'],
    inTurn: 2,
    readUnits: 3,
    writeUnits: 11,
    say: async () => {
      const limited = await aTag({ maxOpenSessions: 1 });
      return { action: 'StartTransaction', payload: start(limited) };
    },
  },
  {
    message: 'StopTransaction',
    requests: ['GetItem sessions', 'Query sessions', 'Query tags', 'TransactWriteItems sessions'],
    inTurn: 2,
    readUnits: 3,
    writeUnits: 7,
    say: async ({ idTag, said }) => ({
      action: 'StopTransaction',
      payload: stop(await opened(said, start(idTag)), { idTag }),
    }),
  },
  {
    message: 'StopTransaction with transactionData',
    requests: ['GetItem sessions', 'Query sessions', 'TransactWriteItems sessions', 'BatchWriteItem readings'],
    inTurn: 2,
    readUnits: 2,
    writeUnits: 9,
    say: async ({ idTag, said }) => ({
      action: 'StopTransaction',
      payload: stop(await opened(said, start(idTag)), { transactionData: meterValuesOf(2).meterValue }),
    }),
  },
  {
    message: 'StopTransaction, sent again',
    requests: ['GetItem sessions', 'Query sessions'],
    inTurn: 1,
    readUnits: 2,
    writeUnits: 0,
    say: async ({ idTag, said }) => {
      const again = stop(await opened(said, start(idTag)));
      await said('StopTransaction', again);
      return { action: 'StopTransaction', payload: again };
    },
  },
  {
    message: 'StopTransaction of an id never issued, without any open session',
    requests: ['GetItem sessions', 'Query sessions', 'GetItem sessions', 'TransactWriteItems sessions'],
    inTurn: 3,
    readUnits: 3,
    writeUnits: 6,
    say: () => ({ action: 'StopTransaction', payload: stop(-1) }),
  },
  {
    message: 'BootNotification',
    requests: ['UpdateItem chargers', 'PutItem evidence'],
    inTurn: 1,
    readUnits: 0,
    writeUnits: 2,
    say: () => ({ action: 'BootNotification', payload: { chargePointVendor: 'Maker', chargePointModel: 'Model' } }),
  },
  {
    message: 'DataTransfer',
    requests: ['PutItem evidence'],
    inTurn: 1,
    readUnits: 0,
    writeUnits: 1,
    say: () => ({ action: 'DataTransfer', payload: { vendorId: 'maker' } }),
  },
  {
    message: 'FirmwareStatusNotification',
    requests: ['PutItem evidence'],
    inTurn: 1,
    readUnits: 0,
    writeUnits: 1,
    say: () => ({ action: 'FirmwareStatusNotification', payload: { status: 'Installed' } }),
  },
  {
    message: 'DiagnosticsStatusNotification',
    requests: ['PutItem evidence'],
    inTurn: 1,
    readUnits: 0,
    writeUnits: 1,
    say: () => ({ action: 'DiagnosticsStatusNotification', payload: { status: 'Uploaded' } }),
  },
];

describe('a message of a charger that was accepted before it connected', () => {
  test.each(figures.map((figure) => [told(figure), figure] as const))(
    '%s',
    async (_sentence, { message: _message, say, ...cost }) => {
      const scene = await aScene();
      const message = await say(scene);
      timers.after.mockClear();

      const { reply, ...counted } = await counting(() => send(scene.charger, message));

      expect(reply).toEqual([3, '1', expect.anything()]);
      expect(counted).toEqual(cost);
      // The queue costs a charger that nobody commands nothing.
      expect(timers.after).not.toHaveBeenCalled();
    },
  );
});

describe('a boot', () => {
  const boot: Message = {
    action: 'BootNotification',
    payload: { chargePointVendor: 'Maker', chargePointModel: 'Model' },
  };

  test.each([
    ['has the charger looked after', true],
    ['does no more where no template is for that', false],
  ])('that is accepted for the first time %s; no later one does', async (_, applyAfterFirstBoot) => {
    const organisationId = anew('org');
    const { id } = chargerPlan();
    const plan = chargerPlan({ id, organisationId });
    await beside.chargers.saveCharger(plan);
    const template = { id: 't', name: 'T', matches: {}, settings: [], applyAfterFirstBoot };
    await beside.configurations.saveTemplate(organisationId, template);
    const charger: Charger = { ...plan, revision: 1 };
    timers.after.mockClear();

    const first = await counting(() => send(charger, boot));
    const later = await counting(() => send(charger, boot));

    expect(timers.after.mock.calls).toEqual(applyAfterFirstBoot ? [[0, { chargerId: id, task: 'firstBoot' }]] : []);
    expect(first.requests).toEqual([...later.requests, 'Query commands', 'UpdateItem chargers']);
  });

  test('that is not accepted does not either', async () => {
    const plan = chargerPlan({ registration: 'pending' });
    await beside.chargers.saveCharger(plan);
    timers.after.mockClear();

    await send({ ...plan, revision: 1 }, boot);

    expect(timers.after).not.toHaveBeenCalled();
  });
});

describe('the heartbeats of a charger', () => {
  const everyMinute = Array.from({ length: 10 }, (_, index) => index * 60);

  test('that come each minute, ten of them, read nothing and write twice', async () => {
    const { charger } = await aScene({ heartbeatIntervalS: 60 });

    const { requests } = await counting(async () => {
      for (const second of everyMinute) await beat(charger, second);
    });

    expect(requests).toEqual(['UpdateItem chargers', 'UpdateItem chargers']);
  });

  test('that come a second late each still write at least once in six minutes', async () => {
    const { charger } = await aScene({ heartbeatIntervalS: 60 });
    const written: number[] = [];

    for (let second = 0; second < 3600; second += 61) {
      const { requests } = await counting(() => beat(charger, second));
      if (requests.length > 0) written.push(second);
    }

    const gaps = written.map((second, index) => second - (written[index - 1] ?? 0));
    expect(written.length).toBeLessThanOrEqual(13);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(361);
  });

  test('that come each five minutes write each time', async () => {
    const { charger } = await aScene({ heartbeatIntervalS: 300 });

    const { requests } = await counting(async () => {
      for (const minutes of [0, 5, 10, 15]) await beat(charger, minutes * 60);
    });

    expect(requests).toEqual(Array(4).fill('UpdateItem chargers'));
  });

  async function beat(charger: Charger, second: number): Promise<void> {
    await send(charger, { action: 'Heartbeat', payload: {}, atMs: noon + second * 1000 });
  }
});

describe('a reading', () => {
  test('of four values with a meter serial number for an identity stays below 1 KB', async () => {
    const connectors = [{ id: 2_147_483_647, type: 'Type2', maxPowerW: 22_000 }];
    const { charger } = await aScene({ id: 'CH*ABC*E1234567890*1234567890*1234567890*12345', connectors });
    const payload = { connectorId: 2_147_483_647, transactionId: 2_147_483_647, meterValue: [withAll(fourValues)] };

    const { writeUnits } = await counting(() => send(charger, { action: 'MeterValues', payload }));

    expect(writeUnits).toBe(1);
  });
});

describe('a race', () => {
  test('lost to another start on the connector takes three requests in turn, and supersedes it', async () => {
    const { charger, idTag, said } = await aScene();
    const message: Message = { action: 'StartTransaction', payload: start(idTag) };
    beforeTheNextWrite(() => said('StartTransaction', start(idTag, { meterStart: 900 })));

    const { reply, inTurn } = await counting(() => send(charger, message));

    expect(reply).toMatchObject([3, '1', { idTagInfo: { status: 'Accepted' } }]);
    expect(inTurn).toBe(3);
  });

  test('lost to the same start on another socket takes two requests in turn, and answers the same id', async () => {
    const { charger, idTag, said } = await aScene();
    const message: Message = { action: 'StartTransaction', payload: start(idTag) };
    let others: unknown;
    beforeTheNextWrite(async () => {
      others = await said('StartTransaction', start(idTag));
    });

    const { reply, inTurn } = await counting(() => send(charger, message));

    expect(reply).toEqual([3, '1', others]);
    expect(inTurn).toBe(2);
  });

  test('lost to the same stop on another socket takes two requests in turn', async () => {
    const { charger, idTag, said } = await aScene();
    const payload = stop(await opened(said, start(idTag)));
    beforeTheNextWrite(() => said('StopTransaction', payload));

    const { reply, inTurn } = await counting(() => send(charger, { action: 'StopTransaction', payload }));

    expect(reply).toEqual([3, '1', {}]);
    expect(inTurn).toBe(2);
  });
});

describe('a connection that was made before the charger was accepted', () => {
  const asked: Message[] = [
    { action: 'Heartbeat', payload: {}, atMs: noon + 60_000 },
    { action: 'Authorize', payload: { idTag: 'ANY' } },
    { action: 'MeterValues', payload: meterValuesOf(1) },
    { action: 'StatusNotification', payload: statusAt(-1) },
    { action: 'StartTransaction', payload: start('ANY') },
    { action: 'StopTransaction', payload: stop(-1) },
    { action: 'DataTransfer', payload: { vendorId: 'maker' } },
    { action: 'FirmwareStatusNotification', payload: { status: 'Installed' } },
    { action: 'DiagnosticsStatusNotification', payload: { status: 'Uploaded' } },
  ];

  test.each(asked)('costs $action exactly one read more', async (message) => {
    const [early, late] = [await aScene(), await aScene()];
    const asItWas = { ...late.charger, acceptedAt: undefined };

    const usual = await counting(() => send(early.charger, message));
    const dearer = await counting(() => send(asItWas, message));

    expect(dearer.reply).toEqual([3, '1', expect.anything()]);
    expect(dearer.requests).toEqual(['GetItem chargers', ...usual.requests]);
    expect(dearer.inTurn).toBe(usual.inTurn + 1);
  });

  test('costs BootNotification, which is always heard, nothing', async () => {
    const { charger } = await aScene();
    const payload = { chargePointVendor: 'Maker', chargePointModel: 'Model' };

    const { requests } = await counting(() =>
      send({ ...charger, acceptedAt: undefined }, { action: 'BootNotification', payload }),
    );

    expect(requests).toEqual(['UpdateItem chargers', 'PutItem evidence']);
  });
});

describe('the watch', () => {
  const readings = Array.from({ length: 60 }, (_, index) => ({
    timestamp: atSecond(index - 100),
    sampledValue: fourValues,
  }));

  /** Of a session with 60 readings of four values, and what one look at it costs. */
  async function watched(look: (session: Session) => Promise<unknown>, more: { ended: boolean }) {
    const { said, charger, idTag } = await aScene();
    const answer = z.object({ transactionId: z.int() }).parse(await said('StartTransaction', start(idTag)));
    await said('MeterValues', { connectorId: 1, transactionId: answer.transactionId, meterValue: readings });
    if (more.ended) await said('StopTransaction', stop(answer.transactionId));
    const session = await beside.sessions.findSession(charger.id, String(answer.transactionId));
    if (!session) throw new Error('There is no session');
    const { requests, readUnits } = await counting(() => look(session));
    return { requests: requests.sort(), readUnits };
  }

  test('looks at an active session for five requests', async () => {
    const figures = await watched((session) => lookAfter(database.stores, session, noon, durations), { ended: false });

    expect(figures).toEqual({
      requests: ['Query chargers', 'Query readings', 'Query readings', 'Query readings', 'UpdateItem sessions'],
      readUnits: 4,
    });
  });

  test('looks over an ended one for a page of its readings', async () => {
    const figures = await watched((session) => lookOver(database.stores, session, noon), { ended: true });

    expect(figures).toEqual({ requests: ['Query readings', 'Query readings', 'UpdateItem sessions'], readUnits: 7 });
  });
});

describe('the trace', () => {
  function tracer(atMs = noon) {
    const { traces } = database.stores;
    return new Tracer({ traces, clock: () => atMs, durations, log: quiet, instance: 'one' });
  }

  test('costs an instance one read in thirty seconds, and a message of a charger that is not traced nothing', async () => {
    const { charger } = await aScene();
    const tracing = tracer();
    const later: Message = { action: 'Heartbeat', payload: {}, atMs: noon + 60_000 };

    const first = await counting(() => send(charger, later, database.stores, tracing));
    const others = await counting(async () => {
      for (let beat = 0; beat < 10; beat++) await send(charger, later, database.stores, tracing);
    });

    expect(first.requests).toEqual(['GetItem evidence']);
    expect(first.readUnits).toBe(1);
    expect(others.requests).toEqual([]);
  });

  test('costs a traced charger a write for each frame, of which only that of the answer is waited for', async () => {
    const { charger, idTag } = await aScene();
    await beside.traces.startTrace(charger.id, atSecond(3600), atSecond(0));
    const tracing = tracer();
    const message: Message = { action: 'Authorize', payload: { idTag } };
    await send(charger, message, database.stores, tracing);

    const { requests, inTurn, writeUnits } = await counting(() => send(charger, message, database.stores, tracing));

    expect(requests.sort()).toEqual(['PutItem evidence', 'PutItem evidence', 'Query tags']);
    expect(inTurn).toBe(2);
    expect(writeUnits).toBe(2);
    await beside.traces.endTrace(charger.id, atSecond(0));
  });
});

describe('at the door', () => {
  const connection = { connectionId: 'there' };
  const app: App = { stores: database.stores, clock: () => noon, durations, log: quiet, tracing: untraced };

  test('the authorizer makes one request', async () => {
    const { charger } = await aScene({ securityProfile: 0 });
    const door = {
      ...app,
      credentials: { keep: vi.fn(), matches: vi.fn() },
      entrance: async () => ({ setting: 'direct' as const, originKeys: [] }),
    };
    const event = {
      methodArn: 'arn:aws:execute-api:eu-central-1:111122223333:api/ocpp/$connect',
      headers: { 'Sec-WebSocket-Protocol': 'ocpp1.6' },
      queryStringParameters: { id: charger.id },
      requestContext: connection,
    };

    const { reply, requests } = await counting(() => authorizer(door, event));

    expect(reply).toMatchObject({ context: { verdict: 'in' } });
    expect(requests).toEqual(['GetItem chargers']);
  });

  test('$connect makes two requests in turn, $disconnect one', async () => {
    const { charger } = await aScene();
    const event = { requestContext: { ...connection, authorizer: contextFor(charger, 'ocpp1.6') } };
    const connections = { send: vi.fn(), cut: vi.fn() };
    timers.after.mockClear();

    const coming = await counting(() => connect({ ...app, connections, timers }, event));
    const going = await counting(() => disconnect(app, event));

    expect(coming.reply).toEqual({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'ocpp1.6' } });
    expect(coming.requests).toEqual(['UpdateItem chargers', 'GetItem chargers']);
    expect(going.requests).toEqual(['UpdateItem chargers']);
    expect(timers.after).not.toHaveBeenCalled();
  });

  test('a connection that was not let in costs $connect, and any message on it, nothing', async () => {
    const { charger } = await aScene();
    const authorizer = { ...contextFor(charger, 'ocpp1.6'), verdict: '401' };
    const handler = handlerOf('Heartbeat', database.stores, noon);

    const { reply, requests } = await counting(async () => [
      await connect(
        { ...app, connections: { send: vi.fn(), cut: vi.fn() }, timers },
        { requestContext: { ...connection, authorizer } },
      ),
      await handler({ body: '[2,"1","Heartbeat",{}]', requestContext: { ...connection, authorizer } }),
    ]);

    expect(reply).toEqual([
      { statusCode: 401 },
      { statusCode: 200, body: '[4,"1","SecurityError","This connection was not let in",{}]' },
    ]);
    expect(requests).toEqual([]);
  });
});

function told({ message, requests, inTurn, readUnits, writeUnits }: Figure): string {
  if (requests.length === 0) return `${message}: nothing`;
  const turns = requests.length > inTurn ? `, ${inTurn} in turn` : '';
  return `${message}: requests ${requests.length}${turns}, read units ${readUnits}, write units ${writeUnits} (${requests.join(', ')})`;
}

function besides(): Stores {
  const { endpoint, region } = database;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return dynamoStores(new DynamoDBClient({ endpoint, region, credentials, maxAttempts: 1 }), database.tableNames);
}

async function aScene(changes: Partial<Charger> = {}): Promise<Scene> {
  const acceptedAt = atSecond(-3600);
  const plan = chargerPlan({ heartbeatIntervalS: 60, ...changes });
  await beside.chargers.saveCharger(plan);
  await beside.chargers.markAccepted(plan.id, acceptedAt);
  const charger: Charger = { ...plan, acceptedAt, revision: 1 };
  return {
    charger,
    idTag: await aTag(),
    said: async (action, payload, atMs) => {
      const [type, , answer] = await send(charger, { action, payload, atMs }, beside);
      expect(type).toBe(3);
      return answer;
    },
  };
}

async function aTag(changes: { maxOpenSessions?: number } = {}): Promise<string> {
  const idTag = anewTag();
  await beside.tags.saveTag({ idTag, issuer: { organisationId: 'sunny' }, status: 'Accepted', ...changes });
  return idTag;
}

async function opened(said: Scene['said'], payload: object): Promise<unknown> {
  const answer = await said('StartTransaction', payload);
  return typeof answer === 'object' && answer !== null && 'transactionId' in answer ? answer.transactionId : undefined;
}

/** What no function of ours looks at. */
const lambdaContext = {
  callbackWaitsForEmptyEventLoop: true,
  functionName: 'figures',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:figures',
  memoryLimitInMB: '256',
  awsRequestId: '1',
  logGroupName: 'figures',
  logStreamName: '1',
  getRemainingTimeInMillis: () => 15_000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
};

function handlerOf(action: InboundName, stores: Stores, atMs: number, tracing = untraced) {
  const app: App = { stores, clock: () => atMs, durations, log: quiet, tracing };
  const handler = ocppHandler(inbound[action], actions[action] as ActionFunction, () => app);
  return (event: object) => handler(event, lambdaContext);
}

/** Sends the message as the gateway delivers it; answers the frame that goes back. */
async function send(
  charger: Charger,
  { action, payload, atMs = noon }: Message,
  stores = database.stores,
  tracing = untraced,
) {
  const authorizer = contextFor(charger, 'ocpp1.6');
  const body = JSON.stringify([2, '1', action, payload]);
  const { body: reply = '[]' } = await handlerOf(
    action,
    stores,
    atMs,
    tracing,
  )({
    body,
    requestContext: { connectionId: 'there', authorizer },
  });
  return z.array(z.unknown()).parse(JSON.parse(reply));
}

async function counting<T>(act: () => Promise<T>) {
  count.forget();
  const reply = await act();
  return {
    reply,
    requests: count.requests.map(({ command, tables }) => [command, ...tables].join(' ')),
    inTurn: count.longestChain(),
    readUnits: count.readUnits(),
    writeUnits: count.writeUnits(),
  };
}

/** What somebody else does after the next transaction has left and before it arrives. */
function beforeTheNextWrite(meanwhile: () => Promise<unknown>): void {
  const name = 'somebodyElse';
  database.client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName === 'TransactWriteItemsCommand' && database.client.middlewareStack.remove(name)) {
        await meanwhile();
      }
      return next(args);
    },
    { step: 'initialize', priority: 'low', name },
  );
}

function statusAt(second: number) {
  return { connectorId: 1, errorCode: 'NoError', status: 'Available', timestamp: atSecond(second) };
}

function meterValuesOf(readings: number, timestamp?: string) {
  const meterValue = Array.from({ length: readings }, (_, index) => ({
    timestamp: timestamp ?? atSecond(index - 100),
    sampledValue: fourValues,
  }));
  return { connectorId: 1, transactionId: 123_456_789, meterValue };
}

function withAll(values: object[]) {
  const rest = { context: 'Sample.Periodic', format: 'Raw', location: 'Outlet' };
  return { timestamp: atSecond(-1), sampledValue: values.map((value) => ({ ...rest, ...value })) };
}
