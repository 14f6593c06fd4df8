import { describe, test } from 'vitest';
import { type OperationId, operationIds, routes } from '#shared/http/index.ts';
import type { Api } from '#test/support/api.ts';
import { localCloud } from '#test/support/local-cloud.ts';
import { Refusal } from '#test/support/raw-charger.ts';

const cloud = localCloud({ seed: { idTags: [{ idTag: 'DRIVER', status: 'Accepted' }] } });

const noon = Date.UTC(2024, 2, 1, 12);
const at = (seconds: number) => new Date(noon + seconds * 1000).toISOString();

const start = { connectorId: 1, idTag: 'DRIVER', meterStart: 1000, timestamp: at(0) };
const status = { connectorId: 1, errorCode: 'NoError', status: 'Available' };
/** Below the start of every session, so that it fits none. */
const unmatchedStop = { transactionId: 0, meterStop: 1, timestamp: at(0) };

/** A request to each operation that would be granted, but for who asks. */
const anyRequest: Record<OperationId, Parameters<Api['send']>[1]> = {
  listChargers: {},
  getCharger: { params: { chargerId: 'CP' } },
  putCharger: { params: { chargerId: 'CP' }, body: { id: 'CP' } },
  putNextCredential: { params: { chargerId: 'CP' }, body: {} },
  deleteNextCredential: { params: { chargerId: 'CP' } },
  listChargerSessions: { params: { chargerId: 'CP' } },
  listChargerViolations: { params: { chargerId: 'CP' } },
  listChargerEvidence: { params: { chargerId: 'CP' } },
  listChargerMeterValues: { params: { chargerId: 'CP' }, query: { connectorId: 1 } },
  listChargingProfiles: { params: { chargerId: 'CP' } },
  getCompositeSchedule: { params: { chargerId: 'CP' }, query: { connectorId: 1 } },
  listReservations: { params: { chargerId: 'CP' } },
  getLocalList: { params: { chargerId: 'CP' } },
  putLocalList: { params: { chargerId: 'CP' }, body: { entries: [] } },
  syncLocalList: { params: { chargerId: 'CP' }, body: {} },
  sendCommand: { params: { chargerId: 'CP', action: 'Reset' }, body: { type: 'Soft' } },
  listCommands: { params: { chargerId: 'CP' } },
  getCommand: { params: { chargerId: 'CP', commandId: 'C' } },
  getChargerConfiguration: { params: { chargerId: 'CP' } },
  readChargerConfiguration: { params: { chargerId: 'CP' }, body: {} },
  applyConfigurationTemplate: { params: { chargerId: 'CP' }, body: {} },
  listConfigurationTemplates: {},
  getConfigurationTemplate: { params: { templateId: 't' } },
  putConfigurationTemplate: { params: { templateId: 't' }, body: { name: 'T', settings: [] } },
  deleteConfigurationTemplate: { params: { templateId: 't' } },
  putTrace: { params: { chargerId: 'CP' }, body: { hours: 1 } },
  getTrace: { params: { chargerId: 'CP' } },
  deleteTrace: { params: { chargerId: 'CP' } },
  listTraceFrames: { params: { chargerId: 'CP' } },
  exportTrace: { params: { chargerId: 'CP' } },
  createCampaign: {
    body: { name: 'all', command: { action: 'ClearCache', payload: {} }, chargers: { chargerIds: ['THEIRS'] } },
  },
  listCampaigns: {},
  getCampaign: { params: { campaignId: 'C' } },
  putCampaignState: { params: { campaignId: 'C' }, body: { state: 'paused' } },
  listCampaignCommands: { params: { campaignId: 'C' } },
  getCommandTimeline: { params: { chargerId: 'CP', commandId: 'C' } },
  updateFirmware: { params: { chargerId: 'CP' }, body: { firmwareFileId: 'F' } },
  askDiagnostics: { params: { chargerId: 'CP' }, body: {} },
  listChargerFiles: { params: { chargerId: 'CP' } },
  addFirmwareFile: { body: { name: 'fw.bin', version: '1', vendor: 'Acme', model: 'One' } },
  listFirmwareFiles: {},
  getFirmwareFile: { params: { firmwareFileId: 'F' } },
  listSessions: { query: { review: 'true' } },
  getSession: { params: { sessionId: 'Q1A.1' } },
  decideSession: {
    params: { sessionId: 'Q1A.1' },
    body: { outcome: 'approve', reasons: ['superseded'], note: 'as it is' },
  },
  listSessionMeterValues: { params: { sessionId: 'Q1A.1' } },
  getIdTag: { params: { idTag: 'TAG' } },
  putIdTag: { params: { idTag: 'TAG' }, body: { idTag: 'TAG', status: 'Accepted' } },
};

describe.concurrent('who may ask', () => {
  test('without a good token every operation is refused with 401', async ({ expect }) => {
    const good = await cloud.token('operator');
    const [header = '', claims = '', signature = ''] = good.split('.');
    const decoded = JSON.parse(Buffer.from(claims, 'base64url').toString());
    const encode = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');
    const tokens = {
      none: '',
      'no token at all': 'nonsense',
      'without a signature': `${header}.${claims}.`,
      'with the signature of other claims': `${header}.${encode({ ...decoded, 'custom:organisationId': 'x' })}.${signature}`,
      'that says it needs no signature': `${encode({ alg: 'none' })}.${claims}.`,
    };

    for (const [which, token] of Object.entries(tokens)) {
      const api = cloud.apiWith(token);
      const answers = await Promise.all(operationIds.map((id) => api.send(id, anyRequest[id])));
      expect(
        answers.map(({ status }) => status),
        which,
      ).toEqual(operationIds.map(() => 401));
    }
  });

  test.for(['owner', 'manager', 'finance', 'viewer', 'driver'] as const)(
    'for the role %s every operation is forbidden',
    async (role, { expect }) => {
      const api = cloud.apiFor(role);

      const refusals = await Promise.all(operationIds.map((id) => api.refusal(id, anyRequest[id])));

      for (const refusal of refusals) expect(refusal).toMatchObject({ status: 403, title: 'Forbidden' });
      await expect(cloud.api.refusal('getIdTag', anyRequest.getIdTag)).resolves.toMatchObject({ status: 404 });
    },
  );

  test('nothing of an answer is kept by caches', async ({ expect }) => {
    const { headers } = await cloud.api.exchange('listChargers');

    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe.concurrent('what is asked', () => {
  const plan = { id: 'BAD' };
  const bad: [OperationId, Parameters<Api['send']>[1], field: string, rule?: string][] = [
    ['putCharger', { params: { chargerId: 'BAD' }, body: { ...plan, colour: 'red' } }, 'colour', 'unknown field'],
    [
      'putCharger',
      { params: { chargerId: 'BAD' }, body: { ...plan, connectors: [{ id: 1, type: 'Type2', maxPowerW: 1, a: 1 }] } },
      'connectors.0.a',
      'unknown field',
    ],
    ['putCharger', { params: { chargerId: 'BAD' }, body: {} }, 'id'],
    ['putCharger', { params: { chargerId: 'BAD' }, body: { id: 'WORSE' } }, 'id', 'not the one in the path'],
    ['putCharger', { params: { chargerId: 'BAD' }, body: { id: 7 } }, 'id'],
    [
      'putCharger',
      { params: { chargerId: 'A:B' }, body: { id: 'A:B' } },
      'chargerId',
      'no control character, slash or colon',
    ],
    ['putCharger', { params: { chargerId: 'x'.repeat(49) }, body: { id: 'x'.repeat(49) } }, 'chargerId'],
    [
      'putCharger',
      { params: { chargerId: 'BAD' }, body: { ...plan, password: 'short' } },
      'password',
      '8 to 40 printable ASCII characters',
    ],
    ['putCharger', { params: { chargerId: 'BAD' }, body: { ...plan, password: 'pässwörter' } }, 'password'],
    [
      'putCharger',
      { params: { chargerId: 'BAD' }, body: { ...plan, authorizationKeyHex: 'abc' } },
      'authorizationKeyHex',
      '16 to 20 bytes as hex digits',
    ],
    [
      'putCharger',
      {
        params: { chargerId: 'BAD' },
        body: { ...plan, password: 'x'.repeat(8), authorizationKeyHex: 'ab'.repeat(16) },
      },
      'authorizationKeyHex',
      'not together with password',
    ],
    ['putCharger', { params: { chargerId: 'BAD' }, body: { ...plan, securityProfile: 4 } }, 'securityProfile'],
    ['putCharger', { params: { chargerId: 'BAD' }, body: { ...plan, registration: 'Accepted' } }, 'registration'],
    ['putCharger', { params: { chargerId: 'BAD' }, body: { ...plan, strictness: 'lax' } }, 'strictness'],
    ['putCharger', { params: { chargerId: 'BAD' }, body: { ...plan, heartbeatIntervalS: 0 } }, 'heartbeatIntervalS'],
    ['putCharger', { params: { chargerId: 'BAD' }, body: { ...plan, heartbeatIntervalS: 59.5 } }, 'heartbeatIntervalS'],
    ['putCharger', { params: { chargerId: 'BAD' }, body: { ...plan, assumeProtocol: 'ocpp2.0.1' } }, 'assumeProtocol'],
    ['putCharger', { params: { chargerId: 'BAD' }, body: { ...plan, quirks: ['odd'] } }, 'quirks.0'],
    [
      'putCharger',
      {
        params: { chargerId: 'BAD' },
        body: { ...plan, connectors: [1, 1].map((id) => ({ id, type: 'Type2', maxPowerW: 1 })) },
      },
      'connectors',
      'each id once',
    ],
    ['putCharger', { params: { chargerId: 'BAD' }, body: '{"id":' }, 'body', 'JSON is due'],
    ['putCharger', { params: { chargerId: 'BAD' } }, 'body', 'JSON is due'],
    ['putCharger', { params: { chargerId: 'BAD' }, body: '{"id":"\\ud83d"}' }, 'body', 'JSON is due'],
    ['putCharger', { params: { chargerId: 'BAD' }, body: '[]' }, 'body'],
    ['putCharger', { params: { chargerId: 'BAD' }, body: 'null' }, 'body'],
    ['putCharger', { params: { chargerId: 'BAD' }, body: plan, query: { force: 'true' } }, 'force', 'unknown field'],
    [
      'putIdTag',
      { params: { idTag: 'BAD' }, body: { idTag: 'WORSE', status: 'Accepted' } },
      'idTag',
      'not the one in the path',
    ],
    ['putIdTag', { params: { idTag: 'BAD' }, body: { idTag: 'BAD' } }, 'status'],
    ['putIdTag', { params: { idTag: 'BAD' }, body: { idTag: 'BAD', status: 'ConcurrentTx' } }, 'status'],
    [
      'putIdTag',
      { params: { idTag: 'BAD' }, body: { idTag: 'BAD', status: 'Accepted', expiryDate: 'soon' } },
      'expiryDate',
    ],
    ...['9999-12-31T23:59:59-12:00', '0001-01-01T00:00:00+01:00', '0000-06-01T00:00:00Z'].map(
      (expiryDate): (typeof bad)[number] => [
        'putIdTag',
        { params: { idTag: 'BAD' }, body: { idTag: 'BAD', status: 'Accepted', expiryDate } },
        'expiryDate',
        'from the year 0001 to 9999 in UTC',
      ],
    ),
    [
      'putIdTag',
      { params: { idTag: 'BAD' }, body: { idTag: 'BAD', status: 'Accepted', maxOpenSessions: 0 } },
      'maxOpenSessions',
    ],
    [
      'putIdTag',
      { params: { idTag: 'BAD' }, body: { idTag: 'BAD', status: 'Accepted', parentIdTag: '' } },
      'parentIdTag',
    ],
    ['getIdTag', { params: { idTag: 'x'.repeat(21) } }, 'idTag'],
    ['listChargers', { query: { limit: 0 } }, 'limit'],
    ['listChargers', { query: { limit: 101 } }, 'limit'],
    ['listChargers', { query: { limit: '' } }, 'limit'],
    ['listChargers', { query: { limit: 'all' } }, 'limit'],
    ['listChargers', { query: { page: 2 } }, 'page', 'unknown field'],
    ['listChargers', { query: { organisationId: 'No Such' } }, 'organisationId'],
    ['listChargers', { query: { next: '' } }, 'next', 'not a value that an earlier page gave'],
    ['getCharger', { params: { chargerId: 'BAD' }, query: { verbose: 1 } }, 'verbose', 'unknown field'],
    [
      'putConfigurationTemplate',
      { params: { templateId: 'Upper' }, body: { name: 'x', settings: [] } },
      'templateId',
      'up to 48 lower-case letters, digits and dashes',
    ],
    [
      'putConfigurationTemplate',
      {
        params: { templateId: 'bad' },
        body: { name: 'x', settings: [], matches: { firmware: { from: 'R2-D2' } } },
      },
      'matches.firmware.from',
      'a version is due, as 1.10.2',
    ],
    ['readChargerConfiguration', { params: { chargerId: 'BAD' }, body: { which: 'some' } }, 'which'],
    [
      'readChargerConfiguration',
      { params: { chargerId: 'BAD' }, body: {}, query: { wait: 1 } },
      'wait',
      'unknown field',
    ],
    ['listSessions', {}, 'review', 'either review=true or state=active is due'],
    ['listSessions', { query: { review: 'false' } }, 'review'],
    ['listSessions', { query: { state: 'ended' } }, 'state'],
    [
      'listSessions',
      { query: { review: 'true', state: 'active' } },
      'review',
      'either review=true or state=active is due',
    ],
    ['listSessions', { query: { review: 'true', next: 'forged' } }, 'next', 'not a value that an earlier page gave'],
  ];

  test.for(bad)('%s %j is refused for %s', async ([id, request, field, rule], { expect }) => {
    const refusal = await cloud.api.refusal(id, request);

    expect(refusal).toMatchObject({ status: 400, title: 'Bad request', type: 'about:blank' });
    expect(refusal.errors).toContainEqual({ field, rule: rule ?? expect.any(String) });
    expect(refusal.detail).toContain(`${field}: `);
  });

  test('all that is wrong is told at once', async ({ expect }) => {
    const body = { id: 'BAD', strictness: 7, heartbeatIntervalS: 1000, colour: 'red', shape: 'round' };

    const { errors = [] } = await cloud.api.refusal('putCharger', { params: { chargerId: 'BAD' }, body });

    expect(errors.map(({ field }) => field).sort()).toEqual(['colour', 'heartbeatIntervalS', 'shape', 'strictness']);
  });

  test('a tag that expires at no time that could be told is not kept', async ({ expect }) => {
    const params = { idTag: 'NO-TIME' };
    const body = { idTag: 'NO-TIME', status: 'Accepted', expiryDate: '9999-12-31T23:59:59-12:00' };

    await cloud.api.refusal('putIdTag', { params, body });
    const unsaved = await cloud.api.refusal('getIdTag', { params });
    const last = await cloud.api.ask('putIdTag', { params, body: { ...body, expiryDate: '9999-12-31T23:59:59Z' } });

    expect(unsaved).toMatchObject({ status: 404 });
    expect(last).toMatchObject({ expiryDate: '9999-12-31T23:59:59.000Z' });
  });

  test('a refused PUT changes nothing', async ({ expect }) => {
    const { id } = await cloud.charger({ strictness: 'strict' });
    const before = await cloud.api.ask('getCharger', { params: { chargerId: id } });

    await cloud.api.refusal('putCharger', { params: { chargerId: id }, body: { id, strictness: 'tolerant', a: 1 } });

    expect(await cloud.api.ask('getCharger', { params: { chargerId: id } })).toEqual(before);
  });

  test.for([
    'listChargerSessions',
    'listChargerViolations',
    'listChargerEvidence',
    'listChargerMeterValues',
    'listReservations',
  ] as const)('%s takes only a next that it gave', async (id, { expect }) => {
    const { id: chargerId } = await cloud.charger();
    const connectorId = id === 'listChargerMeterValues' ? { query: { connectorId: 1 } } : {};
    const forged = ['', 'x', '#', 'report', 'session#1', '9'.repeat(2000), '2024-03-01T12:00:00.000Z', 'ä'];

    for (const next of forged) {
      const query = { ...connectorId.query, next };
      const { status: refusal, errors } = await cloud.api.refusal(id, { params: { chargerId }, query });
      expect({ refusal, fields: errors?.map(({ field }) => field) }, next).toEqual({
        refusal: 400,
        fields: ['next'],
      });
    }
  });

  test('either the connector or the transaction of meter values is due', async ({ expect }) => {
    const { id: chargerId } = await cloud.charger();
    const queries = [
      {},
      { connectorId: 1, transactionId: '1' },
      ...[-1, '', ' ', '1.5', '0x1', '1e0', 2_147_483_648].map((connectorId) => ({ connectorId })),
      { transactionId: 'x' },
    ];

    const refusals = await Promise.all(
      queries.map((query) => cloud.api.refusal('listChargerMeterValues', { params: { chargerId }, query })),
    );

    expect(refusals.map(({ errors }) => errors?.[0]?.field)).toEqual([
      ...Array.from({ length: 9 }, () => 'connectorId'),
      'transactionId',
    ]);
  });

  test('what is not there is 404', async ({ expect }) => {
    const chargerId = 'NOT-THERE';
    const unknown = operationIds.filter((id) => routes[id].path.includes('{') && routes[id].method === 'GET');

    for (const id of unknown) {
      const query = anyRequest[id]?.query ?? {};
      const params = {
        chargerId,
        sessionId: 'Tk9ULVRIRVJF.1',
        idTag: 'NOT-THERE',
        templateId: 'not-there',
        commandId: 'C',
        campaignId: 'C',
        firmwareFileId: 'F',
      };
      await expect(cloud.api.refusal(id, { params, query })).resolves.toMatchObject({ status: 404 });
    }
    for (const sessionId of ['x', '.1', 'Tk9U.1.2', 'a b', '..%2F', 'Tk9ULVRIRVJF.']) {
      await expect(cloud.api.refusal('getSession', { params: { sessionId } })).resolves.toMatchObject({ status: 404 });
    }
  });
});

describe.concurrent('a list', () => {
  test('of chargers goes to its end by identity, without regard to case', async ({ expect }) => {
    const api = cloud.apiFor('operator', 'paged-chargers');
    const ids = ['delta', 'Alpha', 'charlie', 'ECHO', 'bravo'];
    for (const id of ids) await api.ask('putCharger', { params: { chargerId: id }, body: { id } });

    const pages = await api.pages('listChargers', { query: { limit: 2 } });

    expect(pages.map((page) => page.map(({ id }) => id))).toEqual([['Alpha', 'bravo'], ['charlie', 'delta'], ['ECHO']]);
    const whole = await api.ask('listChargers');
    expect(whole).toEqual({ items: pages.flat(), next: null });
  });

  test("of an organisation's chargers is told to whoever looks after the installation, one at a time", async ({
    expect,
  }) => {
    await cloud.charger({ id: 'ASKED-FOR' }, cloud.apiFor('operator', 'asked-for'));

    const asked = await cloud.api.ask('listChargers', { query: { organisationId: 'asked-for' } });
    const empty = await cloud.api.ask('listChargers', { query: { organisationId: 'nobody' } });

    expect(asked.items.map(({ id }) => id)).toEqual(['ASKED-FOR']);
    expect(empty).toEqual({ items: [], next: null });
  });

  test('of sessions goes to its end, the newest received first', async ({ expect }) => {
    const api = cloud.apiFor('operator', 'paged-sessions');
    const chargers = await Promise.all([1, 2, 3].map(() => cloud.charger({}, api)));
    const sockets = await Promise.all(chargers.map((charger) => charger.boot()));
    const [chargerId = ''] = chargers.map(({ id }) => id);
    // The newer they are, the older they say that they are.
    for (const [index, socket] of [...sockets, ...sockets].entries()) {
      await socket.call('StartTransaction', { ...start, connectorId: index + 1, timestamp: at(-index) });
    }
    for (const socket of sockets) await socket.call('StopTransaction', unmatchedStop);

    const ofCharger = await api.pages('listChargerSessions', { params: { chargerId }, query: { limit: 2 } });
    const active = await api.pages('listSessions', { query: { state: 'active', limit: 4 } });
    const review = await api.pages('listSessions', { query: { review: 'true', limit: 1 } });

    expect(ofCharger.map((page) => page.map(({ connectorId }) => connectorId))).toEqual([[null, 4], [1]]);
    expect(active.map((page) => page.map(({ connectorId }) => connectorId))).toEqual([
      [6, 5, 4, 3],
      [2, 1],
    ]);
    expect(review.map((page) => page.map((session) => session.chargerId))).toEqual(
      chargers.toReversed().map(({ id }) => [id]),
    );
  });

  test('of evidence goes to its end, the newest first; of violations, by what was broken', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const params = { chargerId: charger.id };
    for (const [index, state] of ['Downloading', 'Downloaded', 'Installing', 'Installed'].entries()) {
      await socket.call('FirmwareStatusNotification', { status: state, [`extra${index}`]: true });
    }

    const evidence = await cloud.api.pages('listChargerEvidence', { params, query: { limit: 2 } });
    const violations = await cloud.api.pages('listChargerViolations', { params, query: { limit: 3 } });

    expect(evidence.map((page) => page.map(({ kind, note }) => note ?? kind))).toEqual([
      ['Installed', 'Installing'],
      ['Downloaded', 'Downloading'],
      ['boot'],
    ]);
    expect(violations.map((page) => page.map(({ field }) => field))).toEqual([
      ['extra0', 'extra1', 'extra2'],
      ['extra3'],
    ]);
  });

  test("of readings goes to its end, by the charger's time", async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    const readings = (offset: number) =>
      [4, 0, 2].map((second) => ({ timestamp: at(second + offset), sampledValue: [{ value: '1000' }] }));
    await socket.call('MeterValues', { connectorId: 1, transactionId, meterValue: readings(1) });
    await socket.call('MeterValues', { connectorId: 1, meterValue: readings(2) });
    const { id: sessionId } = await charger.session(transactionId);

    const pages = await cloud.api.pages('listSessionMeterValues', { params: { sessionId }, query: { limit: 4 } });

    expect(pages.map((page) => page.map((reading) => reading.at))).toEqual([
      [at(1), at(2), at(3), at(4)],
      [at(5), at(6)],
    ]);
  });
});

describe.concurrent('organisations', () => {
  test('one neither sees nor changes anything of another', async ({ expect }) => {
    const [ours, theirs] = [cloud.apiFor('operator', 'ours'), cloud.apiFor('operator', 'theirs')];
    const charger = await cloud.charger({ id: 'Theirs', strictness: 'strict' }, theirs);
    const idTag = await cloud.tag({}, theirs);
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    await socket.call('StopTransaction', unmatchedStop);
    const { id: sessionId } = await charger.session(transactionId);
    const { campaignId } = await theirs.ask('createCampaign', anyRequest.createCampaign);
    const params = {
      chargerId: 'THEIRS',
      sessionId,
      idTag,
      action: 'Reset',
      commandId: 'C',
      templateId: 't',
      campaignId,
      firmwareFileId: 'F',
    };
    await theirs.ask('putConfigurationTemplate', { params, body: { name: 'Theirs', settings: [] } });
    const before = await everythingOf(theirs);

    const notFound = { status: 404 };
    const expected: Record<OperationId, object> = {
      getCharger: notFound,
      putCharger: { status: 409, errors: [{ field: 'id', rule: 'taken' }] },
      putNextCredential: notFound,
      deleteNextCredential: notFound,
      listChargerSessions: notFound,
      listChargerViolations: notFound,
      listChargerEvidence: notFound,
      listChargerMeterValues: notFound,
      listChargingProfiles: notFound,
      getCompositeSchedule: notFound,
      listReservations: notFound,
      getLocalList: notFound,
      putLocalList: notFound,
      syncLocalList: notFound,
      sendCommand: notFound,
      listCommands: notFound,
      getCommand: notFound,
      getChargerConfiguration: notFound,
      readChargerConfiguration: notFound,
      applyConfigurationTemplate: notFound,
      getConfigurationTemplate: notFound,
      putTrace: notFound,
      getTrace: notFound,
      deleteTrace: notFound,
      listTraceFrames: notFound,
      exportTrace: notFound,
      getCommandTimeline: notFound,
      updateFirmware: notFound,
      askDiagnostics: notFound,
      listChargerFiles: notFound,
      getFirmwareFile: notFound,
      addFirmwareFile: { organisationId: 'ours', uploaded: null },
      listFirmwareFiles: { items: [expect.objectContaining({ organisationId: 'ours' })], next: null },
      getSession: notFound,
      decideSession: notFound,
      listSessionMeterValues: notFound,
      getIdTag: notFound,
      createCampaign: { status: 422, errors: [{ field: 'chargers.chargerIds', rule: 'no such charger: THEIRS' }] },
      listCampaigns: { items: [], next: null },
      getCampaign: notFound,
      putCampaignState: notFound,
      listCampaignCommands: notFound,
      // Lists and tags are one's own: what another organisation has is not in them.
      listChargers: { items: [], next: null },
      listSessions: { items: [], next: null },
      listConfigurationTemplates: { items: [{ id: 'default' }], next: null },
      putConfigurationTemplate: { id: 't', name: 'T' },
      deleteConfigurationTemplate: {},
      putIdTag: { idTag, issuer: 'ours', status: 'Blocked' },
    };
    for (const id of operationIds) {
      const { query = {}, body: anyBody } = anyRequest[id] ?? {};
      const body = { putCharger: { id: 'theirs' }, putIdTag: { idTag, status: 'Blocked' } }[String(id)] ?? anyBody;
      const { text } = await ours.send(id, { params, query, body });
      expect(JSON.parse(text), id).toMatchObject(expected[id]);
    }
    for (const id of ['listChargers', 'listSessions', 'listConfigurationTemplates'] as const) {
      const query = { ...anyRequest[id]?.query, organisationId: 'theirs' };
      await expect(ours.refusal(id, { query })).resolves.toMatchObject({ status: 403 });
    }

    expect(await everythingOf(theirs)).toEqual(before);
    expect(socket.isOpen).toBe(true);

    async function everythingOf(api: Api) {
      return [
        await api.ask('getCharger', { params }),
        await api.ask('getIdTag', { params }),
        await api.ask('getConfigurationTemplate', { params }),
        await api.ask('getSession', { params }),
        await api.ask('listSessions', { query: { review: 'true' } }),
      ];
    }
  });

  test('whoever looks after the installation sees and changes all, and moves nothing', async ({ expect }) => {
    const theirs = cloud.apiFor('operator', 'looked-after');
    const charger = await cloud.charger({}, theirs);
    const socket = await charger.boot();
    const { transactionId } = await socket.call('StartTransaction', start);
    const { id: sessionId } = await charger.session(transactionId);
    const params = { chargerId: charger.id, sessionId };

    const { status: code } = await cloud.api.exchange('putCharger', {
      params,
      body: { id: charger.id, strictness: 'strict' },
    });

    expect(code).toBe(200);
    expect(await cloud.api.ask('getSession', { params })).toMatchObject({ organisationId: 'looked-after' });
    expect(await charger.read()).toMatchObject({ organisationId: 'looked-after', strictness: 'strict' });
  });

  test('each has its own idea of a tag', async ({ expect }) => {
    const [ours, theirs] = [cloud.apiFor('operator', 'tag-one'), cloud.apiFor('operator', 'tag-two')];
    const params = { idTag: 'Shared-1' };

    const created = await ours.exchange('putIdTag', { params, body: { idTag: 'Shared-1', status: 'Accepted' } });
    const other = await theirs.exchange('putIdTag', { params, body: { idTag: 'SHARED-1', status: 'Invalid' } });
    const updated = await ours.exchange('putIdTag', {
      params: { idTag: 'shared-1' },
      body: {
        idTag: 'shared-1',
        status: 'Blocked',
        parentIdTag: 'P',
        expiryDate: '2100-01-01T01:00:00+01:00',
        maxOpenSessions: 2,
      },
    });

    expect([created.status, other.status, updated.status]).toEqual([201, 201, 200]);
    expect(await ours.ask('getIdTag', { params })).toEqual({
      idTag: 'shared-1',
      issuer: 'tag-one',
      status: 'Blocked',
      parentIdTag: 'P',
      expiryDate: '2100-01-01T00:00:00.000Z',
      maxOpenSessions: 2,
    });
    expect(await theirs.ask('getIdTag', { params })).toMatchObject({ issuer: 'tag-two', status: 'Invalid' });
    expect(await cloud.api.refusal('getIdTag', { params })).toMatchObject({ status: 404 });
  });
});

describe.concurrent('PUT of a charger', () => {
  test('creates it with what the contract takes for granted, then updates it', async ({ expect }) => {
    const params = { chargerId: 'Created-1' };

    const created = await cloud.api.exchange('putCharger', { params, body: { id: 'Created-1' } });
    const updated = await cloud.api.exchange('putCharger', {
      params: { chargerId: 'CREATED-1' },
      body: { id: 'created-1', heartbeatIntervalS: 60, assumeProtocol: 'ocpp1.6', quirks: ['looseMeterValues'] },
    });

    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      id: 'Created-1',
      organisationId: 'default',
      registration: 'accepted',
      acceptedAt: null,
      strictness: 'tolerant',
      securityProfile: 1,
      credential: 'key',
      nextCredential: null,
      authorizationKeyHex: expect.stringMatching(/^[0-9a-f]{40}$/),
      heartbeatIntervalS: 300,
      toldIntervalS: null,
      assumeProtocol: null,
      quirks: [],
      quirksInForce: [],
      online: false,
      connectedAt: null,
      lastHeardAt: null,
      bootedAt: null,
      vendor: null,
      model: null,
      serialNumber: null,
      firmwareVersion: null,
      connectors: [],
    });
    expect(updated.status).toBe(200);
    expect(updated.body).toEqual({
      ...created.body,
      id: 'created-1',
      authorizationKeyHex: undefined,
      heartbeatIntervalS: 60,
      assumeProtocol: 'ocpp1.6',
      quirks: ['looseMeterValues'],
      quirksInForce: [{ quirk: 'looseMeterValues', why: 'set by an operator' }],
    });
  });

  test('makes a key where none is given, shows it once, and it opens the door as text and as bytes', async ({
    expect,
  }) => {
    const id = 'KEY-MADE';
    const params = { chargerId: id };

    const { authorizationKeyHex: key = '' } = await cloud.api.ask('putCharger', { params, body: { id } });
    const again = await cloud.api.send('putCharger', { params, body: { id, strictness: 'strict' } });
    const read = await cloud.api.send('getCharger', { params });

    expect(key).toMatch(/^[0-9a-f]{40}$/);
    for (const { text } of [again, read]) expect(text).not.toContain('authorizationKey');
    for (const password of [key, Buffer.from(key, 'hex')]) {
      await expect(cloud.dial(`/ocpp/${id}`, { basic: { user: id, password } })).resolves.toHaveProperty(
        'isOpen',
        true,
      );
    }
  });

  test.for([
    ['password', { password: 'correct horse' }, { password: 'battery staple' }],
    ['key', { authorizationKeyHex: 'ab'.repeat(20) }, { authorizationKeyHex: 'cd'.repeat(20) }],
  ] as const)(
    'with the same %s keeps the connection, with another one cuts it',
    async ([kind, old, other], { expect }) => {
      const [charger, marker] = await Promise.all([cloud.charger(old), cloud.charger()]);
      const [socket, markerSocket] = await Promise.all([charger.boot(), marker.boot()]);

      await charger.put({ heartbeatIntervalS: 120 });
      // Changes are followed in their order: when the next one has had its effect, this one has had it too.
      await marker.put({ authorizationKeyHex: 'ef'.repeat(20) });
      await markerSocket.closed();
      const stillOpen = socket.isOpen;
      const { credentials } = charger;
      await charger.put(other);
      await socket.closed();

      expect(stillOpen).toBe(true);
      expect(await charger.read()).toMatchObject({ credential: kind, heartbeatIntervalS: 120 });
      await expect(charger.dial({ basic: credentials })).rejects.toEqual(new Refusal(401));
      await expect(charger.dial()).resolves.toHaveProperty('isOpen', true);
    },
  );

  test('without a credential keeps the one that there is', async ({ expect }) => {
    const charger = await cloud.charger({ password: 'correct horse' });
    const { id, credentials } = charger;

    const body = await cloud.api.ask('putCharger', { params: { chargerId: id }, body: { id } });

    expect(body).toMatchObject({ credential: 'password' });
    await expect(cloud.dial(`/ocpp/${id}`, { basic: credentials })).resolves.toHaveProperty('isOpen', true);
  });

  test('with another security profile cuts the connection', async ({ expect }) => {
    const charger = await cloud.charger({ securityProfile: 0 });
    const socket = await charger.boot();

    await charger.put({ securityProfile: 1 });
    await socket.closed();

    expect(await charger.read()).toMatchObject({ securityProfile: 1, credential: 'key' });
    await expect(charger.dial({ basic: undefined })).rejects.toEqual(new Refusal(401));
  });

  test('does not forget what the charger has said', async ({ expect }) => {
    const charger = await cloud.charger();
    const socket = await charger.boot();
    await socket.call('StatusNotification', status);
    const before = await charger.read();

    await charger.put({ connectors: [{ id: 1, type: 'Type2', maxPowerW: 11_000 }] });

    const [connector] = before.connectors;
    expect(await charger.read()).toMatchObject({
      vendor: 'Acme',
      acceptedAt: before.acceptedAt,
      bootedAt: before.bootedAt,
      connectors: [{ ...connector, type: 'Type2', maxPowerW: 11_000 }],
    });
  });

  test('at the same moment as another creates it once', async ({ expect }) => {
    const [ours, theirs] = [cloud.apiFor('operator', 'race-one'), cloud.apiFor('operator', 'race-two')];
    const request = { params: { chargerId: 'RACE' }, body: { id: 'RACE' } };

    const answers = await Promise.all([ours, theirs, ours, theirs].map((api) => api.send('putCharger', request)));

    const codes = answers.map(({ status: code }) => code).sort();
    expect(codes).toEqual([200, 201, 409, 409]);
  });
});
