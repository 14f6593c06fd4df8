import middy from '@middy/core';
import * as z from 'zod';
import { deployedApp, variable } from '#shared/runtime/app.ts';
import { edge, tell } from '#shared/runtime/edge.ts';
import { fileInForm, isForm } from '#shared/runtime/form-data.ts';

const uploadEvent = z.object({
  rawPath: z.string().regex(/^\/u\/[\w.-]+\/[\w-]+\/[\w-]+(?:\/|$)/),
  headers: z.record(z.string(), z.string().optional()),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

/** Less than the time that the function has. */
const PUT_MS = 12_000;

/**
 * Puts what a charger sent by POST, as it is or in a form, where the same link takes it by PUT: whether the link is good is known there, and this
 * function has no right of its own. Answers with the status of that.
 */
export async function takeUpload(door: string, event: object): Promise<{ statusCode: number }> {
  const parsed = uploadEvent.safeParse(event);
  if (!parsed.success) return { statusCode: 404 };
  const { rawPath, headers, body, isBase64Encoded } = parsed.data;
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  const type = headers['content-type'] ?? '';
  const file = isForm(type) ? fileInForm(bytes, type) : { content: bytes };
  if (!file) return { statusCode: 400 };

  const { status } = await fetch(`${door}${pathFor(rawPath, file.name)}`, {
    method: 'PUT',
    body: new Uint8Array(file.content),
    redirect: 'manual',
    signal: AbortSignal.timeout(PUT_MS),
  });
  tell(event, { action: 'takeUpload', ...(status >= 400 && { refusal: String(status) }), about: {} });
  return { statusCode: status };
}

/** With the name that the form gives, where the path has none. */
function pathFor(path: string, name: string | undefined): string {
  const [, link, appended] = /^(\/u\/[^/]+\/[^/]+\/[^/]+)(?:\/+(.*))?$/.exec(path) ?? [];
  if (appended || name === undefined) return path;
  // Some send the whole path that the file has with them.
  return `${link}/${encodeURIComponent(name.replace(/^.*[\\/]/, ''))}`;
}

export const handler = middy((event: object) => takeUpload(variable('FILES_URL'), event)).use(
  edge(deployedApp, 'takeUpload'),
);
