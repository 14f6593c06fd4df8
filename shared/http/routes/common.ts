import * as z from 'zod';
import { chargerId, organisationId, page } from '../schemas.ts';

export const operators = ['operator'] as const;
export const ofCharger = z.strictObject({ chargerId });
export const pages = z.strictObject(page);
export const ofOrganisation = z.strictObject({ organisationId: organisationId.optional() });
/** Operators of the whole installation look into one organisation at a time; absent means the default one. */
export const organisationPages = z.strictObject({ ...page, organisationId: organisationId.optional() });
