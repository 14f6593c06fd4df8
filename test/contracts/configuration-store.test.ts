import { describe, expect, test } from 'vitest';
import type { KnownConfiguration } from '#shared/domain/configuration.ts';
import { type ConfigurationTemplate, defaultSettings } from '#shared/domain/configuration-template.ts';
import { eachKind } from '#test/support/each-kind.ts';
import { anew, atSecond } from '#test/support/examples.ts';

const known: KnownConfiguration = {
  keys: [
    { key: 'HeartbeatInterval', value: '300', readonly: false, readAt: atSecond(0), pendingRestart: '60' },
    { key: 'Light', readonly: true, readAt: atSecond(1), uncertain: true },
    { key: 'Empty', value: '', readonly: false, readAt: atSecond(1) },
  ],
  unsupported: ['BlinkRepeat'],
};

const template = (changes: Partial<ConfigurationTemplate> = {}): ConfigurationTemplate => ({
  ...defaultSettings,
  id: anew('template'),
  ...changes,
});

describe.each(eachKind)('configurations $kind', ({ stores: { configurations } }) => {
  describe('what is known of a charger', () => {
    test('is nothing at first, then what was kept, whatever the case of the identity', async () => {
      const chargerId = anew('Cp');

      const before = await configurations.findKnown(chargerId);
      const kept = await configurations.keepKnown(chargerId, known, before.revision);

      expect(before).toEqual({ known: { keys: [], unsupported: [] }, revision: 0 });
      expect(kept).toBe(true);
      expect(await configurations.findKnown(chargerId.toUpperCase())).toEqual({ known, revision: 1 });
      expect((await configurations.findKnown(anew('CP'))).revision).toBe(0);
    });

    test('changes only for whoever knows the last of it', async () => {
      const chargerId = anew('CP');
      const less = { ...known, unsupported: [] };
      await configurations.keepKnown(chargerId, known, 0);

      const outcomes = [
        await configurations.keepKnown(chargerId, less, 0),
        await configurations.keepKnown(chargerId, less, 1),
        await configurations.keepKnown(chargerId, known, 1),
      ];

      expect(outcomes).toEqual([false, true, false]);
      expect(await configurations.findKnown(chargerId)).toEqual({ known: less, revision: 2 });
    });

    test('is kept by one of several at the same moment', async () => {
      const chargerId = anew('CP');

      const kept = await Promise.all([1, 2, 3].map(() => configurations.keepKnown(chargerId, known, 0)));

      expect(kept.filter(Boolean)).toHaveLength(1);
    });
  });

  describe('the templates of an organisation', () => {
    test('are found by id, and listed by it', async () => {
      const organisationId = anew('sunny');
      const narrow = template({
        id: 'b',
        matches: { vendor: 'Acme', model: 'One', firmware: { from: '1.0', below: '2.0' } },
        settings: [
          { key: 'HeartbeatInterval', value: '300', atMost: true },
          { key: 'StopTxnSampledData', value: '' },
        ],
        applyAfterFirstBoot: true,
      });
      const wide = template({ id: 'a' });

      expect(await configurations.saveTemplate(organisationId, narrow)).toBe('created');
      expect(await configurations.saveTemplate(organisationId, wide)).toBe('created');

      expect(await configurations.findTemplate(organisationId, 'b')).toEqual(narrow);
      expect(await configurations.listTemplates(organisationId)).toEqual([wide, narrow]);
      expect(await configurations.findTemplate(organisationId, 'c')).toBeUndefined();
      expect(await configurations.listTemplates(anew('sunny'))).toEqual([]);
      expect(await configurations.findTemplate(anew('sunny'), 'b')).toBeUndefined();
    });

    test('are replaced as a whole', async () => {
      const organisationId = anew('sunny');
      const first = template({ matches: { vendor: 'Acme' } });
      await configurations.saveTemplate(organisationId, first);

      const outcome = await configurations.saveTemplate(organisationId, { ...first, matches: { model: 'One' } });

      expect(outcome).toBe('updated');
      expect((await configurations.findTemplate(organisationId, first.id))?.matches).toEqual({ model: 'One' });
    });

    test('can be removed, once', async () => {
      const organisationId = anew('sunny');
      const it = template();
      await configurations.saveTemplate(organisationId, it);

      expect(await configurations.removeTemplate(organisationId, it.id)).toBe(true);
      expect(await configurations.removeTemplate(organisationId, it.id)).toBe(false);

      expect(await configurations.listTemplates(organisationId)).toEqual([]);
    });
  });
});
