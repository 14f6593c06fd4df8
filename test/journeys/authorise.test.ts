import { describe, test } from 'vitest';
import { localCloud } from '#test/support/local-cloud.ts';

const cloud = localCloud();

const start = { connectorId: 1, meterStart: 0, timestamp: '2024-03-01T12:00:00Z' };
const longAgo = '2020-06-01T00:00:00Z';
const nextCentury = '2100-01-01T00:00:00Z';

describe.concurrent('Authorize', () => {
  test.for(['Accepted', 'Blocked', 'Expired', 'Invalid'] as const)(
    'row 27: a tag that is %s is answered as such, and nothing more',
    async (status, { expect }) => {
      const [idTag, charger] = await Promise.all([cloud.tag({ status }), cloud.charger()]);
      const socket = await charger.boot();

      const answer = await socket.call('Authorize', { idTag });

      expect(answer).toEqual({ idTagInfo: { status } });
    },
  );

  test('row 27: an unknown tag is Invalid, and does not become known by asking', async ({ expect }) => {
    const socket = await (await cloud.charger()).boot();

    const answer = await socket.call('Authorize', { idTag: 'STRANGER' });

    expect(answer).toEqual({ idTagInfo: { status: 'Invalid' } });
    expect(await cloud.api.refusal('getIdTag', { params: { idTag: 'STRANGER' } })).toMatchObject({ status: 404 });
  });

  test('row 27: an empty tag, or one of 20 strange characters, is Invalid', async ({ expect }) => {
    const socket = await (await cloud.charger()).boot();

    const answers = await Promise.all(
      ['', ' ', '\u0000', '#'.repeat(20), '漢'.repeat(20)].map((idTag) => socket.call('Authorize', { idTag })),
    );

    for (const answer of answers) expect(answer).toEqual({ idTagInfo: { status: 'Invalid' } });
  });

  test('row 27: parent and expiry date are told where they are known', async ({ expect }) => {
    const idTag = await cloud.tag({ parentIdTag: 'Family', expiryDate: nextCentury });
    const socket = await (await cloud.charger()).boot();

    const authorised = await socket.call('Authorize', { idTag });
    const started = await socket.call('StartTransaction', { ...start, idTag });
    const stopped = await socket.call('StopTransaction', {
      transactionId: started.transactionId,
      idTag,
      meterStop: 0,
      timestamp: '2024-03-01T13:00:00Z',
    });

    const idTagInfo = { status: 'Accepted', parentIdTag: 'Family', expiryDate: '2100-01-01T00:00:00.000Z' };
    expect(authorised).toEqual({ idTagInfo });
    expect(started.idTagInfo).toEqual(idTagInfo);
    expect(stopped).toEqual({ idTagInfo });
  });

  test.for([
    ['Accepted', 'Expired'],
    ['Expired', 'Expired'],
    ['Blocked', 'Blocked'],
    ['Invalid', 'Invalid'],
  ] as const)('row 27: past its expiry date a tag that was %s is %s', async ([kept, told], { expect }) => {
    const idTag = await cloud.tag({ status: kept, expiryDate: longAgo });
    const socket = await (await cloud.charger()).boot();

    const { idTagInfo } = await socket.call('Authorize', { idTag });

    expect(idTagInfo).toEqual({ status: told, expiryDate: '2020-06-01T00:00:00.000Z' });
    expect(await cloud.api.ask('getIdTag', { params: { idTag } })).toMatchObject({ status: told });
  });

  test('row 27: ConcurrentTx is for starts only', async ({ expect }) => {
    const idTag = await cloud.tag({ maxOpenSessions: 1 });
    const socket = await (await cloud.charger()).boot();

    const before = await socket.call('Authorize', { idTag });
    await socket.call('StartTransaction', { ...start, idTag });
    const during = await socket.call('Authorize', { idTag });
    const second = await socket.call('StartTransaction', { ...start, connectorId: 2, idTag });

    expect(before).toEqual({ idTagInfo: { status: 'Accepted' } });
    expect(during).toEqual({ idTagInfo: { status: 'Accepted' } });
    expect(second.idTagInfo).toEqual({ status: 'ConcurrentTx' });
  });

  test('row 27: a change of a tag is seen at once', async ({ expect }) => {
    const idTag = await cloud.tag({ parentIdTag: 'Family' });
    const socket = await (await cloud.charger()).boot();
    const before = await socket.call('Authorize', { idTag });

    await cloud.api.ask('putIdTag', { params: { idTag }, body: { idTag, status: 'Blocked' } });
    const after = await socket.call('Authorize', { idTag });

    expect(before).toEqual({ idTagInfo: { status: 'Accepted', parentIdTag: 'Family' } });
    expect(after).toEqual({ idTagInfo: { status: 'Blocked' } });
  });
});

describe.concurrent('whose tag it is', () => {
  test("an organisation's tag is unknown at the chargers of another", async ({ expect }) => {
    const [ours, theirs] = [cloud.apiFor('operator', 'tags-ours'), cloud.apiFor('operator', 'tags-theirs')];
    const idTag = await cloud.tag({}, ours);
    const [own, foreign] = await Promise.all([cloud.charger({}, ours), cloud.charger({}, theirs)]);
    const [atOurs, atTheirs] = await Promise.all([own.boot(), foreign.boot()]);

    expect(await atOurs.call('Authorize', { idTag })).toEqual({ idTagInfo: { status: 'Accepted' } });
    expect(await atTheirs.call('Authorize', { idTag })).toEqual({ idTagInfo: { status: 'Invalid' } });
  });

  test("the installation's tag is known everywhere, unless an organisation says otherwise", async ({ expect }) => {
    const [first, second] = [cloud.apiFor('operator', 'tags-first'), cloud.apiFor('operator', 'tags-second')];
    const idTag = await cloud.tag();
    await second.ask('putIdTag', { params: { idTag }, body: { idTag, status: 'Blocked' } });
    const [one, two] = await Promise.all([cloud.charger({}, first), cloud.charger({}, second)]);
    const [atFirst, atSecond] = await Promise.all([one.boot(), two.boot()]);

    expect(await atFirst.call('Authorize', { idTag })).toEqual({ idTagInfo: { status: 'Accepted' } });
    expect(await atSecond.call('Authorize', { idTag })).toEqual({ idTagInfo: { status: 'Blocked' } });
  });
});
