import { describe, expect, test } from 'vitest';
import { sessionIdOf } from '#shared/domain/session-id.ts';
import type { Tag } from '#shared/domain/tag.ts';
import { eachKind } from '#test/support/each-kind.ts';
import { anew, anewTag, atSecond, opening, tag } from '#test/support/examples.ts';

const sunny = { organisationId: 'sunny' };

describe.each(eachKind)('tags $kind', ({ stores: { tags, sessions } }) => {
  test('row 19: a tag is found in any case, and reads as it was written', async () => {
    const card = tag({ idTag: anew('Card'), parentIdTag: 'Family', expiryDate: atSecond(60), maxOpenSessions: 2 });

    const outcome = await tags.saveTag(card);

    expect(outcome).toBe('created');
    expect(await tags.findTag(card.idTag.toLowerCase(), sunny)).toEqual(card);
    expect(await tags.lookUp(card.idTag.toUpperCase(), 'sunny')).toEqual({ tag: card, slots: [] });
  });

  test('a tag that is saved again is replaced whole', async () => {
    const card = tag({ parentIdTag: 'FAMILY', expiryDate: atSecond(60), maxOpenSessions: 2 });
    await tags.saveTag(card);
    const next: Tag = { idTag: card.idTag.toLowerCase(), issuer: card.issuer, status: 'Blocked' };

    const outcome = await tags.saveTag(next);

    expect(outcome).toBe('updated');
    expect(await tags.findTag(card.idTag, sunny)).toEqual(next);
  });

  test('one of two that save a tag at the same moment creates it', async () => {
    const card = tag();

    const outcomes = await Promise.all([tags.saveTag(card), tags.saveTag(card)]);

    expect(outcomes.toSorted()).toEqual(['created', 'updated']);
  });

  test('an unknown tag is known by nobody', async () => {
    const idTag = anewTag();

    expect(await tags.lookUp(idTag, 'sunny')).toEqual({ slots: [] });
    expect(await tags.findTag(idTag, sunny)).toBeUndefined();
  });

  test('an empty tag is one that nobody knows', async () => {
    expect(await tags.lookUp('', 'sunny')).toEqual({ slots: [] });
    expect(await tags.findTag('', 'installation')).toBeUndefined();
  });

  test('organisations do not see each other’s tags', async () => {
    const card = tag();
    await tags.saveTag(card);

    expect(await tags.lookUp(card.idTag, 'windy')).toEqual({ slots: [] });
    expect(await tags.findTag(card.idTag, { organisationId: 'windy' })).toBeUndefined();
    expect(await tags.findTag(card.idTag, 'installation')).toBeUndefined();
  });

  test('the installation vouches everywhere, and an organisation’s own word comes first', async () => {
    const everywhere = tag({ issuer: 'installation' });
    const own: Tag = { ...everywhere, issuer: sunny, status: 'Blocked' };
    await tags.saveTag(everywhere);
    await tags.saveTag(own);

    expect(await tags.lookUp(everywhere.idTag, 'windy')).toEqual({ tag: everywhere, slots: [] });
    expect(await tags.lookUp(everywhere.idTag, 'sunny')).toEqual({ tag: own, slots: [] });
  });

  test('the slots that are taken are told with the sessions that hold them, for the tag of that issuer only', async () => {
    const everywhere = tag({ issuer: 'installation', maxOpenSessions: 2 });
    const own: Tag = { ...everywhere, issuer: sunny };
    await tags.saveTag(everywhere);
    await tags.saveTag(own);
    const start = opening({ idTag: own.idTag, tagSlot: { idTag: own.idTag.toLowerCase(), issuer: sunny, number: 1 } });
    await sessions.openSession(start);

    const { chargerId, localId } = start.session;
    expect(await tags.lookUp(own.idTag, 'sunny')).toEqual({
      tag: own,
      slots: [{ number: 1, sessionId: sessionIdOf(chargerId, localId) }],
    });
    expect(await tags.lookUp(own.idTag, 'windy')).toEqual({ tag: everywhere, slots: [] });
  });
});
