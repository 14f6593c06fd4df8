import * as z from 'zod';
import { defineRoute } from '../route.ts';
import { idTag, nothing } from '../schemas.ts';
import { tag, tagPlan } from '../tag.ts';
import { operators } from './common.ts';

const ofTag = z.strictObject({ idTag });

export const routes = {
  getIdTag: defineRoute({
    method: 'GET',
    path: '/api/id-tags/{idTag}',
    summary: 'An idTag',
    roles: operators,
    params: ofTag,
    query: nothing,
    body: nothing,
    ok: { 200: tag },
    errors: [404],
  }),
  putIdTag: defineRoute({
    method: 'PUT',
    path: '/api/id-tags/{idTag}',
    summary: 'Create or update an idTag',
    roles: operators,
    params: ofTag,
    query: nothing,
    body: tagPlan,
    ok: { 200: tag, 201: tag },
    errors: [],
  }),
} as const;
