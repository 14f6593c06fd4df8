import * as z from 'zod';
import { variable } from './app.ts';
import { readSecret } from './secrets.ts';

/** Through which door chargers may come, and the keys that prove that CloudFront let them in: two during a rotation. */
export interface Entrance {
  setting: 'cloudfront' | 'direct' | 'both';
  originKeys: string[];
}

const setting = z.enum(['cloudfront', 'direct', 'both']);
const keys = z.object({ current: z.string().min(16), previous: z.string() });

export async function deployedEntrance(): Promise<Entrance> {
  const { current, previous } = keys.parse(JSON.parse(await readSecret(variable('ORIGIN_KEYS_SECRET'))));
  return { setting: setting.parse(variable('ENTRANCE')), originKeys: [current, previous].filter((key) => key !== '') };
}
