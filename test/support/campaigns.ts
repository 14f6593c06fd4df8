import type { Campaign } from '#shared/domain/campaign.ts';
import { atSecond } from './examples.ts';

let made = 0;

/** A campaign of ClearCache that has not begun; later ones have later ids. */
export function campaign(changes: Partial<Campaign> = {}): Campaign {
  made++;
  return {
    campaignId: `00000000-0000-7000-8000-${String(made).padStart(12, '0')}`,
    name: 'clear all caches',
    organisationId: 'sunny',
    work: { is: 'command', action: 'ClearCache', payload: {} },
    chargers: {},
    waveSize: 10,
    intervalS: 0,
    judgedBy: 'answer',
    whenOffline: 'fail',
    expiresInS: 300,
    by: 'somebody',
    createdAt: atSecond(0),
    state: 'running',
    total: 1,
    wave: 0,
    waveFrom: atSecond(0),
    succeeded: 0,
    failed: 0,
    reasons: {},
    nextLookAt: atSecond(0),
    ...changes,
  };
}
